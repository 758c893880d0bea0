#pragma once

#include "content_check.hpp"
#include "documents/document_reader.hpp"

#include <bimix/corpus/token_span.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace bimix::corpus {

/// How files of tokens are read.
struct TokenReading {
  TokenFormat format{};
  Content content = Content::checked;
  std::int64_t end_of_document = -1;  ///< the token that ends each document; -1: none does
};

/// The documents of a file of tokens, which stays where it is: as an index beside it tells
/// (borders/), or else as a token ends them, or else the whole file. What ends documents belongs to
/// the one before it and has no say in what makes duplicates. Where documents are told apart all
/// tokens are read and checked; of a file that is one document a sample is, which also stands for
/// its content.
/// @param takers how many take all of its documents
/// @throws DataError for a file that does not hold such tokens, an index that is not of this file;
///         from `next` for a token that is not below the vocabulary
std::unique_ptr<DocumentReader> read_token_file(const std::filesystem::path& path,
                                                const TokenReading& reading, std::size_t takers);

}  // namespace bimix::corpus
