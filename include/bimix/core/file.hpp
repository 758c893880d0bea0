#pragma once

#include <filesystem>
#include <string>

namespace bimix::core {

/// The whole of a regular file.
/// @param remedy the last sentence of the error
/// @throws DataError if it cannot be read or is none.
std::string read_file(const std::filesystem::path& path,
                      const std::string& remedy = "Check the name and the permissions");

}  // namespace bimix::core
