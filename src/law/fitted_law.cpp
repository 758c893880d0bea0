#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {

double predict(const data::LawFit& fit, std::size_t eval_domain, const data::Mixture& mixture,
               double tokens, double model_size) {
  return predict(fit, fit.coefficient, eval_domain, mixture, tokens, model_size);
}

double predict(const data::LawFit& fit, const data::Table& coefficient, std::size_t eval_domain,
               const data::Mixture& mixture, double tokens, double model_size) {
  core::require(eval_domain < coefficient.rows && mixture.size() == fit.domains.train.size(),
                "predict needs a domain of the fit and a share for each training domain");
  const auto row = std::span<const double>(coefficient.values)
                       .subspan(eval_domain * coefficient.columns, coefficient.columns);
  return law_of(fit).predict(row, {mixture, fit.domains.share_of[eval_domain], tokens,
                                   model_size > 0.0 ? model_size : fit.last_size});
}

double predicted_size(const data::LawFit& fit, double asked, const std::string& place) {
  if (asked == 0.0 || data::is_same_size(asked, fit.last_size)) return fit.last_size;
  if (law_of(fit).sees_model_size()) return asked;
  std::vector<std::string> able;
  for (const std::string& name : law_names())
    if (find_law(name, true).sees_model_size()) able.push_back(name);
  throw core::UsageError(core::Complaint{
      place, fmt::format("law {} cannot tell of models of {:.6g} parameters", fit.law, asked),
      fit.last_size > 0.0 ? fmt::format("it was fitted to models of {:.6g}", fit.last_size)
                          : "the losses do not say of what models they are",
      "Leave it out, or fit logs of several sizes; laws that see them are " +
          core::join_words(able)});
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

Interval predict_interval(const data::LawFit& fit, std::size_t eval_domain,
                          const data::Mixture& mixture, double tokens, double level,
                          double model_size) {
  std::vector<double> predicted;
  for (const data::Table& sample : fit.bootstrap)
    predicted.push_back(predict(fit, sample, eval_domain, mixture, tokens, model_size));
  return central_interval(predicted, level);
}

}  // namespace bimix::law
