#include <bimix/core/text.hpp>
#include <bimix/data/set_names.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace bimix::data {
namespace {

constexpr std::string_view word_ends = "_-.: ";
constexpr std::array<std::string_view, 20> average_words{
    "all",        "avg",      "average",  "averaged",   "mean",   "overall", "total",
    "aggregate",  "combined", "global",   "macro",      "micro",  "uniform", "weighted",
    "unweighted", "geomean",  "harmonic", "everything", "pooled", "averages"};
/// They say what is averaged, or how it is measured.
constexpr std::array<std::string_view, 22> words_beside{
    "over",     "across",  "of",    "the",   "domains", "domain",    "sets", "set",
    "datasets", "dataset", "tasks", "evals", "loss",    "losses",    "bpb",  "ce",
    "xent",     "nll",     "ppl",   "nats",  "bits",    "validation"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), core::lower_case(word)) != words.end();
}

}  // namespace

bool is_average_name(std::string_view set) {
  const std::string_view last = set.substr(set.rfind('/') + 1);  // npos + 1 is 0
  bool any = false;
  for (std::size_t at = 0; at < last.size();) {
    const std::size_t end = std::min(last.find_first_of(word_ends, at), last.size());
    if (end > at) {
      const std::string_view word = last.substr(at, end - at);
      const bool is_average = is_one_of(average_words, word);
      if (!is_average && !is_one_of(words_beside, word)) return false;
      any = any || is_average;
    }
    at = end + 1;
  }
  return any;
}

}  // namespace bimix::data
