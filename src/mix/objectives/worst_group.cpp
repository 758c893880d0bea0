#include "worst_group.hpp"

#include <bimix/core/simplex.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace bimix::mix {
namespace {

using Members = std::vector<std::vector<std::size_t>>;

double sum_of_weights(const std::vector<std::size_t>& sets, std::span<const double> weight) {
  double sum = 0.0;
  for (const std::size_t e : sets) sum += weight[e];
  return sum;
}

/// The rise of each group.
std::vector<double> rises(const Members& groups, std::span<const double> weight,
                          std::span<const double> loss) {
  std::vector<double> rises;
  for (const std::vector<std::size_t>& sets : groups) {
    if (sets.size() == 1) {  // to the last bit
      rises.push_back(loss[sets.front()]);
      continue;
    }
    double sum = 0.0;
    for (const std::size_t e : sets) sum += weight[e] * loss[e];
    rises.push_back(sum / sum_of_weights(sets, weight));
  }
  return rises;
}

}  // namespace

Members WorstGroup::members(std::span<const double> weight) const {
  std::map<int, std::vector<std::size_t>> by_group;
  for (std::size_t e = 0; e < weight.size(); ++e)
    if (weight[e] > 0.0) by_group[group_.empty() ? static_cast<int>(e) : group_[e]].push_back(e);
  Members members;
  for (auto& [group, sets] : by_group) members.push_back(std::move(sets));
  return members;
}

double WorstGroup::value(std::span<const double> weight, std::span<const double> loss) const {
  const std::vector<double> rise = rises(members(weight), weight, loss);
  return *std::max_element(rise.begin(), rise.end());
}

double WorstGroup::smooth(std::span<const double> weight, std::span<const double> loss,
                          double temperature, std::span<double> slope) const {
  std::fill(slope.begin(), slope.end(), 0.0);
  const Members groups = members(weight);
  const std::vector<double> rise = rises(groups, weight, loss);
  const double top = *std::max_element(rise.begin(), rise.end());
  if (!std::isfinite(top)) return top;
  std::vector<double> pull;
  double sum = 0.0;
  for (const double x : rise) sum += pull.emplace_back(std::exp((x - top) / temperature));
  pull = core::normalised(pull);
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const std::size_t e : groups[g])
      slope[e] =
          groups[g].size() == 1 ? pull[g] : pull[g] * weight[e] / sum_of_weights(groups[g], weight);
  return top + temperature * std::log(sum);
}

std::string WorstGroup::value_words(std::span<const double> weight) const {
  const Members groups = members(weight);
  const bool are_sets =
      std::all_of(groups.begin(), groups.end(), [](const auto& sets) { return sets.size() == 1; });
  if (groups.size() == 1) return are_sets ? "rise of the loss" : "mean rise";
  return are_sets ? "largest rise of a loss" : "largest mean rise of a group";
}

std::string WorstGroup::words(std::span<const double> weight, const std::string& sets,
                              const std::string& reference) const {
  return fmt::format("{} above {}, of {}", value_words(weight), reference, sets);
}

}  // namespace bimix::mix
