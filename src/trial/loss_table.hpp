#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <vector>

namespace bimix::trial {

/// What the table of one trial says.
struct LossTable {
  std::vector<data::LossPoint> points{};  ///< at the trial's volumes, or those before it diverged
  std::string diverged{};                 ///< which loss was not finite; empty: none
  std::vector<std::string> repairs{};     ///< what a resumed trainer wrote again
};

/// Reads what a trainer wrote, in any format that replay reads. A format that tells no mixture is
/// taken to be of the trial's.
/// @param path name or pattern
/// @param tokens_per_step of formats that count steps; 1 or less: not known
/// @throws Error if it holds no losses of this trial's mixture at its volumes
LossTable read_loss_table(const std::string& path, const data::DomainSet& domains,
                          const data::TrialSpec& spec, std::int64_t tokens_per_step);

/// Whether a file of this name or pattern holds anything.
bool has_content(const std::string& path);

/// Moves the files of this name or pattern into a hidden folder beside them, where no pattern finds
/// them again.
/// @throws DataError if they stay
void move_away(const std::string& path);

}  // namespace bimix::trial
