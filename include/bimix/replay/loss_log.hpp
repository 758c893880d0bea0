#pragma once

#include <bimix/core/words.hpp>
#include <bimix/data/records.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace bimix::replay {

/// What the user says that logged losses are: "auto" (what a format or a name says, else nats),
/// "nats", "bits", "bits/byte", "log10", "perplexity".
enum class LoggedUnit { automatic, nats, bits, bits_per_byte, log10, perplexity };

const core::WordTable<LoggedUnit>& word_table(LoggedUnit);

/// Which logs to read, and how. The `replay:` part of a campaign. The numbers are facts that some
/// formats leave out; 0 = not given.
struct ReplayOptions {
  std::vector<std::string> files{};  ///< names or globs (`logs/*.csv`); sorted and read once each
  std::string format = "auto";       ///< a name of log_formats(), or auto: by the content
  bool normalise = false;            ///< divide shares by their sum, whatever it is, and count it
  /// Metrics that are losses, `METRIC` or `SET=METRIC` with at most one `*` for the name of the
  /// set; empty: recognised by their names (src/replay/FORMAT.md)
  std::vector<std::string> losses{};
  std::string mixtures{};  ///< a table of the runs' mixtures (`run` and the domains)
  std::string pools{};     ///< a table of pools (`domain`, `unique_tokens`, perhaps `run`)
  /// What the losses are. `bits_per_byte` stays what it is, the others become nats.
  LoggedUnit unit = LoggedUnit::automatic;
  std::vector<std::string> domains{};  ///< names of shares that a log gives without names;
                                       ///< one alone: that all runs trained on
  std::int64_t tokens_per_step = 0;    ///< of logs that count steps
  std::int64_t tokens = 0;             ///< the volume of logs that give neither tokens nor steps
  std::int64_t parameters = 0;         ///< keep the runs of this model size; 0: of all
  std::filesystem::path base{};        ///< relative names start here; empty = working directory
  bool operator==(const ReplayOptions&) const = default;
};

/// Logged runs, checked, with what had to be repaired on the way.
struct LossLog {
  /// Training domains are those with a share, evaluation sets those with a loss, each in order of
  /// first appearance. An evaluation set follows the training domain of its name, letter case
  /// aside, or none.
  data::DomainSet domains{};
  std::vector<std::int64_t> volumes{};  ///< of all runs; within 0.5 % of one another is one
  std::vector<data::LossUnit> units{};  ///< of the losses of each evaluation set
  std::vector<data::LossCurve> runs{};  ///< order of first appearance; points ascending
  std::vector<std::string> notes{};     ///< counted repairs and gaps, one sentence each
  std::vector<std::string> repairs{};   ///< those of them that say what was not taken as it stands
  std::vector<std::string> formats{};   ///< of the files, each once
  std::string fingerprint{};            ///< content hash of all files in the order read
  bool operator==(const LossLog&) const = default;
};

/// How far the printed shares of a log may sum from 1 before that is a mistake: logs print few
/// digits. What lies between simplex_tolerance and this is divided by its sum and counted.
inline constexpr double log_share_tolerance = 0.005;

/// Registered formats (src/replay/formats.def).
std::vector<std::string> log_formats();

/// Reads and checks logs. What each format looks like and every check that only it makes is at the
/// head of its source and in src/replay/FORMAT.md.
///
/// Repaired and counted in the notes: identical repeated rows; losses logged again by a resumed run
/// (the later is kept; formats that a trainer writes as it goes); blank losses and absent cells
/// (NaN); rows at 0 tokens (a power law has no value there); volumes within 0.5 % of one another
/// in one run (the later is kept); shares whose sum is off by at most log_share_tolerance, or by
/// anything if `normalise` is set; mixtures without losses; runs of another size than `parameters`;
/// headers in the middle of a table; what a format ignores.
///
/// @throws UsageError if the format is no known name, or a fact that the logs lack is not in the
///   options: tokens_per_step, tokens, domains, the model size to keep
/// @throws DataError naming file and line for: a pattern without files; an unreadable or empty
///   file; one that no format knows or that several do; text that is not UTF-8; a column or key
///   that is needed and missing, unknown, or repeated; a row with too few or too many cells; a last
///   line without its end that may be torn; a quote that is never closed; a cell above 4096 bytes;
///   a text instead of a number; a loss that is NaN, infinite, negative or zero; tokens or steps
///   that are negative or no whole number; a share outside [0, 1]; shares of a run that change
///   between rows, are not given for every training domain or do not sum to 1; a run without a
///   mixture; two metrics that are both the loss of one set; two rows for one cell that disagree; a
///   file without rows.
LossLog read_logs(const ReplayOptions& options);

/// The same for what one trial has just written, as it went, perhaps with interruptions: of two
/// losses for one cell the later holds, lines that were cut and bytes that are not text are
/// ignored, a loss that is not finite is infinity. Runs of formats without mixtures have the
/// trial's.
/// @param mixture [train] of the trial @throws as read_logs
LossLog read_trial_log(const ReplayOptions& options, const std::vector<std::string>& train,
                       const data::Mixture& mixture);

/// The files of this name or, if there is none, pattern (core/glob.hpp); sorted; none if nothing
/// matches. @param base where a relative one starts; empty: the working directory
std::vector<std::string> files_named(const std::string& pattern,
                                     const std::filesystem::path& base = {});

/// The log with the evaluation sets that an objective may be a mean of: without averages of sets,
/// recognised by name (is_average_name), group or numbers; if there are only averages, with the
/// first of them; and only with the sets of the most frequent unit. What is left out is named in
/// the notes.
LossLog sets_that_count(LossLog log);

/// The same log with its domains in the order of `wanted`; evaluation domains that are not wanted
/// are dropped and noted. `wanted.share_of` replaces the log's.
/// @throws DataError if a wanted domain is not in the log or a training domain is left over.
LossLog in_order_of(const data::DomainSet& wanted, LossLog log);

}  // namespace bimix::replay
