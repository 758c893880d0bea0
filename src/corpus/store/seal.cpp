#include "seal.hpp"

#include "../mapped_file.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/corpus/tokenizer.hpp>

#include <fmt/format.h>

namespace bimix::corpus {
namespace {

/// The size and some of a file.
std::string sampled(const std::filesystem::path& path) {
  constexpr std::size_t blocks = 16, block = std::size_t{64} << 10;
  const MappedFile file = map_file(path);
  const std::span<const std::uint8_t> bytes = file.bytes;
  std::string sample = fmt::format("{} {}\n", path.filename().string(), bytes.size());
  const auto take = [&](std::size_t from, std::size_t count) {
    sample.append(reinterpret_cast<const char*>(bytes.data()) + from, count);
  };
  if (bytes.size() <= blocks * block) {
    take(0, bytes.size());
    return sample;
  }
  for (std::size_t n = 0; n < blocks; ++n) take((bytes.size() - block) / (blocks - 1) * n, block);
  return sample;
}

/// What prepared.json tells of the texts; the signature of the sources is compared by itself.
std::string told_by(Manifest manifest) {
  manifest.seal.clear();
  manifest.signature.clear();
  return to_json(manifest).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// Whether the folder has the tokenizer that its texts were encoded by, if they were.
bool has_its_tokenizer(const std::filesystem::path& folder, const Manifest& manifest) {
  return manifest.encoded_by.empty() ||
         core::content_hash(core::read_file(folder / tokenizer_model_name)) == manifest.encoded_by;
}

}  // namespace

std::string seal_of(const std::filesystem::path& folder, const Manifest& manifest) {
  std::string hashes = core::content_hash(told_by(manifest));
  try {
    if (!has_its_tokenizer(folder, manifest)) return "";
    for (std::size_t d = 0; d < manifest.domains.size(); ++d)
      for (const Part part : {Part::train, Part::eval}) {
        const Side side{d, part};
        const auto held =
            manifest.files.empty() ? tokens_file(folder, side) : places_file(folder, side);
        for (const auto& file : {held, ends_file(folder, side)})
          hashes += core::content_hash(sampled(file));
      }
  } catch (const core::DataError&) {
    return "";
  }
  return core::content_hash(hashes);
}

}  // namespace bimix::corpus
