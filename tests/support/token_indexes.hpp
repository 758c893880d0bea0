#pragma once

#include "token_shards.hpp"

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

/// Indexes of documents as the tools write them that make files of tokens.
namespace bimix::test {

using Lengths = std::vector<std::uint64_t>;  ///< tokens of each document

/// Megatron-LM's .idx. @param type 4: int32, 8: uint16 @param per_document sequences of each
inline std::string megatron_index(const Lengths& sequences, std::uint8_t type, int width,
                                  std::vector<std::uint64_t> per_document = {}) {
  if (per_document.empty()) per_document.assign(sequences.size(), 1);
  std::vector<std::uint64_t> bytes_before, marks{0};
  std::uint64_t at = 0;
  for (const std::uint64_t length : sequences) {
    bytes_before.push_back(at);
    at += length * static_cast<std::uint64_t>(width);
  }
  for (const std::uint64_t count : per_document) marks.push_back(marks.back() + count);
  std::string index("MMIDIDX\0\0", 9);
  index += raw_tokens<std::uint64_t>(std::vector{1});
  index += static_cast<char>(type);
  index += raw_tokens<std::uint64_t>(std::vector{sequences.size(), marks.size()});
  index += raw_tokens<std::int32_t>(sequences) + raw_tokens<std::int64_t>(bytes_before);
  return index + raw_tokens<std::int64_t>(marks);
}

inline Lengths ends_of(const Lengths& lengths) {
  Lengths ends(lengths.size());
  std::partial_sum(lengths.begin(), lengths.end(), ends.begin());
  return ends;
}

/// datatrove's .ds.index.
inline std::string datatrove_index(const Lengths& documents) {
  return raw_tokens<std::uint64_t>(ends_of(documents));
}

/// Dolma's .csv.gz before it is packed.
inline std::string dolma_index(const Lengths& documents) {
  std::string lines;
  std::uint64_t start = 0;
  for (const std::uint64_t end : ends_of(documents)) {
    lines += std::to_string(start) + "," + std::to_string(end) + ",id-" + std::to_string(end) +
             ",s3://a/b.json.gz," + std::to_string(lines.size()) + "\r\n";
    start = end;
  }
  return lines;
}

}  // namespace bimix::test
