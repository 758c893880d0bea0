#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/core/words.hpp>

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bimix::config {

/// What one campaign file said wrongly, and where its keys stand.
class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  /// Remembers where a key stands, so that later complaints about it find the place.
  void note_place(const std::string& path, const YAML::Mark& mark);
  void complain(const std::string& path, core::Complaint complaint);
  /// A complaint that the campaign is not to blame for: what it names is not there.
  void miss(const std::string& path, core::Complaint complaint);
  /// Complaints of a layer, whose places are paths such as "proxy.width".
  void adopt(const std::string& prefix, std::vector<core::Complaint> complaints);
  std::size_t count() const { return complaints_.size(); }
  /// @throws UsageError with everything found, one complaint a line, in the order of the file; an
  ///         Error that leads to ExitCode::data if things are missing and nothing else is wrong
  void throw_if_any() const;

 private:
  struct Placed {
    int line, column;
    core::Complaint complaint;
  };
  std::string file_;
  std::map<std::string, YAML::Mark> places_;
  std::vector<Placed> complaints_;
  std::size_t missing_ = 0;
};

/// The smallest and largest value a number may have.
template <class T>
struct Range {
  T low;
  T high;
};

/// One mapping of the campaign. A key is asked for by name and type; a value of the wrong type or
/// out of range is a finding and leaves the target alone. `finish` reports keys nobody asked for.
///
/// Writer and KeyList offer the same calls, so that one description of a block (fields.hpp) reads
/// it, writes it and documents it.
class Reader {
 public:
  /// @param node a mapping, or undefined for an absent block
  Reader(const YAML::Node& node, std::string path, Findings& findings);

  void text(const char* key, std::string& value, const char* meaning);
  /// A word of an enum.
  template <core::Worded E>
  void word(const char* key, E& value, const char* meaning);
  /// The same with a table whose first word is the default: only another one is written to
  /// resolved.yaml, so that a new key leaves the hashes of older campaigns alone.
  template <core::Worded E>
  void choice(const char* key, E& value, const char* meaning);
  void whole(const char* key, int& value, Range<int> range, const char* meaning);
  void count(const char* key, std::int64_t& value, Range<std::int64_t> range, const char* meaning);
  void number(const char* key, double& value, Range<double> range, const char* meaning);
  /// A number that may be left out: only one that is given is written to resolved.yaml.
  void number(const char* key, std::optional<double>& value, Range<double> range,
              const char* meaning);
  /// A value that reads itself: T::from(text), and T::forms() in words; perhaps T::words(), of
  /// which the nearest is suggested.
  template <class T>
  void parsed(const char* key, T& value, const char* meaning);
  /// A map of one key, `target`: a volume; only one that is given is written to resolved.yaml.
  void target(const char* key, std::int64_t& value, const char* meaning);
  void flag(const char* key, bool& value, const char* meaning);
  void words(const char* key, std::vector<std::string>& value, const char* meaning);
  /// Words of an enum.
  template <core::Worded E>
  void words(const char* key, std::vector<E>& value, const char* meaning);

  bool has(const char* key);
  /// The key's node, marked as known; undefined if absent.
  YAML::Node take(const char* key);
  std::string path_of(const std::string& key) const;
  /// All keys that are not notes (`x-...`), in order, all marked as known.
  std::vector<std::pair<std::string, YAML::Node>> take_all();
  void finish();

  Findings& findings() { return findings_; }
  /// How many findings so far are words that stand for nothing.
  std::size_t unknown_words() const { return unknown_words_; }

 private:
  struct Entry {
    std::string key;
    YAML::Node node;
    bool known = false;
  };
  /// Adds the key to those that `finish` names.
  void know(const char* key);
  void refuse_word(const char* key, core::Complaint complaint);
  /// The scalar text under the key, or nullptr if absent or no scalar (a finding).
  const std::string* scalar(const char* key, const char* wanted);

  std::string path_;
  Findings& findings_;
  std::vector<Entry> entries_;
  std::vector<std::string> known_;
  std::size_t unknown_words_ = 0;
};

template <core::Worded E>
void Reader::word(const char* key, E& value, const char*) {
  const std::string* found = scalar(key, "a text");
  if (found == nullptr) return;
  if (const std::optional<E> known = core::find_word<E>(*found))
    value = *known;
  else
    refuse_word(key, core::unknown_word<E>(*found, ""));
}

template <core::Worded E>
void Reader::choice(const char* key, E& value, const char*) {
  const std::string* found = scalar(key, "a word");
  if (found == nullptr) return;
  const std::vector<std::string> words = core::all_words<E>();
  if (const std::optional<E> known = core::find_word<E>(*found))
    value = *known;
  else
    refuse_word(key, {.problem = "'" + *found + "' is no choice",
                      .rule = "there is " + core::join_words(words),
                      .remedy = core::did_you_mean(*found, words)});
}

template <class T>
void Reader::parsed(const char* key, T& value, const char*) {
  const std::string* found = scalar(key, "a word or a number");
  if (found == nullptr) return;
  if (const std::optional<T> known = T::from(*found)) {
    value = *known;
    return;
  }
  core::Complaint complaint{.problem = "'" + core::shown_text(*found) + "' cannot be read",
                            .rule = "there is " + T::forms()};
  if constexpr (requires { T::words(); }) complaint.remedy = core::did_you_mean(*found, T::words());
  refuse_word(key, std::move(complaint));
}

template <core::Worded E>
void Reader::words(const char* key, std::vector<E>& value, const char* meaning) {
  std::vector<std::string> found = core::words_of(value);
  words(key, found, meaning);
  value.clear();
  for (const std::string& word : found)
    if (const std::optional<E> known = core::find_word<E>(word))
      value.push_back(*known);
    else
      refuse_word(key, core::unknown_word<E>(word, ""));
}

/// A number as campaigns write it; a finding if it is none or out of range.
bool read_number(const YAML::Node& node, const std::string& path, Range<double> range,
                 double& value, Findings& findings);
bool read_count(const YAML::Node& node, const std::string& path, Range<std::int64_t> range,
                std::int64_t& value, Findings& findings);

}  // namespace bimix::config
