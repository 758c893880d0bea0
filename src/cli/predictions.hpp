#pragma once

#include <bimix/data/json.hpp>
#include <bimix/data/records.hpp>
#include <bimix/run/run_folder.hpp>

#include <string>
#include <vector>

/// What `bimix predict` answers, in each of its forms.
namespace bimix::cli {

/// What losses are asked for.
struct Question {
  double tokens = 0.0;
  double model_size = 0.0;  ///< parameters; 0: of no meaning to the law
  double level = 0.9;       ///< of the intervals
};

struct Answer {
  data::Json json = data::Json::array();
  std::vector<std::vector<std::string>> rows{};  ///< for people, the first one names the columns
  std::string csv{};                             ///< of tables of mixtures only
};

/// Losses of one mixture, a row for each evaluation domain.
Answer predict_mixture(const data::LawFit& fit, const data::Mixture& mixture,
                       const Question& question);

/// Losses of many mixtures, a row for each of them.
Answer predict_mixtures(const data::LawFit& fit, const std::vector<data::Mixture>& mixtures,
                        const Question& question);

/// The trial whose id begins with `text`, or of the logged run of that name.
/// @throws UsageError naming the nearest one
const data::TrialSpec& trial_named(const std::string& text, const data::SweepPlan& plan);

/// Losses of a run at a later volume, from what was seen of it.
/// @throws UsageError if nothing was seen of it
Answer continue_trial(const data::LawFit& fit, const run::StoredRun& run,
                      const data::TrialSpec& trial, double tokens);

}  // namespace bimix::cli
