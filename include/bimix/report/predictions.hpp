#pragma once

#include <bimix/data/json.hpp>
#include <bimix/data/records.hpp>
#include <bimix/law/continuation.hpp>

#include <string>
#include <vector>

/// Predicted losses in each of the forms that they are asked for.
namespace bimix::report {

/// What losses are asked for.
struct Question {
  double tokens = 0.0;
  double model_size = 0.0;      ///< parameters; 0: of no meaning to the law
  double level = 0.9;           ///< of the intervals
  data::Pools unique_tokens{};  ///< what is drawn from; empty: LawFit::unique_tokens
};

struct Answer {
  data::Json json = data::Json::array();
  std::vector<std::vector<std::string>> rows{};  ///< for people, the first one names the columns
  std::string csv{};                             ///< of tables of mixtures only
  std::string epochs{};  ///< how often pools are gone through, for people; empty: not known
};

/// Losses of one mixture, a row for each evaluation domain.
Answer predict_mixture(const data::LawFit& fit, const data::Mixture& mixture,
                       const Question& question);

/// Losses of many mixtures, a row for each of them.
Answer predict_mixtures(const data::LawFit& fit, const std::vector<data::Mixture>& mixtures,
                        const Question& question);

/// Losses of a run at a later volume, a row for each evaluation domain.
/// @param losses [domain] @param level of their intervals
Answer predict_run(const data::LawFit& fit, const std::vector<law::ContinuedLoss>& losses,
                   double level);

}  // namespace bimix::report
