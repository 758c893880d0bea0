#pragma once

#include <bimix/core/error.hpp>
#include <bimix/trial/trial_source.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bimix::trial {

struct LossTable;

/// The user's own trainer; the `source.command` block of a campaign.
///
/// Arguments, and `losses`, may hold placeholders: {mixture.json} (a file: id, mixture by domain,
/// volumes, seed, repeat), {dir} (the trial's folder, kept between attempts), {id}, {seed}
/// (differs between repeats, and is the same for all mixtures of one), {repeat}, {tokens} (the
/// largest volume), {volumes} (all, with commas), {share:NAME}. {{ and }} stand for braces. Files
/// and folders are absolute. No shell sees them: an argument stays one argument, with any
/// content.
struct CommandOptions {
  std::vector<std::string> run{};  ///< program and arguments
  std::string program{};  ///< where the program lies, if not where run says; no part of trials' ids
  std::string losses = "{dir}/loss.csv";  ///< what it writes, in a format that replay reads
  std::string timeout{};                  ///< of one attempt: 90s, 30m, 6h, 2d; empty: none
  int retries = 2;                        ///< further attempts where it exits with 75
  int per_node = 0;      ///< at most so many at a time on each node; 0: one on each rank
  bool resumes = false;  ///< goes on from what it left in {dir} when it was stopped
  std::int64_t tokens_per_step = 1;  ///< volumes are rounded to whole multiples
  /// The volume of a run whose repetitions the command is to have: mixture.json tells the fraction
  /// of each domain to train on; 0: it tells none.
  std::int64_t simulate_target = 0;
  bool operator==(const CommandOptions&) const = default;
};

/// All that is wrong with the options, places `command.<key>`.
std::vector<core::Complaint> complaints(const CommandOptions& options,
                                        const std::vector<std::string>& domains);

/// Which volumes a trial visits.
enum class VolumesOfTrial { all, one };

/// What is wrong with `losses` if several trials would write it. It is no part of `complaints`:
/// folders of earlier versions may hold such a table, and can still be read.
std::vector<core::Complaint> table_complaints(const CommandOptions& options,
                                              const std::vector<std::string>& domains,
                                              VolumesOfTrial volumes);

SourceTraits traits_of(const CommandOptions& options);

/// Whether the command is given anything that differs between the repeats of a mixture: {seed},
/// {repeat}, {id} or {mixture.json}.
bool sees_repeat(const CommandOptions& options);

/// Whether `now` is the command `before` whose program lies in another folder: on another machine,
/// or in another environment.
bool is_moved(const CommandOptions& now, const CommandOptions& before);

/// Numbers of the processors that a command may use. A launcher binds each rank to a part of those
/// that the job has; a command gets all that the launcher itself may use, as far as the job's
/// control group allows it. Under Slurm never more than SLURM_CPUS_ON_NODE: then the rank's own.
std::vector<int> command_processors();

/// Runs the command once for each trial, in a separate process group and without the variables by
/// which a process knows that MPI or Slurm started it. Its output goes to
/// DIR/trials/<id>/log.txt.
///
/// Exit codes: 0 done; 75 try again (as often as `retries`); 76 this trial cannot be run, anything
/// else failed: both are recorded and the sweep goes on. On a stop or a timeout the group gets
/// TERM, half a minute to save itself, and KILL; if this process is killed, so is the group. A
/// command that ends while a stop is asked for, or a moment before, was interrupted, however it
/// ended.
///
/// The table is that of the attempt: one that is there before is moved away, unless the command
/// resumes. Of two losses for one cell the later holds. A loss that is not finite means that the
/// trial diverged.
class CommandSource final : public TrialSource {
 public:
  /// @param folder the run folder @param options without complaints
  /// @param unique_tokens what the command draws from; empty: not known
  CommandSource(CommandOptions options, data::DomainSet domains,
                const std::filesystem::path& folder, data::Pools unique_tokens = {});

  std::string identity(const data::TrialSpec& spec) const override;
  SourceTraits traits() const override { return traits_of(options_); }
  double cost(const data::TrialSpec& spec) const override {
    return static_cast<double>(spec.tokens.back());
  }
  /// @throws DataError if the command cannot be started, fails, or leaves no losses of this trial's
  ///         mixture at its volumes; the message quotes the last line of its output
  data::TrialResult run(const data::TrialSpec& spec, const TrialHooks& hooks) const override;

 private:
  std::filesystem::path folder_of(const data::TrialSpec& spec) const {
    return folder_ / "trials" / spec.id;
  }
  std::filesystem::path log_of(const data::TrialSpec& spec) const {
    return folder_of(spec) / "log.txt";
  }
  /// How one run of the command ended.
  struct Attempt {
    std::string last_words{};
    bool wants_another = false;
    std::optional<TrialFailure> failure{};
  };
  std::string filled(const std::string& text, const data::TrialSpec& spec) const;
  void write_mixture(const data::TrialSpec& spec) const;
  Attempt run_once(const data::TrialSpec& spec, const TrialHooks& hooks) const;
  LossTable read_table(const data::TrialSpec& spec, const std::string& last_words) const;
  std::optional<data::TrialResult> diverged(const data::TrialSpec& spec) const;
  data::TrialResult train(const data::TrialSpec& spec, const TrialHooks& hooks) const;

  CommandOptions options_;
  data::DomainSet domains_;
  std::filesystem::path folder_;
  data::Pools unique_tokens_;
};

}  // namespace bimix::trial
