#include "mapped_file.hpp"

#include <bimix/core/error.hpp>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <fmt/format.h>

namespace bimix::corpus {
namespace ipc = boost::interprocess;

std::uint64_t bytes_in(const std::filesystem::path& path) {
  std::error_code failure;
  const std::uint64_t size = std::filesystem::file_size(path, failure);
  if (failure)
    throw core::DataError({.place = path.string(),
                           .problem = "cannot be read: " + failure.message(),
                           .rule = "",
                           .remedy = "Check the path and its permissions"});
  if (size == 0)
    throw core::DataError({.place = path.string(),
                           .problem = "the file is empty",
                           .rule = "every file of a domain holds text",
                           .remedy = "Delete it, or write a pattern that leaves it out"});
  return size;
}

MappedFile map_file(const std::filesystem::path& path) {
  const std::uint64_t size = bytes_in(path);
  try {
    const ipc::file_mapping file(path.c_str(), ipc::read_only);
    const auto region = std::make_shared<ipc::mapped_region>(file, ipc::read_only);
    return {{static_cast<const std::uint8_t*>(region->get_address()), region->get_size()}, region};
  } catch (const ipc::interprocess_exception& error) {
    throw core::DataError(
        {.place = path.string(),
         .problem = fmt::format("cannot be mapped, {} bytes: {}", size, error.what()),
         .rule = "",
         .remedy = "Check its permissions; with very many files, join them into fewer"});
  }
}

}  // namespace bimix::corpus
