#include "rounds.hpp"

#include <bimix/plan/rounds.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace bimix::run {
namespace {

const plan::AdaptiveOptions& options_of(const config::Campaign& campaign) {
  return *campaign.design.adaptive;
}

}  // namespace

bool Rounds::ended(const data::TrialResult& result) {
  some_ended_ = true;
  if (result.status != data::TrialStatus::failed ||
      result.failure == data::FailureKind::quarantined || result.attempt > 1 ||
      !tried_again_.insert(result.id).second)
    return false;
  for (const data::TrialSpec& spec : session_.stored().plan.trials)
    if (spec.id == result.id) again_.push_back(spec);
  return true;
}

bool Rounds::is_over() const {
  const std::vector<data::Round>& rounds = session_.stored().state.rounds;
  return !rounds.empty() && !rounds.back().stop.empty() && again_.empty();
}

std::vector<data::TrialSpec> Rounds::due() {
  std::vector<data::TrialSpec> trials = std::exchange(again_, {});
  if (is_over()) return trials;
  if (!choice_.valid()) {
    if (!std::exchange(some_ended_, false)) return trials;
    const auto known = plan::known_mixtures(
        session_.stored().plan, options_of(session_.campaign()).batch,
        [this](const data::TrialSpec& spec) { return has_ended_for_good(spec); });
    if (known) begin_choice(*known);
  } else if (choice_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    const std::vector<data::TrialSpec> more = take_choice();
    trials.insert(trials.end(), more.begin(), more.end());
  }
  return trials;
}

bool Rounds::has_ended_for_good(const data::TrialSpec& spec) const {
  const data::TrialResult* result = session_.result_of(spec.id);
  return result != nullptr && (result->status != data::TrialStatus::failed || result->attempt > 1 ||
                               result->failure == data::FailureKind::quarantined);
}

/// Of the trials, by the ranks that run them side by side.
double Rounds::hours_spent() const {
  double seconds = 0.0;
  for (const data::TrialResult& result : session_.stored().state.results)
    seconds += result.wall_seconds;
  const int groups = session_.comm().size() / session_.traits().ranks_per_trial;
  return seconds / 3600.0 / groups;
}

void Rounds::begin_choice(std::size_t known) {
  const StoredRun& run = session_.stored();
  const plan::AdaptiveOptions& options = options_of(run.campaign);
  const double hours = hours_spent();
  const int count = plan::affordable(run.plan, options, hours);
  data::Round round{.number = run.plan.trials.back().round + 1,
                    .seen = static_cast<int>(known),
                    .under_way = static_cast<int>(run.plan.mixtures.size() - known),
                    .spent = options.budget.unit == plan::Budget::Unit::hours
                                 ? hours
                                 : plan::spent(run.plan, options.budget.unit)};
  if (count == 0) {
    round.stop = fmt::format("the budget of {} is spent", options.budget.text());
    return stop_with(std::move(round));
  }
  RoundInput input{.known = run, .round = std::move(round), .count = count};
  input.under_way.assign(run.plan.mixtures.begin() + static_cast<std::ptrdiff_t>(known),
                         run.plan.mixtures.end());
  input.known.plan = plan::first_mixtures(run.plan, known);
  choice_ = std::async(std::launch::async, [input = std::move(input), stop = stop_.get_token()] {
    return choose_round(input, stop);
  });
}

std::vector<data::TrialSpec> Rounds::take_choice() {
  RoundChoice choice = choice_.get();
  if (!choice.round.stop.empty()) {
    stop_with(std::move(choice.round));
    return {};
  }
  StoredRun& run = session_.stored();
  choice.round.price =
      plan::price(run.plan, options_of(run.campaign).budget.unit, choice.mixtures.size());
  data::SweepPlan grown = run.plan;
  std::vector<data::TrialSpec> trials =
      plan::add_round(grown, choice.mixtures, choice.round.number, run.campaign.seed,
                      run.campaign.design, *session_.opened().source);
  session_.folder().journal().append_round(choice.round, trials);
  run.plan = std::move(grown);
  run.state.plan_trials = run.plan.trials;
  run.state.rounds.push_back(std::move(choice.round));
  some_ended_ = true;  // the trials of the round before may have ended meanwhile
  session_.tell_round();
  return trials;
}

void Rounds::stop_with(data::Round round) {
  session_.folder().journal().append_round(round, {});
  session_.stored().state.rounds.push_back(std::move(round));
  session_.tell_round();
}

}  // namespace bimix::run
