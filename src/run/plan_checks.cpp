#include "plan_checks.hpp"

#include "check_rivals.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/plan/rounds.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/forecast.hpp>
#include <bimix/run/opened.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace bimix::run {
namespace {

/// Every trial done, with losses of its own: where there will be observations.
std::vector<data::TrialResult> imagined_results(const data::SweepPlan& plan) {
  std::vector<data::TrialResult> results;
  for (const data::TrialSpec& spec : plan.trials) {
    data::TrialResult result;
    result.id = spec.id;
    for (const std::int64_t tokens : spec.tokens)
      result.curve.push_back(
          {.tokens = tokens,
           .loss_nats = std::vector<double>(plan.domains.eval.size(),
                                            1.0 + static_cast<double>(results.size()))});
    results.push_back(std::move(result));
  }
  return results;
}

/// @param plan of a campaign that chooses its own mixtures: what it starts with, and its rounds
void refuse_budget_below_start(const config::Campaign& campaign, const data::SweepPlan& plan) {
  if (!campaign.design.adaptive) return;
  const plan::Budget& budget = campaign.design.adaptive->budget;
  const auto rounds = std::find_if(plan.trials.begin(), plan.trials.end(),
                                   [](const data::TrialSpec& spec) { return spec.round > 0; });
  const data::SweepPlan start = plan::first_mixtures(
      plan, rounds == plan.trials.end() ? plan.mixtures.size()
                                        : static_cast<std::size_t>(rounds->mixture_id));
  const double needed = plan::spent(start, budget.unit);
  if (needed <= budget.amount) return;
  throw core::UsageError(core::Complaint{
      .place = "design.adaptive.budget",
      .problem = fmt::format("{} are fewer than the campaign starts with", budget.text()),
      .rule = fmt::format("its first {} mixtures take {}", start.mixtures.size(),
                          plan::Budget{needed, budget.unit}.text()),
      .remedy = "Give it more, or let it `start` with fewer mixtures"});
}

}  // namespace

std::string refuse_what_cannot_end_well(const config::Campaign& campaign,
                                        const data::SweepPlan& plan,
                                        const std::vector<data::EntropyTable>& entropy) {
  refuse_unknown_rivals(campaign, plan);
  refuse_budget_below_start(campaign, plan);
  mix::OptimizeOptions options = optimize_options(campaign, plan);
  if (traits_of(campaign).trains) {
    law::require_fittable(plan::observations_of(plan, imagined_results(plan)), campaign.fit);
    settle_policies(campaign, entropy, options);
    refuse_rivals_without_means(campaign, plan, entropy, options);
  } else {  // logs may tell of pools
    options.repetition = 0.0;
    options.max_epochs = {};
  }
  data::LawFit tried{.domains = campaign.domains};
  tried.share_low.assign(campaign.domains.train.size(), 1.0);
  tried.share_high.assign(campaign.domains.train.size(), 0.0);
  for (const data::Mixture& mixture : plan.mixtures)
    for (std::size_t k = 0; k < mixture.size(); ++k) {
      if (mixture[k] > 0) tried.share_low[k] = std::min(tried.share_low[k], mixture[k]);
      tried.share_high[k] = std::max(tried.share_high[k], mixture[k]);
    }
  for (std::size_t k = 0; k < tried.share_low.size(); ++k)  // of what no mixture has
    tried.share_low[k] = std::min(tried.share_low[k], tried.share_high[k]);
  const std::vector<double> epochs =
      most_epochs(plan, campaign.unique_tokens, config::epochs_target(campaign));
  tried.most_epochs = *std::max_element(epochs.begin(), epochs.end());
  const double asked = mix::epochs_asked(tried, options);
  const double allowed = mix::allowed_box(tried, options).max_epochs;
  if (allowed <= asked) return "";
  return fmt::format(
      "max_epochs: no mixture of {} tokens goes through each domain {:.3g} times at most; it will "
      "be raised to {:.4g}",
      core::format_count_about(options.tokens, 4), asked, allowed);
}

void refuse_unknown_trials(const std::vector<std::string>& only,
                           const std::vector<data::TrialSpec>& planned,
                           const std::vector<data::TrialSpec>& check) {
  std::vector<std::string> known;
  for (const auto* trials : {&planned, &check})
    for (const data::TrialSpec& spec : *trials) known.push_back(spec.id);
  for (const std::string& id : only) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    throw core::UsageError(core::Complaint{
        .place = "--only",
        .problem = fmt::format("this campaign has no trial '{}'", id),
        .remedy = core::did_you_mean(id, known, "`bimix plan CAMPAIGN` lists the trials")});
  }
}

bool is_same_plan(const std::vector<data::TrialSpec>& a, const std::vector<data::TrialSpec>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const data::TrialSpec& one, const data::TrialSpec& other) { return one.id == other.id; });
}

std::vector<GrownTrial> checked_extension(const std::vector<data::TrialSpec>& before,
                                          const std::vector<data::TrialSpec>& planned, bool extend,
                                          const std::filesystem::path& folder) {
  if (!extend)
    throw core::DataError({.place = folder.string(),
                           .problem = "this program plans other trials than the folder holds",
                           .rule = "it is another version of bimix, or runs on another processor",
                           .remedy = "Resume with the version in results.h5's provenance, or start "
                                     "over with -o DIR"});
  std::unordered_set<std::string> ids;
  std::unordered_map<std::string, const data::TrialSpec*> by_run;
  for (const data::TrialSpec& spec : planned) {
    ids.insert(spec.id);
    by_run[plan::run_id(spec)] = &spec;
  }
  std::vector<GrownTrial> grown;
  const data::TrialSpec* dropped = nullptr;
  std::size_t count = 0;
  for (const data::TrialSpec& spec : before) {
    if (ids.contains(spec.id)) continue;
    const auto now = by_run.find(plan::run_id(spec));
    if (now != by_run.end() && plan::has_more_volumes(*now->second, spec)) {
      grown.push_back({now->second, &spec});
      continue;
    }
    ++count;
    dropped = &spec;
  }
  if (dropped == nullptr) return grown;
  throw core::DataError(
      {.place = "--extend",
       .problem = fmt::format("{} of the {} trials of {} are not in this design", count,
                              before.size(), folder.string()),
       .rule = "an extension adds mixtures, repeats or volumes; drawn mixtures stay if `count` "
               "alone grows",
       .remedy = fmt::format("Put back what is missing, such as `values: [{}]` under "
                             "design.volumes, or give this campaign a folder with -o DIR",
                             fmt::join(dropped->tokens, ", "))});
}

}  // namespace bimix::run
