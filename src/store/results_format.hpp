#pragma once

#include "hdf5.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/records.hpp>

#include <filesystem>
#include <string>

/// Names and versions that the writer and the reader of results.h5 share.
namespace bimix::store {

inline constexpr const char* results_version = "1.10";
inline constexpr const char* version_attribute = "bimix_format_version";
/// Of /law: what its fits were made of, the names of the laws in their order, and the one whose
/// optimum was sought.
inline constexpr const char* fitted_to_attribute = "fitted_to";
inline constexpr const char* order_attribute = "order";
inline constexpr const char* used_attribute = "used";
/// The campaign's name is the title of the file, which readers print first.
inline constexpr const char* title_attribute = "title";

/// What results.h5 holds as an HDF5 file. @throws hdf5::Failure, InternalError as write_results
/// does
std::string results_image(const data::RunRecord& record);

/// A result file ends in a line behind the HDF5 file, where HDF5 does not look:
/// `bimix checksum <XXH3-128 of all before it, 32 hex digits>LF`. The library loops or crashes over
/// files in which single bytes are wrong; so none reaches it.
std::string sealed(std::string image);

/// Opens a sealed file. @throws DataError if it cannot be read, is no HDF5 file, or its seal is
/// absent or broken
hdf5::Handle open_results(const std::filesystem::path& path);

/// @throws DataError unless the file is one of bimix, of a version that this program reads
void check_version(hid_t file, const std::string& path);

/// The domains of the run. @throws hdf5::Failure
data::DomainSet read_domains(hid_t file);

/// What is said of a file in which something is wrong.
core::DataError damaged(const std::filesystem::path& path, const hdf5::Failure& cause);

}  // namespace bimix::store
