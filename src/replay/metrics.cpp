#include "metrics.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace bimix {
namespace {

constexpr std::string_view separators = "/_-.: ";
constexpr std::array<std::string_view, 5> evaluation{"eval", "evaluation", "val", "valid",
                                                     "validation"};
constexpr std::array<std::string_view, 6> other{"train",      "training", "ppl",
                                                "perplexity", "vs",       "samples"};
constexpr std::array<std::string_view, 7> filler{"loss",    "lm",     "ce",     "cross",
                                                 "entropy", "metric", "metrics"};

struct Word {
  std::string text;
  std::size_t begin, end;
};

std::vector<Word> words_of(std::string_view name) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find_first_of(separators, at), name.size());
    if (end > at) {
      Word word{std::string(name.substr(at, end - at)), at, end};
      std::transform(word.text.begin(), word.text.end(), word.text.begin(), [](unsigned char c) {
        return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
      });
      words.push_back(std::move(word));
    }
    at = end + 1;
  }
  return words;
}

template <std::size_t N>
bool is_one_of(const Word& word, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word.text) != list.end();
}

bool says_nothing(const Word& word) {
  return is_one_of(word, evaluation) || is_one_of(word, filler);
}

}  // namespace

std::optional<std::string> evaluation_set(std::string_view metric) {
  const std::vector<Word> words = words_of(metric);
  const auto any = [&](const auto& claim) {
    return std::any_of(words.begin(), words.end(), claim);
  };
  if (!any([](const Word& word) { return is_one_of(word, evaluation); }) ||
      !any([](const Word& word) { return word.text == "loss"; }) ||
      any([](const Word& word) { return is_one_of(word, other); }))
    return std::nullopt;
  const auto first = std::find_if_not(words.begin(), words.end(), says_nothing);
  if (first == words.end()) return "all";
  const auto last = std::find_if_not(words.rbegin(), words.rend(), says_nothing);
  return std::string(metric.substr(first->begin, last->end - first->begin));
}

}  // namespace bimix
