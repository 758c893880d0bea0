#include <bimix/core/text.hpp>
#include <bimix/data/set_names.hpp>

#include <algorithm>
#include <array>

namespace bimix {
namespace {

constexpr std::string_view word_ends = "_-.: ";
constexpr std::array<std::string_view, 14> average_words{
    "all",       "avg",      "average", "averaged", "mean",  "overall", "total",
    "aggregate", "combined", "global",  "macro",    "micro", "uniform", "weighted"};

bool is_average_word(std::string_view word) {
  return std::find(average_words.begin(), average_words.end(), lower_case(word)) !=
         average_words.end();
}

}  // namespace

bool is_average_name(std::string_view set) {
  const std::string_view last = set.substr(set.rfind('/') + 1);  // npos + 1 is 0
  bool any = false;
  for (std::size_t at = 0; at < last.size();) {
    const std::size_t end = std::min(last.find_first_of(word_ends, at), last.size());
    if (end > at) {
      if (!is_average_word(last.substr(at, end - at))) return false;
      any = true;
    }
    at = end + 1;
  }
  return any;
}

}  // namespace bimix
