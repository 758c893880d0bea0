#pragma once

#include <bimix/data/records.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace bimix {

/// Which logs to read, and how. The `replay:` part of a campaign.
struct ReplayOptions {
  std::vector<std::string> files{};  ///< names or globs (`logs/*.csv`); sorted and read once each
  std::string format = "auto";       ///< a name of log_formats(), or auto: told by the header
  bool normalise = false;            ///< divide shares by their sum, whatever it is, and count it
  std::filesystem::path base{};      ///< relative names start here; empty = working directory
  bool operator==(const ReplayOptions&) const = default;
};

/// Logged runs, checked, with what had to be repaired on the way.
struct LossLog {
  DomainSet domains{};                  ///< order of first appearance
  std::vector<std::int64_t> volumes{};  ///< of all runs; within 0.5 % of one another is one
  std::vector<LossCurve> runs{};        ///< order of first appearance; points ascending
  std::vector<std::string> notes{};     ///< counted repairs and gaps, one sentence each
  std::string fingerprint{};            ///< content hash of all files in the order read
  bool operator==(const LossLog&) const = default;
};

/// How far the printed shares of a log may sum from 1 before that is a mistake: logs print few
/// digits. What lies between simplex_tolerance and this is divided by its sum and counted.
inline constexpr double log_share_tolerance = 0.005;

/// Registered formats, in the order in which `auto` tries them (src/replay/formats.def).
std::vector<std::string> log_formats();

/// Reads and checks logs.
///
/// Repaired and counted in the notes: identical repeated rows; blank losses and absent cells
/// (NaN); rows at 0 tokens (a power law has no value there); volumes within 0.5 % of one another
/// in one run (the later is kept); shares whose sum is off by at most log_share_tolerance, or by
/// anything if `normalise` is set.
///
/// @throws UsageError if the format is no known name
/// @throws DataError naming file and line for: a pattern without files; an unreadable, empty or
///   binary file, or one that is not UTF-8; a header without a needed column, with an unknown or
///   a repeated one; a header no format knows; a row with too few or too many cells; a last line
///   without its end (torn); a quote that is never closed; a cell above 4096 bytes; a number that
///   is none; a loss that is NaN, infinite, negative or zero; tokens or steps that are negative or
///   no whole number; a share outside [0, 1]; shares of a run that change between rows, are not
///   given for every training domain or do not sum to 1; two rows for one cell that disagree; a
///   file without rows.
LossLog read_logs(const ReplayOptions& options);

/// The same log with its domains in the order of `wanted`; evaluation domains that are not wanted
/// are dropped and noted. `wanted.share_of` replaces the log's.
/// @throws DataError if a wanted domain is not in the log or a training domain is left over.
LossLog in_order_of(const DomainSet& wanted, LossLog log);

}  // namespace bimix
