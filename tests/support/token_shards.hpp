#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace bimix::test {

/// Numbers as a little-endian file holds them. @tparam Word of a token's width
template <class Word, class Numbers>
std::string raw_tokens(const Numbers& numbers) {
  std::string bytes;
  for (const auto number : numbers) {
    const auto word = static_cast<Word>(number);
    char piece[sizeof word];
    std::memcpy(piece, &word, sizeof word);
    bytes.append(piece, sizeof word);
  }
  return bytes;
}

/// The bytes of a text, each as a token.
template <class Word>
std::string widened(const std::string& text) {
  return raw_tokens<Word>(std::vector<std::uint8_t>(text.begin(), text.end()));
}

/// The header of llm.c's shards.
inline std::string llmc_header(std::int32_t magic, std::int32_t version, std::int32_t count) {
  std::vector<std::int32_t> words(256, 0);
  words[0] = magic;
  words[1] = version;
  words[2] = count;
  return raw_tokens<std::int32_t>(words);
}

/// NumPy's header around a dictionary. @param version 1, or 2 with its longer length
inline std::string npy_header(const std::string& dictionary, int version = 1) {
  std::string text = dictionary;
  const std::size_t before = version == 1 ? 10 : 12;
  while ((before + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string header = "\x93NUMPY";
  header += static_cast<char>(version);
  header += '\0';
  header += version == 1 ? raw_tokens<std::uint16_t>(std::vector{text.size()})
                         : raw_tokens<std::uint32_t>(std::vector{text.size()});
  return header + text;
}

inline std::string npy_row(const std::string& type, std::size_t count, int version = 1) {
  return npy_header("{'descr': '" + type + "', 'fortran_order': False, 'shape': (" +
                        std::to_string(count) + ",), }",
                    version);
}

}  // namespace bimix::test
