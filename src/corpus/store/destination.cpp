#include "destination.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;

/// The file that holds the documents of a part, or where they lie, and the bytes of a number of
/// either.
struct HeldFile {
  fs::path path{};
  std::uint64_t each = 0;  ///< bytes of a token, or of a document's place
  bool is_places = false;
};

HeldFile held_file(const fs::path& folder, const Manifest& manifest, const Side& side) {
  if (manifest.files.empty())
    return {tokens_file(folder, side), static_cast<std::uint64_t>(manifest.tokens.width), false};
  return {places_file(folder, side), sizeof(DocumentPlace), true};
}

}  // namespace

void make_files(const fs::path& folder, const Manifest& manifest) {
  for (std::size_t d = 0; d < manifest.domains.size(); ++d)
    for (const Part part : {Part::train, Part::eval}) {
      const PreparedDomain& domain = manifest.domains[d];
      const PreparedPart& prepared = part == Part::train ? domain.train : domain.eval;
      if (prepared.tokens == 0)
        throw core::DataError(
            {.place = "domain '" + domain.name + "'",
             .problem = fmt::format("no document is left to {}",
                                    part == Part::train ? "train on" : "evaluate on"),
             .rule = fmt::format("{} duplicates, {} that are evaluated on, {} that do not meet "
                                 "its `where` or `by` and {} damaged ones were left out",
                                 domain.duplicates, domain.evaluated_on, domain.not_taken,
                                 domain.damaged),
             .remedy = domain.not_taken > 0
                           ? "Correct its `where` or `by`: the values of a field are "
                             "compared as they stand in the documents"
                           : "Add texts to it"});
      const HeldFile held = held_file(folder, manifest, {d, part});
      OutputFile(held.path, OutputFile::How::anew)
          .reserve(held.each * (held.is_places ? prepared.documents : prepared.tokens));
      OutputFile(ends_file(folder, {d, part}), OutputFile::How::anew)
          .reserve(prepared.documents * sizeof(std::uint64_t));
    }
}

Destination::Destination(const fs::path& folder, const Manifest& manifest, std::size_t domain,
                         const Place& place) {
  for (const Part part : {Part::train, Part::eval}) {
    const std::size_t p = index_of(part);
    const HeldFile held = held_file(folder, manifest, {domain, part});
    held_[p].emplace(held.path, OutputFile::How::at_a_place,
                     held.each * (held.is_places ? place.documents[p] : place.tokens[p]));
    ends_[p].emplace(ends_file(folder, {domain, part}), OutputFile::How::at_a_place,
                     place.documents[p] * sizeof(std::uint64_t));
    end_[p] = place.tokens[p];
  }
}

void Destination::add(Part part, std::span<const std::uint8_t> tokens, std::uint64_t count) {
  held_[index_of(part)]->write_values(tokens);
  end(index_of(part), count);
}

void Destination::add(Part part, const DocumentPlace& place, std::uint64_t count) {
  held_[index_of(part)]->write_values(std::span(&place, 1));
  end(index_of(part), count);
}

void Destination::end(std::size_t part, std::uint64_t count) {
  end_[part] += count;
  ends_[part]->write_values(std::span<const std::uint64_t>(&end_[part], 1));
}

void Destination::close() {
  for (auto* files : {&held_, &ends_})
    for (auto& file : *files) file->close_safely();
}

}  // namespace bimix::corpus
