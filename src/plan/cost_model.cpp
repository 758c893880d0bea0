#include <bimix/plan/cost_model.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::plan {
namespace {

constexpr std::size_t remembered = 256;  // a machine's pace changes; old trials are forgotten
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void CostModel::learn(double cost, double seconds) {
  if (!(cost > 0) || !(seconds > 0) || !std::isfinite(cost) || !std::isfinite(seconds)) return;
  if (seen_.size() < remembered)
    seen_.push_back({cost, seconds});
  else
    seen_[next_++ % remembered] = {cost, seconds};
  fit();
}

void CostModel::fit() {
  const auto n = static_cast<double>(seen_.size());
  double x = 0, y = 0;
  for (const Seen& one : seen_) {
    x += one.cost / n;
    y += one.seconds / n;
  }
  double xx = 0, xy = 0;
  for (const Seen& one : seen_) {
    xx += (one.cost - x) * (one.cost - x);
    xy += (one.cost - x) * (one.seconds - y);
  }
  // Costs that hardly differ cannot tell set-up and pace apart: all of it is pace then.
  const bool apart = xx > 1e-4 * n * x * x;
  const double slope = apart ? xy / xx : y / x;
  pace_ = std::clamp(slope, 0.0, y / x);
  setup_ = y - pace_ * x;
}

double CostModel::seconds(double cost) const { return knows() ? setup_ + pace_ * cost : unknown; }

double CostModel::spread(double part) const {
  if (!knows()) return unknown;
  std::vector<double> ratios;
  for (const Seen& one : seen_) ratios.push_back(one.seconds / seconds(one.cost));
  const auto at = static_cast<std::size_t>(
      std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(ratios.size() - 1)));
  std::nth_element(ratios.begin(), ratios.begin() + static_cast<std::ptrdiff_t>(at), ratios.end());
  return ratios[at];
}

double CostModel::cost_within(double seconds) const {
  if (!knows()) return unknown;
  if (seconds < setup_) return -1.0;
  return pace_ > 0 ? (seconds - setup_) / pace_ : std::numeric_limits<double>::infinity();
}

}  // namespace bimix::plan
