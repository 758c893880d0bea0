#include "run_stamp.hpp"

#include "build_info.hpp"
#include "commit.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/host.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <set>

namespace bimix::cli {

data::RunStamp run_stamp(const par::MpiSession& session, const std::string& command_line) {
  data::RunStamp stamp;
  const auto add = [&](const char* name, const std::string& value) {
    stamp.facts.emplace_back(name, value);
  };
  add("start_utc", core::utc_text(core::utc_now()));
  add("command", command_line);
  add("version", BIMIX_VERSION);
  add("commit", BIMIX_COMMIT);
  add("compiler", BIMIX_COMPILER);
  add("libraries", BIMIX_LIBRARIES);
  add("mpi", par::MpiSession::library_version());
  add("ranks", fmt::format("{}", session.comm().size()));
  add("host", core::host_name());
  for (const char* name : {"SLURM_JOB_ID", "SLURM_JOB_NODELIST", "SLURM_RESTART_COUNT"})
    if (const char* value = std::getenv(name)) add(name, value);
  return stamp;
}

run::Surroundings surroundings_of(Context& context) {
  return {.comm = context.comm(),
          .screen = context.console,
          .stamp = run_stamp(context.session, context.command_line)};
}

std::string version_text() {
  return fmt::format("bimix {} (commit {}, {})\ncompiler {}\n{}\n{}\n", BIMIX_VERSION, BIMIX_COMMIT,
                     BIMIX_BUILD_TYPE, BIMIX_COMPILER, par::MpiSession::library_version(),
                     BIMIX_LIBRARIES);
}

}  // namespace bimix::cli
