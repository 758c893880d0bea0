#include "choice.hpp"

#include <algorithm>

namespace bimix::run {
namespace {

constexpr std::size_t few_suspects = 8;

bool is_one_of(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool is_wanted(const data::TrialSpec& spec, const data::TrialResult* before,
               const ChoiceInput& input) {
  if (input.only.empty())
    return before == nullptr || (before->status == data::TrialStatus::failed &&
                                 before->failure != data::FailureKind::quarantined);
  return is_one_of(input.only, spec.id) &&
         (before == nullptr || before->status != data::TrialStatus::ok);
}

}  // namespace

bool may_pass(data::FailureKind kind) {
  return kind == data::FailureKind::data || kind == data::FailureKind::memory ||
         kind == data::FailureKind::killed;
}

Suspicions suspicions(const store::JournalState& state,
                      const std::map<std::string, std::string>& saved_now) {
  Suspicions all;
  for (const auto& [id, times] : state.cut_off) {
    const auto then = state.saved.find(id);
    const auto now = saved_now.find(id);
    const std::string before = then == state.saved.end() ? "" : then->second;
    if (now != saved_now.end() && now->second != before) continue;
    if (times.alone >= most_cut_off)
      all.quarantined.insert(id);
    else if (times.alone + times.in_company >= most_cut_off)
      all.suspects.insert(id);
  }
  if (all.suspects.size() > few_suspects) all.suspects.clear();
  return all;
}

data::Json to_json(const Suspicions& all) {
  return {{"quarantined", all.quarantined}, {"suspects", all.suspects}};
}

Suspicions suspicions_from(const data::Json& json) {
  return {.quarantined = json.at("quarantined").get<std::set<std::string>>(),
          .suspects = json.at("suspects").get<std::set<std::string>>()};
}

Choice choose(const ChoiceInput& input) {
  std::unordered_map<std::string, const data::TrialResult*> known;
  for (const data::TrialResult& result : input.results) known[result.id] = &result;
  Choice choice;
  for (const data::TrialSpec& spec : input.trials) {
    const auto found = known.find(spec.id);
    const data::TrialResult* before = found == known.end() ? nullptr : found->second;
    if (before != nullptr && before->status == data::TrialStatus::ok) {
      ++choice.done;
      choice.times.learn(spec.cost, before->wall_seconds);
      if (is_one_of(input.only, spec.id)) choice.done_before.push_back(spec.id);
    }
    if (!is_wanted(spec, before, input)) {
      choice.some_left_out = choice.some_left_out || before == nullptr;
      continue;
    }
    choice.attempts[spec.id] = before == nullptr ? 1 : before->attempt + 1;
    const bool is_insisted_on = !input.only.empty();
    if (!is_insisted_on && input.suspicions.quarantined.contains(spec.id)) {
      choice.quarantined.push_back(spec.id);
      continue;
    }
    const bool suspected = input.suspicions.suspects.contains(spec.id);
    std::vector<data::TrialSpec>& row = suspected ? choice.alone : choice.missing;
    row.push_back(spec);
    const auto done = input.cost_before.find(spec.id);
    if (done != input.cost_before.end()) row.back().cost -= done->second;
  }
  return choice;
}

Choice choose_again(const Choice& tried, const std::vector<data::TrialResult>& results,
                    const std::function<bool(const data::TrialResult&)>& is_worth_it) {
  std::unordered_map<std::string, const data::TrialSpec*> specs;
  for (const auto* row : {&tried.missing, &tried.alone})
    for (const data::TrialSpec& spec : *row) specs[spec.id] = &spec;
  Choice choice{.times = tried.times};
  for (const data::TrialResult& result : results)
    if (const auto spec = specs.find(result.id);
        spec != specs.end() && result.status == data::TrialStatus::failed && is_worth_it(result)) {
      choice.missing.push_back(*spec->second);
      choice.attempts[result.id] = result.attempt + 1;
    }
  return choice;
}

}  // namespace bimix::run
