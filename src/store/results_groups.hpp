#pragma once

#include "hdf5.hpp"

#include <bimix/data/records.hpp>

#include <cstdint>
#include <vector>

/// The groups of results.h5, one function each. Layout: src/store/FORMAT.md.
namespace bimix::store {

/// Trials with their results beside them; a trial without one has the status `missing`.
struct TrialTable {
  const data::DomainSet& domains;
  const std::vector<data::TrialSpec>& specs;
  std::vector<std::int64_t> volumes;
  std::vector<data::TrialResult> results{};  ///< one for each spec
};

/// @param volumes of the grid, in ascending order
/// @param known results of any trials, in any order; of two of one trial the later stands
TrialTable trial_table(const data::DomainSet& domains, const std::vector<data::TrialSpec>& specs,
                       std::vector<std::int64_t> volumes,
                       const std::vector<data::TrialResult>& known);

/// The trials and their losses [trial][tokens][eval_domain], right in `group`.
/// @throws InternalError if a loss point has not E losses, or a result not K counts of tokens
void write_trials(const hdf5::GroupWriter& group, const TrialTable& table);

/// /curve: all points of all curves at their exact volumes, one row each; no group without points.
void write_curve(const hdf5::GroupWriter& root, const TrialTable& table);

/// Of /law: what its fits were made of. @param record with laws
void write_fits_header(const hdf5::GroupWriter& laws, const data::RunRecord& record);

/// /law/<name>, with /law/<name>/held_out and /law/<name>/trust.
void write_law(const hdf5::GroupWriter& laws, const data::LawFit& fit);

/// /optimum: the recommended mixture.
void write_optimum(const hdf5::GroupWriter& root, const data::DomainSet& domains,
                   const data::MixtureChoice& choice);

/// /by_volume: the recommended mixture at several volumes; no group without any.
void write_by_volume(const GroupWriter& root, const data::RunRecord& record);

/// /objective: what the objective of the recommendation is made of.
void write_objective(const hdf5::GroupWriter& root, const data::DomainSet& domains,
                     const data::MixtureChoice& choice);

/// /check and /check/trials; no group without either.
void write_check(const hdf5::GroupWriter& root, const data::RunRecord& record);

}  // namespace bimix::store
