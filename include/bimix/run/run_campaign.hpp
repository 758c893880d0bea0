#pragma once

#include <bimix/core/clock.hpp>
#include <bimix/core/error.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/run/run_limits.hpp>
#include <bimix/run/screen.hpp>
#include <bimix/run/stop.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>

namespace bimix::run {

/// What a run is given by its caller.
struct Surroundings {
  const par::Comm& comm;
  Screen& screen;
  data::RunStamp stamp{};  ///< program, machine and job, for /provenance
  std::function<std::int64_t()> utc_seconds = core::utc_seconds;
  std::stop_token stop = stop_by_signal();  ///< of this rank
  /// @collective What trials are made from.
  std::function<OpenedSource(const par::Comm&, Screen&, config::Campaign&,
                             const std::filesystem::path&)>
      open_source = run::open_source;
};

/// @collective The campaign from its beginning, or from where its folder stands, to its results:
/// entropies, plan, trials, fit, optimum, check. Every stage takes what the journal has and adds
/// what is missing, so a resumed run takes the same way as a fresh one.
/// @return done, some_trials_failed or interrupted
/// @throws CollectiveError if the limits say that too many trials failed; all results are kept
core::ExitCode run_campaign(const Surroundings& around, const ReadCampaign& read,
                            const std::filesystem::path& folder, const RunLimits& limits = {});

}  // namespace bimix::run
