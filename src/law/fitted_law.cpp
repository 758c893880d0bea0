#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/fitted_law.hpp>

#include <fmt/format.h>

namespace bimix::law {

double FittedLaw::predict(const data::Table& coefficient, std::size_t eval_domain,
                          const PredictedRun& run) const {
  core::require(eval_domain < coefficient.rows && run.mixture.size() == fit_.domains.train.size(),
                "predict needs a domain of the fit and a share for each training domain");
  return law_.predict(coefficient.row(eval_domain),
                      {run.mixture, fit_.domains.share_of[eval_domain], run.tokens,
                       run.model_size > 0.0 ? run.model_size : fit_.last_size,
                       run.unique_tokens.empty() ? fit_.unique_tokens : run.unique_tokens});
}

Interval FittedLaw::interval(std::size_t eval_domain, const PredictedRun& run, double level) const {
  std::vector<double> predicted;
  for (const data::Table& sample : fit_.bootstrap)
    predicted.push_back(predict(sample, eval_domain, run));
  return central_interval(predicted, level);
}

double FittedLaw::predicted_size(double asked, const std::string& place) const {
  if (asked == 0.0 || data::is_same_size(asked, fit_.last_size)) return fit_.last_size;
  if (law_.sees_model_size()) return asked;
  std::vector<std::string> able;
  for (const std::string& name : law_names())
    if (find_law(name, {.model_size = true}).sees_model_size()) able.push_back(name);
  throw core::UsageError(core::Complaint{
      place, fmt::format("law {} cannot tell of models of {:.6g} parameters", fit_.law, asked),
      fit_.last_size > 0.0 ? fmt::format("it was fitted to models of {:.6g}", fit_.last_size)
                           : "the losses do not say of what models they are",
      "Leave it out, or fit logs of several sizes; laws that see them are " +
          core::join_words(able)});
}

}  // namespace bimix::law
