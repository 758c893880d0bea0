#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <vector>

namespace bimix::law {

/// Predicted loss of one evaluation domain, nats per token. NaN for a domain that was not fitted.
/// @param model_size parameters; 0: fit.last_size. Of no meaning to a law that sees no model size.
double predict(const data::LawFit& fit, std::size_t eval_domain, const data::Mixture& mixture,
               double tokens, double model_size = 0.0);

/// The same from another coefficient table of the same law, such as a bootstrap sample.
double predict(const data::LawFit& fit, const data::Table& coefficient, std::size_t eval_domain,
               const data::Mixture& mixture, double tokens, double model_size = 0.0);

/// The model size that a prediction is for.
/// @param asked parameters; 0: fit.last_size
/// @param place what the complaint names, "--parameters"
/// @throws UsageError if the law cannot predict for models of that size
double predicted_size(const data::LawFit& fit, double asked, const std::string& place);

struct Interval {
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Interval&) const = default;
};

/// Quantile by linear interpolation between order statistics (Hyndman and Fan's type 7); NaN values
/// are left out; NaN if none is left. @param p in [0, 1]
double quantile(std::vector<double> values, double p);

/// The central interval: quantiles (1 - level) / 2 and (1 + level) / 2.
Interval central_interval(const std::vector<double>& values, double level);

/// Interval of the predicted loss over the fit's bootstrap samples: of the law's value, without the
/// noise of a single run. NaN without bootstrap.
Interval predict_interval(const data::LawFit& fit, std::size_t eval_domain,
                          const data::Mixture& mixture, double tokens, double level,
                          double model_size = 0.0);

}  // namespace bimix::law
