#pragma once

#include <bimix/core/error.hpp>

#include <filesystem>
#include <system_error>

namespace bimix::store {

/// The complaint of a failed write: the file, the system's reason, what to do about it.
core::DataError cannot_write(const std::filesystem::path& path, const std::system_error& cause);

}  // namespace bimix::store
