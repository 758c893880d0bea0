#pragma once

#include "temp_folder.hpp"

#include <bimix/corpus/corpus.hpp>
#include <bimix/corpus/preparation.hpp>

namespace bimix::test {

/// The corpus as one process alone opens it. What is prepared of texts lives as long as it is
/// mapped.
inline corpus::Corpus opened(const corpus::CorpusOptions& options) {
  if (options.tokens.width > 1) return corpus::Corpus(options);
  const TempFolder store;
  corpus::prepare(options, store.path());
  return corpus::Corpus::prepared(store.path());
}

}  // namespace bimix::test
