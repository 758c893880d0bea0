#include "commands.hpp"
#include "run_stamp.hpp"

#include <bimix/core/text.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/run/run_campaign.hpp>
#include <bimix/run/run_limits.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

double seconds_of(const char* flag, const std::string& text) {
  const auto seconds = core::parse_seconds(text);
  if (!seconds || *seconds == 0)
    throw core::UsageError(core::Complaint{.place = flag,
                                           .problem = fmt::format("'{}' is no time", text),
                                           .rule = "a whole number above 0 with s, m, h or d",
                                           .remedy = "Write for example 55m"});
  return *seconds;
}

}  // namespace

void add_run_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file;
    std::string folder;
    std::string walltime;
    std::string lost_after;
    std::string max_failures;
    std::string shard;
    bool fail_fast = false;
    run::RunLimits limits{};
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(
      app, "run", "run a campaign: entropies, trials, fit, optimum, check; again: resume",
      "mpirun -n 2 bimix run configs/demo.yaml -o runs/demo");
  command->add_option("FILE", flags->file, "campaign")->required();
  command->add_option("-o,--output", flags->folder, "run folder [runs/<name>]");
  command->add_option("--walltime", flags->walltime,
                      "save everything and end (exit 75) after this long: 90s, 55m, 23h, 2d");
  command->add_option("--lost-after", flags->lost_after,
                      "end (exit 75) when a rank has been silent for so long: killed, or its host "
                      "hangs [5m]");
  CLI::Option* most =
      command->add_option("--max-failures", flags->max_failures,
                          "end when more trials than this failed: 3 or 10% of them");
  command->add_flag("--fail-fast", flags->fail_fast, "end at the first failure")->excludes(most);
  command
      ->add_option(
          "--retries", flags->limits.retries,
          "try trials again, after all others, that failed for want of memory, by a signal "
          "or over a file")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command
      ->add_option("--only", flags->limits.only,
                   "run these trials only, by id; also those that diverged")
      ->delimiter(',');
  command->add_option("--shard", flags->shard,
                      "run one part of the trials and nothing else: 0/8 to 7/8; see `bimix merge`");
  command->add_flag(
      "--take-over", flags->limits.take_over,
      "the folder's last writer has certainly ended (only on file systems without locks)");
  command->add_flag("--extend", flags->limits.extend,
                    "the design has grown: run what is new, keep what is done");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      run::RunLimits& limits = flags->limits;
      if (flags->fail_fast) limits.failures = run::FailureAllowance{};
      par::collectively(context.comm(), [&] {
        if (!flags->walltime.empty())
          limits.walltime_seconds = seconds_of("--walltime", flags->walltime);
        if (!flags->lost_after.empty())
          limits.lost_after_seconds = seconds_of("--lost-after", flags->lost_after);
      });
      if (!flags->max_failures.empty())
        par::collectively(context.comm(),
                          [&] { limits.failures = run::parse_failures(flags->max_failures); });
      if (!flags->shard.empty())
        par::collectively(context.comm(), [&] { limits.shard = run::parse_shard(flags->shard); });
      const run::ReadCampaign read = run::read_campaign_together(
          context.comm(), flags->file, flags->folder, limits.shard.has_value());
      const std::string folder =
          flags->folder.empty() ? "runs/" + read.campaign.name : flags->folder;
      return run::run_campaign(surroundings_of(context), read, folder, limits);
    };
  });
}

}  // namespace bimix::cli
