#pragma once

#include "units.hpp"

#include <cstdint>

namespace bimix::corpus {

/// About how many bytes the texts of a plan have, once they are unpacked and taken out of their
/// documents: from the beginnings of some of its files. Texts that a domain takes and another one
/// too count twice. 0 where that is not known: for what programs print, where documents are
/// chosen by their fields, for files that cannot be read (reading says why).
std::uint64_t estimated_text_bytes(const ReadingPlan& plan, const CorpusOptions& options);

}  // namespace bimix::corpus
