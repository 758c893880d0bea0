#pragma once

#include "output_file.hpp"
#include "placement.hpp"

#include <filesystem>
#include <optional>
#include <span>

namespace bimix::corpus {

/// The files of the domains at their full length, so that it shows now whether there is room.
/// @throws DataError for a domain of which nothing is left, a full disk
void make_files(const std::filesystem::path& folder, const Manifest& manifest);

/// The files of a domain, from where a piece has its place in them. Documents that stay where they
/// lie have that written instead of their tokens.
class Destination {
 public:
  Destination(const std::filesystem::path& folder, const Manifest& manifest, std::size_t domain,
              const Place& place);
  /// @param count of its tokens
  void add(Part part, std::span<const std::uint8_t> tokens, std::uint64_t count);
  void add(Part part, const DocumentPlace& place, std::uint64_t count);
  /// What was written is on the device then: the store has to outlast a power cut.
  void close();

 private:
  void end(std::size_t part, std::uint64_t count);

  ByPart<std::optional<OutputFile>> held_{}, ends_{};
  ByPart<std::uint64_t> end_{};
};

}  // namespace bimix::corpus
