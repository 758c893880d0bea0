#pragma once

#include <bimix/data/records.hpp>
#include <bimix/run/run_folder.hpp>

#include <stop_token>
#include <vector>

/// Which mixtures a campaign runs next. Pure: a round may be chosen beside the trials that run.
namespace bimix::run {

/// What a round is chosen by.
struct RoundInput {
  StoredRun known{};  ///< with the plan of the known mixtures alone, and their results
  std::vector<data::Mixture> under_way{};
  data::Round round{};  ///< its number, and what was spent
  int count = 1;        ///< of mixtures
};

/// A round; without mixtures if its `stop` says why.
struct RoundChoice {
  data::Round round{};
  std::vector<data::Mixture> mixtures{};
};

/// Chooses by mix::next_mixtures. Where no law can be fitted yet, the round fills the space between
/// the mixtures that are there, and says so.
/// @throws Interrupted if a stop was asked for
RoundChoice choose_round(const RoundInput& input, const std::stop_token& stop);

}  // namespace bimix::run
