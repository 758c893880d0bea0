#include <bimix/data/mean_words.hpp>

#include <algorithm>

namespace bimix::data {

bool weighs_alike(std::span<const double> weight) {
  const auto first = std::find_if(weight.begin(), weight.end(), [](double w) { return w > 0.0; });
  return std::all_of(first, weight.end(), [&](double w) { return w == 0.0 || w == *first; });
}

std::string mean_words(std::span<const double> weight) {
  if (std::count_if(weight.begin(), weight.end(), [](double w) { return w > 0.0; }) == 1)
    return "loss";
  return weighs_alike(weight) ? "mean loss" : "weighted mean loss";
}

}  // namespace bimix::data
