#pragma once

#include "units.hpp"

#include <bimix/corpus/preparation.hpp>

namespace bimix::corpus {

/// About how many bytes the texts of a plan have, once they are unpacked and taken out of their
/// documents: from the beginnings of some of its files. Texts that a domain takes and another one
/// too count twice; where documents are chosen by their fields all of them count once. Nothing for
/// what programs print, and for files that cannot be read (reading says why).
TextEstimate estimated_texts(const ReadingPlan& plan, const CorpusOptions& options);

}  // namespace bimix::corpus
