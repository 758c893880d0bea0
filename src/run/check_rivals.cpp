#include "check_rivals.hpp"

#include <bimix/core/text.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/mix/policy.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/page.hpp>
#include <bimix/run/derive.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace bimix::run {
namespace {

constexpr const char* place = "check.mixtures";
constexpr std::string_view untold_name = "optimum-without-exposure",
                           repeated_name = "optimum-repetition(";

/// R* of `optimum-repetition(15)`.
std::optional<double> repetition_in(const std::string& name) {
  if (!name.starts_with(repeated_name) || !name.ends_with(")")) return std::nullopt;
  const std::optional<double> number =
      core::parse_number(name.substr(repeated_name.size(), name.size() - repeated_name.size() - 1));
  return number && *number > 0.0 ? number : std::nullopt;
}

const data::Mixture* designed(const std::string& name, const data::SweepPlan& plan) {
  const auto found = std::find(plan.labels.begin(), plan.labels.end(), name);
  if (found == plan.labels.end()) return nullptr;
  return &plan.mixtures[static_cast<std::size_t>(found - plan.labels.begin())];
}

bool is_rival(const std::string& name, const data::SweepPlan& plan) {
  return name == "default" || name == "optimum" || name == untold_name || repetition_in(name) ||
         mix::is_policy_name(name, core::all_words<entropy::Measure>()) ||
         designed(name, plan) != nullptr;
}

/// Those by which the optimum was chosen, but for the mixtures of policies.
mix::OptimizeOptions options_of(const config::Campaign& campaign, const data::RunRecord& record) {
  mix::OptimizeOptions options = optimize_options(campaign, record.plan);
  options.unique_tokens = record.optimum.front().unique_tokens;
  return options;
}

/// What the law that is used would recommend if it were told of no pool.
/// @param repetition R* outside the law; 0: repeated tokens are as good as new
data::Mixture optimum_of_blind_law(const config::Campaign& campaign, const data::RunRecord& record,
                                   double repetition) {
  data::Observations seen = plan::observations_of(record.plan, record.results, {});
  seen.pools.clear();  // those that trials drew from
  seen.pool_id.clear();
  law::FitOptions one = campaign.fit;
  one.law = report::used_law(record)->law;
  one.bootstrap = 0;
  mix::OptimizeOptions options = options_of(campaign, record);
  settle_policies(campaign, record.entropy, options);
  options.prior_share.clear();  // what the law says, and no more
  options.max_epochs = {std::numeric_limits<double>::infinity()};
  options.repetition = repetition;
  if (repetition == 0.0) options.unique_tokens.clear();
  return mix::best_mixture(law::fit_law(seen, one), options, campaign.default_mixture).share;
}

data::Mixture mixture_called(const std::string& name, const config::Campaign& campaign,
                             const data::RunRecord& record) {
  if (name == "default") return campaign.default_mixture;
  if (name == "optimum") return record.optimum.front().share;
  if (name == untold_name) return optimum_of_blind_law(campaign, record, 0.0);
  if (const auto repetition = repetition_in(name))
    return optimum_of_blind_law(campaign, record, *repetition);
  if (const data::Mixture* mixture = designed(name, record.plan)) return *mixture;
  return mix::policy_mixture(
      name, policy_input(campaign, record.entropy, options_of(campaign, record), place));
}

}  // namespace

void refuse_rivals_without_means(const config::Campaign& campaign, const data::SweepPlan& plan,
                                 const std::vector<data::EntropyTable>& entropy,
                                 mix::OptimizeOptions options) {
  if (!campaign.check.enabled) return;
  for (const std::string& name : campaign.check.mixtures) {
    if (const auto repetition = repetition_in(name)) {
      options.repetition = *repetition;
      mix::require_pools(options, options.unique_tokens);
    } else if (name != "optimum" && name != untold_name && designed(name, plan) == nullptr) {
      mix::policy_mixture(name, policy_input(campaign, entropy, options, place));
    }
  }
}

void refuse_unknown_rivals(const config::Campaign& campaign, const data::SweepPlan& plan) {
  if (!campaign.check.enabled) return;
  for (const std::string& name : campaign.check.mixtures) {
    if (is_rival(name, plan)) continue;
    std::vector<std::string> known{"default", "optimum", std::string(untold_name),
                                   std::string(repeated_name) + "15)"};
    const auto policies = mix::policy_names(core::all_words<entropy::Measure>());
    known.insert(known.end(), policies.begin(), policies.end());
    throw core::UsageError(
        core::Complaint{place, fmt::format("'{}' cannot be checked", core::shown_text(name)),
                        "there are " + core::join_words(known) + ", and the mixtures of the design",
                        core::did_you_mean(name, known)});
  }
}

std::vector<plan::LabelledMixture> check_mixtures(const config::Campaign& campaign,
                                                  const data::RunRecord& record,
                                                  std::vector<std::string>& notes) {
  refuse_unknown_rivals(campaign, record.plan);
  std::vector<plan::LabelledMixture> mixtures;
  const auto add = [&](const std::string& name) {
    plan::LabelledMixture next{name, mixture_called(name, campaign, record)};
    const auto same =
        std::find_if(mixtures.begin(), mixtures.end(),
                     [&](const plan::LabelledMixture& other) { return other.share == next.share; });
    if (same == mixtures.end())
      mixtures.push_back(std::move(next));
    else if (same->label != name)
      notes.push_back(fmt::format("check: '{}' is the same mixture as '{}'", name, same->label));
  };
  // The two that the verdict is about are trained whatever else is the same.
  mixtures.push_back({"default", campaign.default_mixture});
  mixtures.push_back({"optimum", record.optimum.front().share});
  for (const std::string& name : campaign.check.mixtures)
    if (name != "default" && name != "optimum") add(name);
  return mixtures;
}

}  // namespace bimix::run
