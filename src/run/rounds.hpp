#pragma once

#include "round_choice.hpp"
#include "session.hpp"

#include <future>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace bimix::run {

/// The rounds of a campaign that chooses its own mixtures, on rank 0.
///
/// A round is chosen by a thread of its own while trials run; then it is a line of the journal, and
/// then its trials are due. What a round is chosen by follows from the plan alone (known_mixtures),
/// so that it is the same at any number of ranks and after any interruption.
class Rounds {
 public:
  explicit Rounds(Session& session) : session_(session) {}
  ~Rounds() { stop_.request_stop(); }
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;

  /// A trial has ended. One that failed is tried again once, so that what its node did to it enters
  /// no choice.
  /// @return whether it is
  bool ended(const data::TrialResult& result);
  /// Trials that have come up since: of a round that was chosen, and those that are tried again.
  std::vector<data::TrialSpec> due();
  /// No further round will be chosen.
  bool is_over() const;

 private:
  bool has_ended_for_good(const data::TrialSpec& spec) const;
  void begin_choice(std::size_t known);
  std::vector<data::TrialSpec> take_choice();
  void stop_with(data::Round round);
  double hours_spent() const;

  Session& session_;
  bool some_ended_ = true;                // since it was last looked whether a round may be chosen
  std::vector<data::TrialSpec> again_{};  // due a second time
  std::set<std::string> tried_again_{};   // by id
  std::stop_source stop_{};
  std::future<RoundChoice> choice_{};  // waits for its thread when it goes
};

}  // namespace bimix::run
