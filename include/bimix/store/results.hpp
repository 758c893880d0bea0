#pragma once

#include <bimix/data/records.hpp>
#include <bimix/store/disk.hpp>

#include <filesystem>
#include <string>
#include <vector>

/// results.h5: the product of a run. Layout: src/store/FORMAT.md.
namespace bimix::store {

/// Writes results.h5 as a whole (aside, synced, renamed). Trials are in plan order; those without
/// a result have status `missing` and NaN losses; check trials are under /check/trials.
/// The same record gives the same bytes.
/// @throws DataError if it cannot be written; the old file is then untouched
/// @throws InternalError if the record contradicts itself (shapes, no trials, no domains)
void write_results(const std::filesystem::path& path, const data::RunRecord& record,
                   Disk& disk = Disk::real());

/// Reads back texts, stamp, plan and results of a results.h5. What is derived from them (laws,
/// optimum, check) and the entropies stay empty; of the specs `source` and `cost` stay empty.
/// @throws DataError for a foreign or damaged file and for a newer major format version.
data::RunRecord read_results(const std::filesystem::path& path);

/// The fits of a run as results.h5 keeps them.
struct StoredFits {
  std::string fitted_to{};           ///< RunRecord::fitted_to; empty: the file has no such fits
  std::vector<data::LawFit> laws{};  ///< to the bit as they were written
  std::size_t used = 0;              ///< index of the law whose optimum was sought
};

/// Reads the fits back; none from a file of a version before 1.5, or of a run that was not
/// finished.
/// @throws DataError for a foreign or damaged file and for a newer major format version
StoredFits read_fits(const std::filesystem::path& path);

/// How two HDF5 files differ: objects, shapes, values (bit for bit, every NaN equal), text
/// attributes. One sentence each, in the order of names; empty if they agree.
/// @param skip absolute paths of objects left out, with everything below them
/// @throws DataError if either is no HDF5 file
std::vector<std::string> differences(const std::filesystem::path& a, const std::filesystem::path& b,
                                     const std::vector<std::string>& skip = {});

/// How a result file differs from what the journal's record gives: `differences` of the file and
/// the record's own image, without timing_paths(). Empty if the file is the record's image.
/// @throws DataError if the file is no (sound) HDF5 file
std::vector<std::string> verify_results(const std::filesystem::path& path,
                                        const data::RunRecord& record);

/// What may differ between two results of one journal: where and how fast they were made.
std::vector<std::string> timing_paths();

}  // namespace bimix::store
