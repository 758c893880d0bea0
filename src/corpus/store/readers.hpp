#pragma once

#include "../documents/document_reader.hpp"
#include "units.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace bimix::corpus {

using OpenReader = std::function<std::unique_ptr<DocumentReader>()>;

/// Readers of the files of a unit, or of what its program prints, one after the other. Both
/// arguments outlive them.
/// @throws DataError from each for a file with no fields where `where` asks for some, and as the
///         formats do
std::vector<OpenReader> readers_of(const Unit& unit, const CorpusOptions& options);

}  // namespace bimix::corpus
