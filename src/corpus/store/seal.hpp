#pragma once

#include "manifest.hpp"

#include <filesystem>
#include <string>

namespace bimix::corpus {

/// 32 hex digits of what a prepared folder's manifest tells, the sizes of its files and 16 blocks
/// of 64 KiB spread over each, so that it shows, at little cost, if they are not what was written.
/// The tokenizer is compared whole.
/// @return empty if one of them cannot be read, or the tokenizer is another one
std::string seal_of(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace bimix::corpus
