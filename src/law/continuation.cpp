#include "anchored_law.hpp"
#include "limits.hpp"
#include "observed.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/law/continuation.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

namespace bimix::law {
namespace {

/// The drift of one run as far as its readings tell.
class DriftFilter {
 public:
  explicit DriftFilter(const RunDrift& drift)
      : drift_(drift), variance_(drift.spread * drift.spread) {}

  /// What is expected at a volume. @param log_tokens not before the last
  void advance(double log_tokens) {
    if (started_) {
      const double kept = std::exp(-std::max(0.0, log_tokens - at_) / drift_.memory);
      mean_ *= kept;
      variance_ =
          kept * kept * variance_ + (1.0 - kept) * (1.0 + kept) * drift_.spread * drift_.spread;
    }
    at_ = log_tokens;
    started_ = true;
  }

  /// Learns from a reading where it stands.
  void take(double log_error) {
    const double total = reading_variance();
    const double gain = total > 0.0 ? variance_ / total : 0.0;
    mean_ += gain * (log_error - mean_);
    variance_ *= 1.0 - gain;
  }

  double mean() const { return mean_; }
  /// Of a reading about the mean.
  double reading_variance() const { return variance_ + drift_.noise * drift_.noise; }

 private:
  RunDrift drift_;
  double mean_ = 0.0, variance_;
  double at_ = 0.0;
  bool started_ = false;
};

/// (log of spread^2 / noise^2, log of memory): what is searched. The noise itself follows.
using DriftShape = std::array<double, 2>;

// The 70M RedPajama logs have ratios of the spread to the noise between 2 and 6 and memories of one
// to two and a half e-folds. The priors are wide: they decide only where few readings tell little.
const DriftShape usual_shape{2.0 * std::log(3.0), std::log(2.0)};
const DriftShape shape_deviation{2.0 * std::log(7.0), std::log(3.0)};
constexpr DriftShape lowest_shape{-10.0, -3.0}, highest_shape{16.0, 4.0};

RunDrift with_unit_noise(const DriftShape& shape) {
  return {.spread = std::exp(0.5 * shape[0]), .memory = std::exp(shape[1]), .noise = 1.0};
}

/// How well a shape explains the runs.
struct Likelihood {
  double cost = 0.0;      ///< -2 log likelihood and prior, less constants, at the best noise
  double variance = 0.0;  ///< that noise, squared
};

Likelihood likelihood(const std::vector<RunErrors>& runs, const DriftShape& shape) {
  double squares = 0.0, logs = 0.0, readings = 0.0;
  for (const RunErrors& run : runs) {
    DriftFilter filter(with_unit_noise(shape));
    for (std::size_t n = 0; n < run.log_error.size(); ++n) {
      filter.advance(run.log_tokens[n]);
      const double error = run.log_error[n] - filter.mean(), variance = filter.reading_variance();
      squares += error * error / variance;
      logs += std::log(variance);
      readings += 1.0;
      filter.take(run.log_error[n]);
    }
  }
  Likelihood found{.cost = logs + readings * std::log(squares / readings),
                   .variance = squares / readings};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const double off = (shape[i] - usual_shape[i]) / shape_deviation[i];
    found.cost += off * off;
  }
  return found;
}

constexpr auto every_mixture = [](int) { return true; };

/// The readings of one run as observations of one mixture.
data::Observations observations_of_run(const data::DomainSet& domains, const LoggedRun& logged,
                                       const data::Pools& pools) {
  data::Observations run{.domains = domains, .mixtures = {logged.mixture}};
  if (!pools.empty()) run.pools = {pools};
  run.loss_nats.columns = domains.eval.size();
  for (const data::LossPoint& point : logged.readings) {
    run.mixture_id.push_back(0);
    run.repeat.push_back(0);
    run.tokens.push_back(static_cast<double>(point.tokens));
    run.model_size.push_back(logged.model_size);
    if (!pools.empty()) run.pool_id.push_back(0);
    run.loss_nats.values.insert(run.loss_nats.values.end(), point.loss_nats.begin(),
                                point.loss_nats.end());
    ++run.loss_nats.rows;
  }
  return run;
}

/// Volume and loss of the last finite reading; NaN without one.
std::pair<double, double> last_reading(const std::vector<data::LossPoint>& points, std::size_t e) {
  std::pair<double, double> last{nan, nan};
  for (const data::LossPoint& point : points) {
    const auto tokens = static_cast<double>(point.tokens);
    if (std::isfinite(point.loss_nats[e]) && !(tokens < last.first))
      last = {tokens, point.loss_nats[e]};
  }
  return last;
}

void require_later(const std::vector<data::LossPoint>& points, double at) {
  double last = 0.0;
  for (const data::LossPoint& point : points)
    last = std::max(last, static_cast<double>(point.tokens));
  if (at < last)
    throw core::UsageError(core::Complaint{
        "--tokens",
        fmt::format("the run was seen to {:.6g} tokens, which is beyond {:.6g}", last, at),
        "a run is continued, not looked up", "Ask for a later volume"});
}

}  // namespace

RunDrift drift_of(const std::vector<RunErrors>& runs) {
  const bool differs = std::any_of(runs.begin(), runs.end(), [](const RunErrors& run) {
    return std::any_of(run.log_error.begin(), run.log_error.end(),
                       [](double error) { return error != 0.0; });
  });
  if (!differs) return {};
  DriftShape best = usual_shape;
  double least = likelihood(runs, best).cost;
  const auto look_at = [&](DriftShape shape) {
    for (std::size_t i = 0; i < shape.size(); ++i)
      shape[i] = std::clamp(shape[i], lowest_shape[i], highest_shape[i]);
    const double cost = likelihood(runs, shape).cost;
    if (!(cost < least)) return false;
    least = cost;
    best = shape;
    return true;
  };
  for (double ratio = -5.0; ratio <= 10.0; ratio += 1.5)
    for (double memory = -2.5; memory <= 3.0; memory += 0.75) look_at({ratio, memory});
  constexpr double first_step = 0.75, last_step = 1e-3;
  for (double step = first_step; step > last_step;) {
    const DriftShape from = best;
    bool better = false;
    for (const double way : {step, -step}) {
      better = look_at({from[0] + way, from[1]}) || better;
      better = look_at({from[0], from[1] + way}) || better;
    }
    if (!better) step *= 0.5;
  }
  const double noise = std::sqrt(likelihood(runs, best).variance);
  const RunDrift unit = with_unit_noise(best);
  return {.spread = noise * unit.spread, .memory = unit.memory, .noise = noise};
}

DriftForecast forecast(const RunDrift& drift, const RunErrors& run, double log_tokens) {
  DriftFilter filter(drift);
  for (std::size_t n = 0; n < run.log_error.size(); ++n) {
    filter.advance(run.log_tokens[n]);
    filter.take(run.log_error[n]);
  }
  filter.advance(log_tokens);
  return {filter.mean(), std::sqrt(filter.reading_variance())};
}

double run_power_at(const data::Observations& observations, const FitOptions& options,
                    std::size_t eval_domain, int mixture_id, double tokens) {
  constexpr std::size_t fewest = 3;
  // Rows as a law takes them that leaves none out, as runs of a mixture of one domain: there the
  // reference law is B s^-beta + C.
  DomainData run = domain_data(observations, find_law("additive"), options, eval_domain,
                               [mixture_id](int id) { return id == mixture_id; });
  if (run.volumes.size() < fewest) return nan;
  run.own = 0;
  run.mixtures = {{1.0}};
  const Law& law = find_law(reference_law);
  return law.predict(law.fit(run).parameter, {run.mixtures.front(), 0, tokens});
}

AnchoredLaw::AnchoredLaw(const data::Observations& seen, const FitOptions& options,
                         std::size_t eval_domain, std::vector<double> parameter)
    : law_(law_for(seen, options)),
      parameter_(std::move(parameter)),
      data_(domain_data(seen, law_, options, eval_domain, every_mixture)) {
  if (!can_predict()) return;
  std::vector<RunErrors> all;
  runs_ = errors_of(data_);
  for (const auto& [key, run] : runs_) all.push_back(run);
  drift_ = drift_of(all);
}

bool AnchoredLaw::can_predict() const {
  return !parameter_.empty() && !law_.last_volume_only() &&
         std::none_of(parameter_.begin(), parameter_.end(),
                      [](double value) { return std::isnan(value); });
}

AnchoredLaw::Runs AnchoredLaw::errors_of(const DomainData& data) const {
  Runs runs;
  for (std::size_t row = 0; row < data.loss_nats.size(); ++row) {
    const LawPoint point = data.point(row);
    RunErrors& run = runs[{data.mixture_id[data.mixture[row]], point.model_size, data.repeat[row]}];
    run.log_tokens.push_back(std::log(point.tokens));
    run.log_error.push_back(std::log(data.loss_nats[row] / law_nats(point)));
  }
  return runs;
}

double AnchoredLaw::law_nats(const LawPoint& point) const {
  return can_predict() ? law_.predict(parameter_, point) : nan;
}

double AnchoredLaw::loss_nats(const RunErrors& run, const LawPoint& point,
                              double deviations) const {
  const DriftForecast found = forecast(drift_, run, std::log(point.tokens));
  return law_nats(point) * std::exp(found.log_error + deviations * found.deviation);
}

double AnchoredLaw::loss_nats(int mixture_id, const LawPoint& point) const {
  double sum = 0.0, count = 0.0;
  for (const auto& [key, run] : runs_) {
    if (std::get<0>(key) != mixture_id || !data::is_same_size(std::get<1>(key), point.model_size))
      continue;
    sum += loss_nats(run, point);
    count += 1.0;
  }
  return sum / count;
}

std::vector<ContinuedLoss> continue_run(const data::LawFit& fit,
                                        const data::Observations& observations,
                                        const FitOptions& options, const LoggedRun& run,
                                        double at) {
  FitOptions one_law = options;
  one_law.law = fit.law;
  const Law& law = law_of(fit);
  if (law.last_volume_only())
    throw core::UsageError(core::Complaint{"law " + fit.law, "it has no volume in it",
                                           "it cannot continue a run", "Fit another law"});
  if (!law.sees_model_size() && !data::is_same_size(run.model_size, fit.last_size))
    throw core::UsageError(core::Complaint{
        "--trial",
        fmt::format("law {} is of models of {:.6g} parameters, the run's has {:.6g}", fit.law,
                    fit.last_size, run.model_size),
        "it sees no model size", "Continue a run of that size, or fit another law"});
  require_later(run.readings, at);
  const data::Pools& pools = run.unique_tokens.empty() ? fit.unique_tokens : run.unique_tokens;
  const data::Observations seen = observations_of_run(observations.domains, run, pools);
  std::vector<ContinuedLoss> result;
  for (std::size_t e = 0; e < observations.domains.eval.size(); ++e) {
    const DomainData readings = domain_data(seen, law, one_law, e, every_mixture);
    const auto anchor_on = [&](const data::Table& coefficient) {
      const auto row = coefficient.row(e);
      return AnchoredLaw(observations, one_law, e, {row.begin(), row.end()});
    };
    const LawPoint then{run.mixture, observations.domains.share_of[e], at, run.model_size, pools};
    const auto loss_nats = [&](const AnchoredLaw& anchored, double deviations) {
      const AnchoredLaw::Runs errors = anchored.errors_of(readings);
      return errors.empty() ? nan : anchored.loss_nats(errors.begin()->second, then, deviations);
    };
    ContinuedLoss loss;
    std::tie(loss.seen_tokens, loss.seen_nats) = last_reading(run.readings, e);
    loss.run_power_nats = run_power_at(seen, one_law, e, 0, at);
    const AnchoredLaw anchored = anchor_on(fit.coefficient);
    loss.law_nats = anchored.law_nats(then);
    loss.loss_nats = loss_nats(anchored, 0.0);
    std::vector<double> losses;
    for (std::size_t sample = 0; sample < fit.bootstrap.size(); ++sample) {
      core::RandomStream stream(options.seed, core::Purpose::run_forecast, sample, e);
      losses.push_back(loss_nats(anchor_on(fit.bootstrap[sample]), stream.normal()));
    }
    loss.interval = central_interval(losses, options.level);
    result.push_back(loss);
  }
  return result;
}

}  // namespace bimix::law
