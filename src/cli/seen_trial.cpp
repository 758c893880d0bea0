#include "seen_trial.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::cli {

const data::TrialSpec& trial_named(const std::string& text, const data::SweepPlan& plan) {
  std::vector<const data::TrialSpec*> found;
  std::vector<std::string> names;
  for (const data::TrialSpec& trial : plan.trials) {
    names.push_back(trial.run.empty() ? trial.id : trial.run);
    if (trial.run == text || trial.id == text) return trial;
    if (!text.empty() && trial.id.starts_with(text)) found.push_back(&trial);
  }
  if (found.size() == 1) return *found.front();
  throw core::UsageError(core::Complaint{
      .place = "--trial",
      .problem = found.empty() ? fmt::format("there is no trial '{}'", text)
                               : fmt::format("{} trials begin with '{}'", found.size(), text),
      .rule = "an id, the beginning of one, or the name of a logged run",
      .remedy = found.empty() ? core::did_you_mean(text, names) : "Give more of the id"});
}

const data::TrialResult& seen_of(const data::TrialSpec& trial,
                                 const std::vector<data::TrialResult>& results) {
  for (const data::TrialResult& result : results)
    if (result.id == trial.id && result.status != data::TrialStatus::diverged &&
        !result.curve.empty())
      return result;
  throw core::UsageError(core::Complaint{.place = "--trial",
                                         .problem = fmt::format("trial {} has no losses", trial.id),
                                         .rule = "a run is continued from what was seen of it",
                                         .remedy = "Use --mixture for a run that was not seen"});
}

}  // namespace bimix::cli
