#pragma once

#include "manifest.hpp"

#include <filesystem>
#include <string>

namespace bimix::corpus {

/// 32 hex digits of the sizes of a prepared folder's files and of 16 blocks of 64 KiB spread over
/// each, so that it shows, at little cost, if they are not what was written.
/// @return empty if one of them cannot be read
std::string seal_of(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace bimix::corpus
