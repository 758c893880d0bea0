#pragma once

#include "temp_folder.hpp"

#include <bimix/corpus/corpus.hpp>
#include <bimix/corpus/preparation.hpp>

#include <string>
#include <vector>

namespace bimix::test {

/// The corpus as one process alone opens it. What is prepared lives as long as it is mapped.
inline corpus::Corpus opened(const corpus::CorpusOptions& options) {
  const TempFolder store;
  corpus::prepare(options, store.path());
  return corpus::Corpus::prepared(store.path(), {.pack = options.pack});
}

/// The documents of a part of bytes, in order.
inline std::vector<std::string> documents_of(const corpus::PackedTokens& tokens) {
  std::vector<std::string> documents;
  for (std::size_t d = 0; d < tokens.document_ends().size(); ++d) {
    const std::int64_t start = tokens.document_start(d),
                       end = static_cast<std::int64_t>(tokens.document_ends()[d]);
    documents.emplace_back(corpus::text_of(tokens.view(start, end - start).bytes()));
  }
  return documents;
}

}  // namespace bimix::test
