#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>
#include <bimix/law/quantile.hpp>

#include <cstddef>
#include <vector>

/// Runs that were seen in part, continued: another task than predicting a mixture that was never
/// seen, and an easier one.
namespace bimix::law {

/// One run's errors of a law: log of seen over predicted loss.
struct RunErrors {
  std::vector<double> log_tokens{};  ///< ascending
  std::vector<double> log_error{};   ///< as many
};

/// How runs drift from a law: log(seen / law) of a run is an Ornstein-Uhlenbeck process along the
/// log of the volume, of mean 0, standard deviation `spread` and correlation
/// exp(-|log s - log s'| / memory), read with independent errors.
/// @see Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, section 4.2.1
struct RunDrift {
  double spread = 0.0;  ///< relative
  double memory = 1.0;  ///< e-folds of volume
  double noise = 0.0;   ///< relative, of a reading
  bool operator==(const RunDrift&) const = default;
};

/// The most likely drift of these runs, by a Kalman filter along each. Weak priors (a spread of
/// three times the noise and a memory of two e-folds, each within a factor of seven or three)
/// decide what few readings leave open; they are centred at the values of one public table.
/// @return all 0 but the memory if every error is 0
/// @note O(readings) for each of some hundred trials of parameters; deterministic
RunDrift drift_of(const std::vector<RunErrors>& runs);

/// What a run's errors up to now say of a later one.
struct DriftForecast {
  double log_error = 0.0;  ///< expected log(loss / law)
  double deviation = 0.0;  ///< standard deviation of a reading's about it
};

/// @param log_tokens not before the run's last reading
DriftForecast forecast(const RunDrift& drift, const RunErrors& run, double log_tokens);

/// The power law B s^-beta + C of the runs of one mixture alone, as in Table 1 of the paper.
/// @param observations of which the rows of `mixture_id` count
/// @return its loss at so many tokens; NaN for fewer than three volumes
double run_power_at(const data::Observations& observations, const FitOptions& options,
                    std::size_t eval_domain, int mixture_id, double tokens);

/// One evaluation domain of a run at a later volume. NaN where something cannot be said.
struct ContinuedLoss {
  double seen_tokens = 0.0;     ///< of the last reading
  double seen_nats = 0.0;       ///< it: the persistence baseline
  double run_power_nats = 0.0;  ///< the run's own power law
  double law_nats = 0.0;        ///< the law, as if the run had not been seen
  double loss_nats = 0.0;       ///< the law anchored on the run's readings
  Interval interval{};          ///< of a reading there: NaN without bootstrap
};

/// A run that goes on.
struct LoggedRun {
  data::Mixture mixture{};                  ///< K
  double model_size = 0.0;                  ///< parameters; 0 where none is said
  std::vector<data::LossPoint> readings{};  ///< in any order
  data::Pools unique_tokens{};              ///< empty: those of the fit
};

/// Continues a run by the law times the run's expected drift from it.
/// @param fit with its bootstrap samples: each is anchored anew for the interval
/// @param observations those that were fitted: what shows the drift
/// @param run of these or not
/// @return for each evaluation domain
/// @throws UsageError if `at` is below the last reading of the run, the law has no volume, or it is
///         of another model size
std::vector<ContinuedLoss> continue_run(const data::LawFit& fit,
                                        const data::Observations& observations,
                                        const FitOptions& options, const LoggedRun& run, double at);

}  // namespace bimix::law
