#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/run/screen.hpp>

#include <optional>
#include <string>

/// The fits of a run that is done. results.h5 keeps them, so nobody need wait for them twice. The
/// journal stays the truth: kept fits carry a hash of what they were made of, and where that is not
/// what the journal says, the laws are fitted again.
namespace bimix::run {

/// Hash of everything that fits depend on: observations, to the bit, and options.
std::string fitted_to(const data::Observations& observations, const law::FitOptions& options);

/// @collective The law that is used, kept or fitted again; says so where kept ones do not hold.
/// @return on the root; on the other ranks nothing that may be relied on
/// @throws CollectiveError what the fit throws
data::LawFit used_fit_of(const par::Comm& comm, Screen& screen, const StoredRun& run,
                         const data::Observations& observations, const law::FitOptions& options);

/// Says so where the observations have pools that only a user told, see observations_of.
void tell_of_assumed_pools(Screen& screen, const StoredRun& run,
                           const data::Observations& observations);

/// @collective The same with the run's own observations and options; says if it is in doubt.
/// @param said see observations_of
data::LawFit used_fit_of(const par::Comm& comm, Screen& screen, const StoredRun& run,
                         const data::Pools& said = {});

/// @collective Everything that follows from the trials: the laws, the optimum and, once its trials
/// are there, the check. Computed from the journal alone.
data::RunRecord derive_anew(const par::Comm& comm, Screen& screen, const StoredRun& run);

/// @collective The same from the kept fits; on the root, and nothing where they do not hold.
std::optional<data::RunRecord> derive_from_kept(const par::Comm& comm, Screen& screen,
                                                const StoredRun& run);

/// @collective The same from the kept fits where they hold, or else anew; on the root.
data::RunRecord derive(const par::Comm& comm, Screen& screen, const StoredRun& run);

}  // namespace bimix::run
