#include <bimix/core/simplex.hpp>
#include <bimix/law/trust.hpp>

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <set>

namespace bimix::law {
namespace {

std::optional<double> known(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Weighted mean of what is finite; NaN where nothing is.
double mean_of(const std::vector<double>& values, const std::vector<double>& weight) {
  double sum = 0.0, total = 0.0;
  for (std::size_t e = 0; e < values.size(); ++e) {
    if (weight[e] == 0.0 || !std::isfinite(values[e])) continue;
    sum += weight[e] * values[e];
    total += weight[e];
  }
  return sum / total;
}

/// 1 - sum (predicted - seen)^2 / sum (seen - mean seen)^2, both over all sets by their weights: a
/// set whose loss hardly changes counts as little as it does in the objective.
double pooled_r2(const std::vector<HeldOutPart>& parts, const std::vector<double>& weight) {
  std::vector<std::vector<double>> seen(weight.size());
  double residual = 0.0, total = 0.0;
  for (const HeldOutPart& part : parts)
    for (std::size_t row = 0; row < part.point.rows; ++row) {
      const auto e = static_cast<std::size_t>(part.point(row, HeldOutPart::eval_domain));
      const double truth = part.point(row, HeldOutPart::seen);
      const double error = part.point(row, HeldOutPart::predicted) - truth;
      if (!std::isfinite(error)) continue;
      seen[e].push_back(truth);
      residual += weight[e] * error * error;
    }
  for (std::size_t e = 0; e < weight.size(); ++e) {
    const double center = core::stable_sum(seen[e]) / static_cast<double>(seen[e].size());
    for (const double truth : seen[e]) total += weight[e] * (truth - center) * (truth - center);
  }
  return total > 0.0 ? 1.0 - residual / total : std::nan("");
}

std::size_t count_mixtures(const std::vector<HeldOutPart>& parts) {
  std::set<double> ids;
  for (const HeldOutPart& part : parts)
    for (std::size_t row = 0; row < part.point.rows; ++row)
      ids.insert(part.point(row, HeldOutPart::mixture_id));
  return ids.size();
}

std::string doubt_in(const data::Trust& trust, std::size_t mixtures) {
  const std::string never = "The recommendation is not to be trusted: ";
  if (mixtures == 1)
    return never +
           "all runs have one mixture, so nothing tells how losses depend on it. Add runs of other "
           "mixtures.";
  if (!trust.error)
    return never +
           fmt::format("no mixture could be predicted from the others, of {} in all. Add mixtures.",
                       mixtures);
  const bool is_worse = *trust.error > trust.mean_baseline.value_or(std::nan(""));
  const double r2 = trust.r2.value_or(std::nan(""));
  if (!is_worse && !(r2 < 0.0)) return "";
  return never +
         fmt::format(
             "{} (error {:.2f} %, mean of the other mixtures {:.2f} %, pooled R2 {:.3g}). "
             "Likely causes: the table of mixtures has slipped against the losses, training was "
             "too short for mixtures to matter, or noise. Check the table first; `bimix evaluate "
             "DIR` tells whether another law does better.",
             is_worse ? "the law predicts mixtures that it never saw worse than the mean of the "
                        "other mixtures does"
                      : "the law tells good mixtures that it never saw from bad ones no better "
                        "than if it took all for alike",
             100.0 * *trust.error, 100.0 * trust.mean_baseline.value_or(std::nan("")), r2);
}

}  // namespace

data::Trust trust_in(const data::HeldOut& held, const data::DomainSet& domains,
                     const std::vector<HeldOutPart>& parts, std::vector<double> weight) {
  const std::size_t sets = domains.eval.size();
  if (weight.empty()) weight.assign(sets, 1.0);
  for (std::size_t e = 0; e < sets; ++e)
    if (std::isnan(held.error[e])) weight[e] = 0.0;
  data::Trust trust{.error = known(mean_of(held.error, weight)),
                    .mean_baseline = known(mean_of(held.mean_baseline, weight)),
                    .r2 = known(pooled_r2(parts, weight))};
  for (std::size_t e = 0; e < sets; ++e)
    trust.is_worse.push_back(
        weight[e] > 0.0 && (held.error[e] > held.mean_baseline[e] || held.r2[e] < 0.0) ? 1 : 0);
  trust.doubt = doubt_in(trust, count_mixtures(parts));
  return trust;
}

}  // namespace bimix::law
