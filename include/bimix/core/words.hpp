#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <vector>

/// Choices are enums inside the program and words outside: in campaigns, options and files. The
/// layer that owns an enum says its words once, in the table that its `word_table` returns.
namespace bimix::core {

/// The words of an enum.
template <class E>
struct WordTable {
  struct Entry {
    E value;
    std::string word;
  };
  std::vector<Entry> entries{};  ///< all values, in the order in which messages list them
  /// What is wrong with a word that is none of those known; who read it fills in the place. Null
  /// where words are only written.
  Complaint (*unknown)(const std::string& word, const std::vector<std::string>& known) = nullptr;
};

/// An enum whose namespace has `const WordTable<E>& word_table(E)`, whatever value it is given.
template <class E>
concept Worded = requires(E value) {
  { word_table(value) } -> std::same_as<const WordTable<E>&>;
};

/// All values of an enum, in the order of its table.
template <Worded E>
std::vector<E> all_values() {
  std::vector<E> values;
  for (const auto& entry : word_table(E{}).entries) values.push_back(entry.value);
  return values;
}

/// The word that stands for a value.
template <Worded E>
const std::string& word_of(E value) {
  const auto& entries = word_table(value).entries;
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [value](const auto& entry) { return entry.value == value; });
  require(found != entries.end(), "every value of the enum has a word");
  return found->word;
}

/// The words that stand for values, in their order.
template <Worded E>
std::vector<std::string> words_of(const std::vector<E>& values) {
  std::vector<std::string> words;
  for (const E value : values) words.push_back(word_of(value));
  return words;
}

template <Worded E>
std::vector<std::string> all_words() {
  return words_of(all_values<E>());
}

/// The value that a word stands for; nothing if it stands for none.
template <Worded E>
std::optional<E> find_word(const std::string& word) {
  for (const auto& entry : word_table(E{}).entries)
    if (entry.word == word) return entry.value;
  return std::nullopt;
}

/// What is wrong with a word that stands for no value. @param place where it was given
template <Worded E>
Complaint unknown_word(const std::string& word, const std::string& place) {
  const WordTable<E>& table = word_table(E{});
  require(table.unknown != nullptr, "words that are read say what is wrong with another one");
  Complaint complaint = table.unknown(shown_text(word), all_words<E>());
  complaint.place = place;
  return complaint;
}

/// The value that a word stands for. @throws UsageError if it stands for none
template <Worded E>
E parse_word(const std::string& word, const std::string& place) {
  const std::optional<E> value = find_word<E>(word);
  if (!value) throw UsageError(unknown_word<E>(word, place));
  return *value;
}

/// The same of one word among several things that may be wrong at once.
/// @return `otherwise` for a word that stands for no value, with one more complaint in `found`
template <Worded E>
E parse_word(const std::string& word, const std::string& place, E otherwise,
             std::vector<Complaint>& found) {
  const std::optional<E> value = find_word<E>(word);
  if (!value) found.push_back(unknown_word<E>(word, place));
  return value.value_or(otherwise);
}

}  // namespace bimix::core
