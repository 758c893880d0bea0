#pragma once

#include <bimix/data/json.hpp>
#include <bimix/data/records.hpp>
#include <bimix/plan/cost_model.hpp>
#include <bimix/store/journal.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

/// Which trials a run starts, and how. Pure: what is known comes in as values.
namespace bimix::run {

/// A trial that ran so often in a row when its run was killed, without getting any further, is
/// taken for the cause.
inline constexpr int most_cut_off = 5;

/// What earlier kills say of trials, by id.
struct Suspicions {
  std::set<std::string> quarantined{};  ///< ran alone each time: not started again
  /// Ran with others, a few: to be run alone, so that it shows. Of many at once none is suspected:
  /// what kills them comes from outside, and one at a time they would take for ever.
  std::set<std::string> suspects{};
  bool operator==(const Suspicions&) const = default;
};

/// @param saved_now what each trial would go on from, see TrialStart::saved; one that has come
///        further since its last start is not suspected
Suspicions suspicions(const store::JournalState& state,
                      const std::map<std::string, std::string>& saved_now);

data::Json to_json(const Suspicions& all);
Suspicions suspicions_from(const data::Json& json);

/// What a choice is made by.
struct ChoiceInput {
  const std::vector<data::TrialSpec>& trials;  ///< of the stage
  const std::vector<data::TrialResult>& results;
  const std::vector<std::string>& only;  ///< ids that the user names; empty: all
  const Suspicions& suspicions;
  /// Work that need not be repeated, by id: an extension goes on from a model.
  const std::unordered_map<std::string, double>& cost_before;
};

/// What is to be done about the trials of a stage.
struct Choice {
  std::vector<data::TrialSpec> missing{};  ///< to be run side by side
  std::vector<data::TrialSpec> alone{};    ///< to be run after them, one at a time
  std::vector<std::string> quarantined{};  ///< to be recorded as such, by id
  std::unordered_map<std::string, int> attempts{};
  plan::CostModel times{};                 ///< of those that ended well before
  std::size_t done = 0;                    ///< how many that are
  std::vector<std::string> done_before{};  ///< those that `only` names
  bool some_left_out = false;              ///< without a result, since `only` does not name them

  bool is_empty() const { return missing.empty() && alone.empty(); }
};

/// Trials without a result, or with a failed one; with `only`, those of them that it names, even if
/// they diverged or are quarantined.
Choice choose(const ChoiceInput& input);

/// Of trials that were just run, those to be run once more.
/// @param is_worth_it of a result that is not ok
Choice choose_again(const Choice& tried, const std::vector<data::TrialResult>& results,
                    const std::function<bool(const data::TrialResult&)>& is_worth_it);

/// Another attempt may do better. What a command gave up, took too long or diverged would do so
/// again.
bool may_pass(data::FailureKind kind);

}  // namespace bimix::run
