#include "results_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace bimix::store {
namespace {

constexpr std::string_view seal_begin = "bimix checksum ";
constexpr std::size_t seal_size = seal_begin.size() + 32 + 1;

}  // namespace

std::string sealed(std::string image) {
  const std::string hash = core::content_hash(image);
  return image.append(seal_begin).append(hash).append("\n");
}

hdf5::Handle open_results(const std::filesystem::path& path) {
  std::string bytes = core::read_file(path);
  const auto refuse = [&](const char* problem, const char* rule) {
    return core::DataError(
        {.place = path.string(),
         .problem = problem,
         .rule = rule,
         .remedy = "`bimix run` on its run folder rebuilds it from the journal"});
  };
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  if (std::string_view(bytes).substr(0, signature.size()) != signature)
    throw core::DataError({.place = path.string(),
                           .problem = "is no HDF5 file",
                           .remedy = "Name a results.h5 of a run folder"});
  const std::size_t size = bytes.size() - std::min(bytes.size(), seal_size);
  if (std::string_view(bytes).substr(size, seal_begin.size()) != seal_begin)
    throw refuse("is no whole result file of bimix",
                 "it does not end in the checksum that every results.h5 has");
  const std::string seal = bytes.substr(size);
  bytes.resize(size);
  if (sealed(bytes).substr(size) != seal)
    throw refuse("was damaged or changed after bimix had written it", "its checksum is wrong");
  return hdf5::open_image(std::move(bytes), path.string());
}

}  // namespace bimix::store
