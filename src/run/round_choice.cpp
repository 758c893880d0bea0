#include "round_choice.hpp"

#include <bimix/data/loss_unit.hpp>
#include <bimix/law/believed.hpp>
#include <bimix/mix/next_mixtures.hpp>
#include <bimix/plan/space_filling.hpp>
#include <bimix/run/derive.hpp>

#include <fmt/format.h>

#include <utility>

namespace bimix::run {
namespace {

/// Enough to see how far laws may be from the truth; the choice waits for them.
constexpr int samples = 40, folds = 10;

data::NextMixtures proposed(const RoundInput& input, const std::stop_token& stop) {
  const config::Campaign& campaign = input.known.campaign;
  law::FitOptions fit = campaign.fit;
  fit.bootstrap = samples;
  fit.folds = folds;
  const data::Observations seen = observations_of(input.known);
  return mix::next_mixtures(law::believed_fits(seen, fit, stop), seen,
                            optimize_options(input.known), campaign.default_mixture,
                            {.count = input.count,
                             .seed = campaign.seed,
                             .under_way = input.under_way,
                             .level = campaign.design.adaptive->until.confidence});
}

void fill_space(const RoundInput& input, const std::string& why, RoundChoice& choice) {
  std::vector<data::Mixture> there = input.known.plan.mixtures;
  there.insert(there.end(), input.under_way.begin(), input.under_way.end());
  choice.mixtures = plan::space_filling(there, input.count, input.known.campaign.seed);
  choice.round.note =
      "its mixtures are spread over the others, since no law could be fitted: " + why;
}

}  // namespace

RoundChoice choose_round(const RoundInput& input, const std::stop_token& stop) {
  RoundChoice choice{.round = input.round};
  data::Round& round = choice.round;
  const plan::Until& until = input.known.campaign.design.adaptive->until;
  round.level = until.confidence;
  try {
    const data::NextMixtures next = proposed(input, stop);
    round.known = next.known;
    round.gain_nats = next.known.regret_nats - next.regret_after_nats;
    for (const data::NextMixture& one : next.mixtures) choice.mixtures.push_back(one.share);
  } catch (const core::Interrupted&) {
    throw;
  } catch (const core::Error& error) {
    fill_space(input, error.what(), choice);
  }
  if (!round.known.share.empty() && round.known.regret_high_nats <= until.gain)
    round.stop = fmt::format(
        "with probability {:g} the best mixture known is within {:g} {} of the best there is",
        until.confidence, until.gain, data::unit_text(input.known.plan.domains.loss_unit));
  else if (choice.mixtures.empty())
    round.stop = "no mixture is left that would tell anything";
  if (!round.stop.empty()) choice.mixtures.clear();
  return choice;
}

}  // namespace bimix::run
