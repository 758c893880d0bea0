#pragma once

#include <bimix/data/corpus_table.hpp>

#include <string>

namespace bimix::report {

/// A table of what there is of each domain, and of all: documents, bytes, tokens, bytes a token,
/// the longest document, documents left out, tokens to train on and their share of the whole. It
/// ends in a line end.
std::string corpus_text(const data::CorpusTable& table);

/// The same as JSON: {"domains": [{"domain": ..., "documents": ..., ...}]}.
std::string corpus_json(const data::CorpusTable& table);

}  // namespace bimix::report
