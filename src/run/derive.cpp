#include <bimix/data/pools.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/mix/policy.hpp>
#include <bimix/plan/check.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/page.hpp>
#include <bimix/run/by_volume.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/spread/collective.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bimix::run {

mix::OptimizeOptions optimize_options(const config::Campaign& campaign,
                                      const data::SweepPlan& plan) {
  mix::OptimizeOptions options = campaign.optimize;
  options.tokens = config::target_tokens(campaign, static_cast<double>(plan.tokens.back()));
  options.unique_tokens = campaign.unique_tokens;
  options.level = campaign.fit.level;
  return options;
}

void settle_policies(const config::Campaign& campaign,
                     const std::vector<data::EntropyTable>& entropy,
                     mix::OptimizeOptions& options) {
  const auto mixture = [&](const std::string& name, const char* place) {
    return mix::policy_mixture(name, policy_input(campaign, entropy, options, place));
  };
  options.prior_share.clear();
  if (options.prior != "none") options.prior_share = mixture(options.prior, "optimize.prior");
  options.reference_share.clear();
  if (options.reference != mix::best_reference)
    options.reference_share = mixture(options.reference, "optimize.reference");
}

mix::PolicyInput policy_input(const config::Campaign& campaign,
                              const std::vector<data::EntropyTable>& entropy,
                              const mix::OptimizeOptions& options, const std::string& place) {
  return {.default_share = campaign.default_mixture,
          .entropy = entropy,
          .place = place,
          .domains = campaign.domains.train,
          .unique_tokens = options.unique_tokens,
          .tokens = options.tokens,
          .utilities = campaign.design.utilities};
}

mix::OptimizeOptions optimize_options(const StoredRun& run, const Asked& asked) {
  mix::OptimizeOptions options = optimize_options(run.campaign, run.plan);
  asked(options);
  options.unique_tokens = target_pools(run, options.unique_tokens);
  settle_policies(run.campaign, run.state.entropy, options);
  return options;
}

data::Pools target_pools(const StoredRun& run, const data::Pools& said) {
  return data::first_known(data::first_known(said, run.campaign.unique_tokens),
                           data::usual_pools(observations_of(run)));
}

data::Observations observations_of(const StoredRun& run, const data::Pools& said) {
  data::Pools finite = said;  // an endless target says nothing of the runs
  for (double& pool : finite)
    if (std::isinf(pool)) pool = 0.0;
  const data::Pools pools = data::first_known(run.campaign.unique_tokens, finite);
  return plan::observations_of(run.plan, run.state.results, pools);
}

void warn_if_in_doubt(Screen& screen, const data::LawFit& fit) {
  if (!fit.trust.doubt.empty()) screen.say(fit.trust.doubt);
}

data::RunRecord record_of(const StoredRun& run, spread::LawFits fits, std::string fitted_to,
                          const spread::Progress& progress) {
  data::RunRecord record = recorded(run);
  record.laws = std::move(fits.laws);
  record.fitted_to = std::move(fitted_to);
  if (run.plan.domains.train.size() > 1) {  // of one there is nothing to mix
    const data::LawFit& fit = record.laws.at(fits.used);
    const mix::OptimizeOptions options = optimize_options(run);
    const data::Mixture& default_share = run.campaign.default_mixture;
    spread::CountedProgress counted(progress, "optimum", fit.bootstrap.size());
    record.optimum.push_back(
        mix::best_mixture(fit, options, default_share, [&] { counted.one_more(); }));
    mix::add_distance_from_runs(run.plan, fit, options, record.optimum.back());
    record.by_volume = optima_by_volume({fit, observations_of(run), run.campaign.fit}, options,
                                        default_share, progress);
  }
  judge_check(record);
  return record;
}

void judge_check(data::RunRecord& record) {
  const bool checked =
      !record.check_trials.empty() &&
      std::all_of(record.check_trials.begin(), record.check_trials.end(), [&](const auto& spec) {
        return std::any_of(record.results.begin(), record.results.end(),
                           [&](const data::TrialResult& result) { return result.id == spec.id; });
      });
  if (!checked) return;
  // Predicted for what was trained: the journal's mixtures, not today's optimum.
  std::vector<const data::TrialSpec*> rows;
  for (const data::TrialSpec& spec : record.check_trials)
    if (rows.empty() || rows.back()->mixture_label != spec.mixture_label) rows.push_back(&spec);
  const data::DomainSet& domains = record.plan.domains;
  const law::FittedLaw law(*report::used_law(record));
  data::Table predicted(rows.size(), domains.eval.size());
  for (std::size_t m = 0; m < rows.size(); ++m) {
    const auto result =
        std::find_if(record.results.begin(), record.results.end(),
                     [&](const data::TrialResult& one) { return one.id == rows[m]->id; });
    for (std::size_t e = 0; e < predicted.columns; ++e)
      predicted(m, e) = law.predict(e, {.mixture = rows[m]->mixture,
                                        .tokens = static_cast<double>(rows[m]->tokens.back()),
                                        .unique_tokens = result->unique_tokens});
  }
  record.check.push_back(plan::make_check_report(record.check_trials, record.results, domains,
                                                 predicted, record.optimum.front().weight));
}

}  // namespace bimix::run
