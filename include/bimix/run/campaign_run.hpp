#pragma once

#include <bimix/core/error.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/run/run_limits.hpp>
#include <bimix/run/screen.hpp>

#include <filesystem>

namespace bimix::run {

/// What a run is given by whoever starts it.
struct Surroundings {
  const par::Comm& comm;
  Screen& screen;
  data::RunStamp stamp{};  ///< program, machine and job, for /provenance
};

/// @collective The campaign from its beginning, or from where its folder stands, to its results:
/// entropies, plan, trials, fit, optimum, check. Every stage takes what the journal has and adds
/// what is missing, so a resumed run takes the same way as a fresh one.
/// @return done, some_trials_failed or interrupted
/// @throws CollectiveError if the limits say that too many trials failed; all results are kept
core::ExitCode run_campaign(const Surroundings& around, const ReadCampaign& read,
                            const std::filesystem::path& folder, const RunLimits& limits = {});

}  // namespace bimix::run
