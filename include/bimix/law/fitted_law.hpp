#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/quantile.hpp>

#include <span>
#include <string>
#include <vector>

namespace bimix::law {

/// The run that a loss is predicted for.
struct PredictedRun {
  const data::Mixture& mixture;  ///< K
  double tokens = 0.0;
  double model_size = 0.0;  ///< parameters; 0: LawFit::last_size. Laws that see no size ignore it
  std::span<const double> unique_tokens{};  ///< Pools; empty: LawFit::unique_tokens
};

/// A law with the coefficients that were fitted to it: what predicts. It refers to the fit, which
/// must outlive it.
class FittedLaw {
 public:
  /// @throws UsageError if this version has no such law
  explicit FittedLaw(const data::LawFit& fit) : fit_(fit), law_(law_of(fit)) {}

  const data::LawFit& fit() const { return fit_; }
  const Law& law() const { return law_; }

  /// Predicted loss of one evaluation domain, nats per token; NaN for a domain that was not fitted.
  double predict(std::size_t eval_domain, const PredictedRun& run) const {
    return predict(fit_.coefficient, eval_domain, run);
  }
  /// The same from other coefficients (E, P) of this law, such as a bootstrap sample.
  double predict(const data::Table& coefficient, std::size_t eval_domain,
                 const PredictedRun& run) const;

  /// Central interval of the prediction over the fit's bootstrap samples: of the law's value,
  /// without the noise of a single run. NaN without bootstrap. @param level in (0, 1)
  Interval interval(std::size_t eval_domain, const PredictedRun& run, double level) const;

  /// The model size that a prediction is for.
  /// @param asked parameters; 0: LawFit::last_size
  /// @param place what the complaint names, "--parameters"
  /// @throws UsageError if the law cannot predict for models of that size
  double predicted_size(double asked, const std::string& place) const;

 private:
  const data::LawFit& fit_;
  const Law& law_;
};

}  // namespace bimix::law
