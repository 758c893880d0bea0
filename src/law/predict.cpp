#include <bimix/core/error.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix {

double predict(const LawFit& fit, std::size_t eval_domain, const Mixture& mixture, double tokens) {
  return predict(fit, fit.coefficient, eval_domain, mixture, tokens);
}

double predict(const LawFit& fit, const Table& coefficient, std::size_t eval_domain,
               const Mixture& mixture, double tokens) {
  require(eval_domain < coefficient.rows && mixture.size() == fit.domains.train.size(),
          "predict needs a domain of the fit and a share for each training domain");
  const auto row = std::span<const double>(coefficient.values)
                       .subspan(eval_domain * coefficient.columns, coefficient.columns);
  return find_law(fit.law).predict(row, {mixture, fit.domains.share_of[eval_domain], tokens});
}

double quantile(std::vector<double> values, double p) {
  values.erase(
      std::remove_if(values.begin(), values.end(), [](double value) { return std::isnan(value); }),
      values.end());
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double part = place - static_cast<double>(below);
  // An infinite neighbour must not turn it into NaN.
  if (part == 0.0 || values[below] == values[above]) return values[below];
  return values[below] + part * (values[above] - values[below]);
}

Interval central_interval(const std::vector<double>& values, double level) {
  return {quantile(values, 0.5 * (1.0 - level)), quantile(values, 0.5 * (1.0 + level))};
}

Interval predict_interval(const LawFit& fit, std::size_t eval_domain, const Mixture& mixture,
                          double tokens, double level) {
  std::vector<double> predicted;
  for (const Table& sample : fit.bootstrap)
    predicted.push_back(predict(fit, sample, eval_domain, mixture, tokens));
  return central_interval(predicted, level);
}

}  // namespace bimix
