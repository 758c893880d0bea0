#pragma once

/// Names and versions that the writer and the reader of results.h5 share.
namespace bimix {

inline constexpr const char* results_version = "1.0";
inline constexpr const char* version_attribute = "bimix_format_version";
/// The campaign's name is the title of the file, which readers print first.
inline constexpr const char* title_attribute = "title";

}  // namespace bimix
