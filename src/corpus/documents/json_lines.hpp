#pragma once

#include "../bytes/byte_stream.hpp"
#include "document_reader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bimix::corpus {

/// The documents of JSON Lines that a program prints: an object in each line, with the text under a
/// key. Where none is said it is `text`, or `content` if the first document that has one of them
/// has that alone.
/// @param program what messages call it
/// @param takers the conditions of each that takes documents
std::unique_ptr<DocumentReader> read_json_lines(std::string program,
                                                std::unique_ptr<ByteStream> stream,
                                                const ReadOptions& options,
                                                std::vector<Where> takers);

}  // namespace bimix::corpus
