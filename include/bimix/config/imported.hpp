#pragma once

#include <bimix/replay/loss_log.hpp>

#include <string>
#include <vector>

/// Logs that were read, and a campaign that replays them.
namespace bimix::config {

/// What the logs do not tell of the campaign.
struct ImportOptions {
  replay::ReplayOptions replay{};  ///< with which the logs were read
  std::string name{};
  data::Pools unique_tokens{};          ///< K pools of runs whose logs tell none; empty: not known
  std::string law = "effective_share";  ///< predicts mixtures best on every public table we have
};

/// A replay campaign for these logs, as a person would write it.
/// @param base the folder at which paths of the logs start
std::string replay_campaign(const replay::LossLog& log, const ImportOptions& options,
                            const std::string& base);

/// What was read, for the person who waits.
/// @param is_guessed whether the format was recognised by the content
std::vector<std::string> import_summary(const replay::LossLog& log, bool is_guessed);

}  // namespace bimix::config
