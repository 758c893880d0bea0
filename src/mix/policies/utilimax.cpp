#include "../descent.hpp"
#include "pools.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace bimix::mix {
namespace {

/// Shares at which a domain is gone through four times, at most; 1 where its pool or the volume is
/// not known.
data::Mixture epoch_caps(const PolicyInput& input) {
  constexpr double epochs = 4.0;
  data::Mixture caps(input.default_share.size(), 1.0);
  if (!(input.tokens > 0.0)) return caps;
  for (std::size_t k = 0; k < input.unique_tokens.size(); ++k)
    if (input.unique_tokens[k] > 0.0)
      caps[k] = std::min(1.0, epochs * input.unique_tokens[k] / input.tokens);
  return caps;
}

/// How much a domain's share is held down, K: alike, or where the errors of its utilities are known
/// by the variance that they bring in.
std::vector<double> spread_weights(const data::Utilities& utilities) {
  std::vector<double> weights(utilities.value.rows, 1.0);
  if (std::any_of(utilities.sd.values.begin(), utilities.sd.values.end(),
                  [](double sd) { return std::isnan(sd); }))
    return weights;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    weights[k] = 0.0;
    for (const double sd : utilities.sd.row(k)) weights[k] += sd * sd;
  }
  return weights;
}

/// The mixture whose mean utilities U'r come nearest to 1 in all tasks, without staking too much on
/// any domain: min |U'r - 1| + kappa sum_k v_k r_k^2, at most four epochs of any domain where its
/// pool is known. kappa is the number of domains unless said; v is 1, or the summed squared
/// standard errors of the domain's utilities where these are known. kappa -> infinity gives UniMax.
/// @see Held et al. 2025, arXiv 2501.11747
class UtiliMax final : public Policy {
 public:
  std::string_view name() const override { return "utilimax"; }
  PolicyArgument argument() const override { return PolicyArgument::number; }
  data::Mixture mixture(const PolicyInput& input, std::string_view argument) const override {
    const data::Utilities& utilities = input.utilities;
    if (utilities.empty())
      throw core::UsageError(core::Complaint{
          input.place, fmt::format("preset '{}' needs to know what domains are worth", name()),
          "no utilities are given",
          "Set `design: {utilities: FILE}`, a table with the columns domain, task, value"});
    const double kappa = number_in(argument, static_cast<double>(input.default_share.size()));
    const data::Mixture caps = epoch_caps(input);
    if (core::stable_sum(caps) <= 1.0) return core::normalised(caps);
    const std::vector<double> spread = spread_weights(utilities);
    const auto objective = [&](const data::Mixture& share, std::vector<double>& slope) {
      return distance_and_spread(utilities.value, kappa, spread, share, slope);
    };
    const Box box{data::Mixture(caps.size(), 0.0), caps};
    const data::Mixture even(caps.size(), 1.0 / static_cast<double>(caps.size()));
    return core::normalised(descend(objective, box, even).share);
  }

 private:
  static double distance_and_spread(const data::Table& utility, double kappa,
                                    const std::vector<double>& spread, const data::Mixture& share,
                                    std::vector<double>& slope) {
    std::vector<double> lack(utility.columns, -1.0);  // U'r - 1
    for (std::size_t k = 0; k < share.size(); ++k)
      for (std::size_t t = 0; t < lack.size(); ++t) lack[t] += share[k] * utility(k, t);
    double distance = 0.0, held_down = 0.0;
    for (const double x : lack) distance += x * x;
    distance = std::sqrt(distance);
    for (std::size_t k = 0; k < share.size(); ++k) {
      double along = 0.0;
      for (std::size_t t = 0; t < lack.size(); ++t) along += utility(k, t) * lack[t];
      slope[k] = (distance > 0.0 ? along / distance : 0.0) + 2.0 * kappa * spread[k] * share[k];
      held_down += spread[k] * share[k] * share[k];
    }
    return distance + kappa * held_down;
  }
};

}  // namespace

const Policy& policy_utilimax() {
  static const UtiliMax policy;
  return policy;
}

}  // namespace bimix::mix
