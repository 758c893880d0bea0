#pragma once

#include <bimix/data/records.hpp>

#include <string>

/// Names and versions that the writer and the reader of results.h5 share.
namespace bimix {

inline constexpr const char* results_version = "1.0";
inline constexpr const char* version_attribute = "bimix_format_version";
/// The campaign's name is the title of the file, which readers print first.
inline constexpr const char* title_attribute = "title";

/// The bytes of results.h5. @throws hdf5::Failure, InternalError as write_results does
std::string results_image(const RunRecord& record);

}  // namespace bimix
