#include "reader.hpp"

#include "fields.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::config {
namespace {

/// Keys that a later version will know; they are refused by name.
const std::vector<std::string>& later_keys() {
  static const std::vector<std::string> keys{"priors"};
  return keys;
}

std::string kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  if (node.IsScalar()) return fmt::format("'{}'", core::shown_text(node.Scalar()));
  return "nothing";
}

template <class T>
std::string range_text(Range<T> range) {
  const bool is_open = range.high == std::numeric_limits<T>::max() ||
                       static_cast<double>(range.high) == std::numeric_limits<double>::infinity();
  if (static_cast<double>(range.low) ==
      std::numeric_limits<double>::min())  // of fields.hpp: above 0
    return is_open ? "above 0" : fmt::format("above 0, at most {}", range.high);
  return is_open ? fmt::format("at least {}", range.low)
                 : fmt::format("from {} to {}", range.low, range.high);
}

}  // namespace

void Findings::note_place(const std::string& path, const YAML::Mark& mark) {
  places_.emplace(path, mark);
}

void Findings::complain(const std::string& path, core::Complaint complaint) {
  // The key itself, or the nearest block around it that is written in the file.
  std::string known = path;
  auto place = places_.find(known);
  while (place == places_.end() && known.find_last_of(".[") != std::string::npos) {
    known.resize(known.find_last_of(".["));
    place = places_.find(known);
  }
  int line = 1, column = 1;
  if (place != places_.end() && place->second.line >= 0) {
    line = place->second.line + 1;
    column = place->second.column + 1;
  }
  complaint.place = fmt::format("{}:{}:{}", file_, line, column);
  if (!path.empty()) complaint.place += ": " + core::shown_text(path);
  complaints_.push_back({line, column, std::move(complaint)});
}

void Findings::miss(const std::string& path, core::Complaint complaint) {
  complain(path, std::move(complaint));
  ++missing_;
}

void Findings::adopt(const std::string& prefix, std::vector<core::Complaint> complaints) {
  for (core::Complaint& complaint : complaints) {
    const std::string path = prefix + complaint.place;
    complain(path, std::move(complaint));
  }
}

void Findings::throw_if_any() const {
  if (complaints_.empty()) return;
  std::vector<Placed> ordered = complaints_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Placed& a, const Placed& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  std::string text;
  for (const Placed& placed : ordered)
    text += (text.empty() ? "" : "\n") + core::to_string(placed.complaint);
  if (missing_ == complaints_.size()) throw core::Error(core::ExitCode::data, text);
  throw core::UsageError(text);
}

Reader::Reader(const YAML::Node& node, std::string path, Findings& findings)
    : path_(std::move(path)), findings_(findings) {
  if (!node.IsDefined() || node.IsNull()) return;
  findings_.note_place(path_, node.Mark());
  if (!node.IsMap()) {
    findings_.complain(path_, {.problem = kind_of(node) + " stands where a mapping is needed",
                               .remedy = "Write `key: value` pairs"});
    return;
  }
  for (const auto& pair : node) {
    if (!pair.first.IsScalar()) {
      findings_.complain(path_, {.problem = "a key is no plain word"});
      continue;
    }
    const std::string key = pair.first.Scalar();
    const bool twice = std::any_of(entries_.begin(), entries_.end(),
                                   [&](const Entry& entry) { return entry.key == key; });
    if (twice) {
      // The place is that of the second one: the first is where the reader would look anyway.
      const std::string second = path_of(key) + " (again)";
      findings_.note_place(second, pair.first.Mark());
      findings_.complain(second, {.problem = "this key was given before",
                                  .rule = "one of the two would be silently ignored",
                                  .remedy = "Remove one of them"});
      continue;
    }
    findings_.note_place(path_of(key), pair.first.Mark());
    entries_.push_back({key, pair.second});
  }
}

std::string Reader::path_of(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

void Reader::know(const char* key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
}

bool Reader::has(const char* key) {
  know(key);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.key == key; });
}

YAML::Node Reader::take(const char* key) {
  know(key);
  for (Entry& entry : entries_) {
    if (entry.key != key) continue;
    entry.known = true;
    return entry.node;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

std::vector<std::pair<std::string, YAML::Node>> Reader::take_all() {
  std::vector<std::pair<std::string, YAML::Node>> all;
  for (Entry& entry : entries_) {
    if (entry.key.starts_with("x-")) continue;
    entry.known = true;
    all.emplace_back(entry.key, entry.node);
  }
  return all;
}

const std::string* Reader::scalar(const char* key, const char* wanted) {
  know(key);
  for (Entry& entry : entries_) {
    if (entry.key != key) continue;
    entry.known = true;
    if (entry.node.IsScalar()) return &entry.node.Scalar();
    findings_.complain(path_of(key),
                       {.problem = fmt::format("{} is not {}", kind_of(entry.node), wanted)});
  }
  return nullptr;
}

void Reader::text(const char* key, std::string& value, const char*) {
  if (const std::string* found = scalar(key, "a text")) value = *found;
}

void Reader::refuse_word(const char* key, core::Complaint complaint) {
  findings_.complain(path_of(key), std::move(complaint));
  ++unknown_words_;
}

void Reader::whole(const char* key, int& value, Range<int> range, const char* meaning) {
  std::int64_t wide = value;
  count(key, wide, {range.low, range.high}, meaning);
  value = static_cast<int>(wide);
}

void Reader::count(const char* key, std::int64_t& value, Range<std::int64_t> range, const char*) {
  const YAML::Node node = take(key);
  if (node.IsDefined()) read_count(node, path_of(key), range, value, findings_);
}

void Reader::number(const char* key, double& value, Range<double> range, const char*) {
  const YAML::Node node = take(key);
  if (node.IsDefined()) read_number(node, path_of(key), range, value, findings_);
}

void Reader::number(const char* key, std::optional<double>& value, Range<double> range,
                    const char*) {
  const YAML::Node node = take(key);
  double number = 0;
  if (node.IsDefined() && read_number(node, path_of(key), range, number, findings_)) value = number;
}

void Reader::target(const char* key, std::int64_t& value, const char*) {
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return;
  Reader map(node, path_of(key), findings_);
  if (!map.has("target"))
    findings_.complain(path_of(key), {.problem = "names no target",
                                      .rule = "it says which run's repetitions are meant",
                                      .remedy = "Write `{target: 20M}`"});
  map.count("target", value, {1, most_tokens}, "");
  map.finish();
}

void Reader::flag(const char* key, bool& value, const char*) {
  const std::string* found = scalar(key, "true or false");
  if (found == nullptr) return;
  if (*found == "true" || *found == "false")
    value = *found == "true";
  else
    findings_.complain(path_of(key), {.problem = fmt::format("'{}' is neither true nor false",
                                                             core::shown_text(*found))});
}

void Reader::words(const char* key, std::vector<std::string>& value, const char*) {
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return;
  if (node.IsScalar()) {
    value = {node.Scalar()};
    return;
  }
  std::vector<std::string> words;
  if (node.IsSequence()) {
    for (const YAML::Node& element : node)
      if (element.IsScalar()) words.push_back(element.Scalar());
  }
  if (!node.IsSequence() || words.size() != node.size())
    findings_.complain(path_of(key),
                       {.problem = "is not a list of words", .remedy = "Write [first, second]"});
  else
    value = words;
}

void Reader::finish() {
  for (const Entry& entry : entries_) {
    if (entry.known || entry.key.starts_with("x-")) continue;
    const std::string path = path_of(entry.key);
    const auto& later = later_keys();
    if (std::find(later.begin(), later.end(), entry.key) != later.end()) {
      findings_.complain(path, {.problem = "is not in this version", .remedy = "Remove it"});
      continue;
    }
    const auto nearest = core::nearest_name(entry.key, known_);
    findings_.complain(
        path, {.problem = "is no known key",
               .rule = nearest ? "" : "known here: " + core::join_words(known_),
               .remedy = nearest ? fmt::format("Did you mean '{}'", *nearest)
                                 : "Keys that start with x- are notes and may be anything"});
  }
}

bool read_number(const YAML::Node& node, const std::string& path, Range<double> range,
                 double& value, Findings& findings) {
  findings.note_place(path, node.Mark());
  double number = 0;
  bool valid = false;
  if (node.IsScalar()) {
    if (const auto plain = core::parse_number(node.Scalar())) {
      number = *plain;
      valid = true;
    } else if (const auto count = core::parse_count(node.Scalar())) {
      number = static_cast<double>(*count);
      valid = true;
    }
  }
  if (!valid) {
    findings.complain(path, {.problem = kind_of(node) + " is not a number"});
    return false;
  }
  if (!(number >= range.low && number <= range.high)) {
    findings.complain(
        path, {.problem = fmt::format("{} is out of range", number), .rule = range_text(range)});
    return false;
  }
  value = number;
  return true;
}

bool read_count(const YAML::Node& node, const std::string& path, Range<std::int64_t> range,
                std::int64_t& value, Findings& findings) {
  findings.note_place(path, node.Mark());
  std::optional<std::int64_t> count;
  if (node.IsScalar()) {
    count = core::parse_count(node.Scalar());
    // -3 is a whole number too, only never an allowed one; say so rather than "not a number".
    if (!count && node.Scalar().starts_with('-')) {
      count = core::parse_count(node.Scalar().substr(1));
      if (count) count = -*count;
    }
  }
  if (!count) {
    findings.complain(path, {.problem = kind_of(node) + " is not a whole number",
                             .remedy = "Write for example 250, 250K, 3B or 1e9"});
    return false;
  }
  if (*count < range.low || *count > range.high) {
    findings.complain(
        path, {.problem = fmt::format("{} is out of range", *count), .rule = range_text(range)});
    return false;
  }
  value = *count;
  return true;
}

}  // namespace bimix::config
