#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>

#include <cerrno>
#include <fstream>
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
  // At once, without the copies of a stream, and one byte more, which shows the end; what was
  // appended meanwhile comes by the piece.
  constexpr std::size_t piece = 65'536;
  std::string bytes(std::filesystem::file_size(path) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    stream.read(bytes.data() + size, static_cast<std::streamsize>(bytes.size() - size));
    size += static_cast<std::size_t>(stream.gcount());
    if (stream.bad()) refuse("cannot be read: " + std::generic_category().message(errno));
    if (!stream) break;
    bytes.resize(size + piece);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace bimix::core
