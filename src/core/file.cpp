#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace bimix::core {

std::string read_file(const std::filesystem::path& path, const std::string& remedy) {
  const auto refuse = [&](const std::string& problem) {
    throw DataError({.place = path.string(), .problem = problem, .rule = "", .remedy = remedy});
  };
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure))
    refuse(failure ? "cannot be read: " + failure.message() : "is no regular file");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) refuse("cannot be read: " + std::generic_category().message(errno));
  std::ostringstream bytes;
  // An empty buffer would set the failure bit of what it is written to.
  if (std::filesystem::file_size(path) > 0 && !(bytes << stream.rdbuf()))
    refuse("cannot be read: " + std::generic_category().message(errno));
  return std::move(bytes).str();
}

}  // namespace bimix::core
