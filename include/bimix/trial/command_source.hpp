#pragma once

#include <bimix/core/error.hpp>
#include <bimix/trial/trial_source.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bimix {

/// A trainer of the user's own; the `source.command` block of a campaign.
///
/// Arguments, and `losses`, may hold placeholders: {mixture.json} (a file: id, mixture by domain,
/// volumes, seed, repeat), {dir} (a folder of the trial's own, kept between attempts), {id},
/// {seed}, {repeat}, {tokens} (the largest volume), {volumes} (all, with commas), {share:NAME}. {{
/// and }} stand for braces. No shell sees them: an argument stays one argument, whatever is put
/// into it.
struct CommandOptions {
  std::vector<std::string> run{};         ///< program and arguments
  std::string losses = "{dir}/loss.csv";  ///< what it writes, in a format that replay reads
  std::string timeout{};                  ///< of one attempt: 90s, 30m, 6h, 2d; empty: none
  int retries = 2;                        ///< further attempts where it exits with 75
  int per_node = 0;      ///< at most so many at a time on each node; 0: one on each rank
  bool resumes = false;  ///< goes on from what it left in {dir} when it was stopped
  std::int64_t tokens_per_step = 1;  ///< volumes are rounded to whole multiples
  bool operator==(const CommandOptions&) const = default;
};

/// All that is wrong with the options, places `command.<key>`.
std::vector<Complaint> complaints(const CommandOptions& options,
                                  const std::vector<std::string>& domains);

/// Runs the command once for each trial, in a process group of its own and without the variables by
/// which MPI and Slurm tell a process that it is theirs. Its output goes to
/// DIR/trials/<id>/log.txt.
///
/// Exit codes: 0 done; 75 try again (as often as `retries`); 76 this trial cannot be had, anything
/// else failed: both are recorded and the sweep goes on. On a stop or a timeout the group gets
/// TERM, half a minute to save itself, and KILL; if this process is killed, so is the group.
class CommandSource final : public TrialSource {
 public:
  /// @param folder the run folder @param options without complaints
  CommandSource(CommandOptions options, DomainSet domains, std::filesystem::path folder);

  std::string identity() const override;
  std::int64_t tokens_per_step() const override { return options_.tokens_per_step; }
  double cost(const TrialSpec& spec) const override {
    return static_cast<double>(spec.tokens.back());
  }
  std::string cost_unit() const override { return "token"; }
  int trials_per_node() const override { return options_.per_node; }
  bool saves_progress() const override { return options_.resumes; }
  /// @throws DataError if the command cannot be started, fails, or leaves no losses of this trial's
  ///         mixture at its volumes; the message quotes the last line of its output
  TrialResult run(const TrialSpec& spec, const TrialHooks& hooks) const override;

 private:
  std::filesystem::path folder_of(const TrialSpec& spec) const {
    return folder_ / "trials" / spec.id;
  }
  std::string filled(const std::string& text, const TrialSpec& spec) const;
  void write_mixture(const TrialSpec& spec) const;
  int run_once(const TrialSpec& spec, const TrialHooks& hooks) const;
  std::vector<LossPoint> read_losses(const TrialSpec& spec) const;

  CommandOptions options_;
  DomainSet domains_;
  std::filesystem::path folder_;
};

}  // namespace bimix
