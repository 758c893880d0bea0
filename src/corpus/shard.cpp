#include "shard.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace bimix::corpus {
namespace {

constexpr std::size_t whole_file_bytes = std::size_t{16} << 20;
constexpr std::size_t block_bytes = std::size_t{64} << 10;
constexpr std::size_t block_count = 256;

/// Little-endian, as the machine is (checked in token_span.cpp).
template <class Word>
Word word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  Word word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

/// A file in the hands of its readers.
struct Shard {
  const std::string& file;
  std::span<const std::uint8_t> bytes;
  int width;

  [[noreturn]] void refuse(std::string problem, std::string rule, std::string remedy) const {
    throw core::DataError({.place = file,
                           .problem = std::move(problem),
                           .rule = std::move(rule),
                           .remedy = std::move(remedy)});
  }

  [[noreturn]] void refuse_width(const std::string& held, int held_width) const {
    refuse(fmt::format("holds {}", held),
           fmt::format("the campaign says `tokens: {}`", token_word(width)),
           fmt::format("Say `tokens: {}`, or leave the file out", token_word(held_width)));
  }

  /// What lies behind a header that promises `count` tokens.
  TokenSpan behind(std::size_t header, std::uint64_t count) const {
    const auto rest = bytes.subspan(std::min(header, bytes.size()));
    const auto unit = static_cast<std::size_t>(width);
    if (rest.size() / unit != count || rest.size() % unit != 0)
      refuse(fmt::format("its header tells of {} tokens of {} bytes, but {} bytes follow", count,
                         width, rest.size()),
             "it is torn, or something was added to it", "Copy or write it again");
    if (count == 0) refuse("has a header and no tokens", "", "Leave it out, or write it again");
    return TokenSpan(rest, width);
  }
};

// ---- the header of llm.c: 256 numbers of 4 bytes, the first three being magic, version and count

constexpr std::size_t llmc_header = 1024;
constexpr std::array<std::pair<std::int32_t, int>, 2> llmc_widths{{{20240520, 2}, {20240801, 4}}};

std::optional<int> llmc_width(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(std::int32_t)) return std::nullopt;
  for (const auto& [magic, width] : llmc_widths)
    if (word_at<std::int32_t>(bytes, 0) == magic) return width;
  return std::nullopt;
}

TokenSpan llmc_tokens(const Shard& shard, int width) {
  if (shard.bytes.size() < llmc_header)
    shard.refuse(fmt::format("ends within its header, after {} bytes", shard.bytes.size()),
                 "a header as of llm.c takes 1024", "Copy or write it again");
  // The GPT-2 files have version 1, those of Llama 3 version 7: the same layout.
  const auto version = word_at<std::int32_t>(shard.bytes, 4);
  if (version != 1 && version != 7)
    shard.refuse(fmt::format("has a header as of llm.c of version {}", version),
                 "known are 1 and 7", "Write it with one of them, or without a header");
  if (width != shard.width)
    shard.refuse_width(fmt::format("{} tokens by its header", token_word(width)), width);
  const auto count = word_at<std::int32_t>(shard.bytes, 8);
  if (count < 0)
    shard.refuse(fmt::format("its header tells of {} tokens", count), "", "Copy or write it again");
  return shard.behind(llmc_header, static_cast<std::uint64_t>(count));
}

// ---- the header of NumPy: magic, version, length, a Python dictionary

constexpr std::string_view npy_magic = "\x93NUMPY";
constexpr std::size_t longest_npy_header = 10'000;  // NumPy's own limit

bool is_npy(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= npy_magic.size() &&
         std::memcmp(bytes.data(), npy_magic.data(), npy_magic.size()) == 0;
}

/// What stands behind a key of the dictionary, empty without it.
std::string_view behind_key(std::string_view dictionary, std::string_view key) {
  const std::string quoted = fmt::format("'{}':", key);
  const std::size_t at = dictionary.find(quoted);
  if (at == std::string_view::npos) return {};
  dictionary.remove_prefix(at + quoted.size());
  dictionary.remove_prefix(std::min(dictionary.find_first_not_of(' '), dictionary.size()));
  return dictionary;
}

/// N of a shape (N,).
std::optional<std::uint64_t> one_dimension(std::string_view shape) {
  if (!shape.starts_with('(')) return std::nullopt;
  std::uint64_t count = 0;
  const auto [end, failure] = std::from_chars(shape.data() + 1, shape.data() + shape.size(), count);
  const auto rest = shape.substr(static_cast<std::size_t>(end - shape.data()));
  if (failure != std::errc() || !(rest.starts_with(",)") || rest.starts_with(", )")))
    return std::nullopt;
  return count;
}

/// 'text' without its quotes, or as much as is worth showing of something else. Printable.
std::string shown_word(std::string_view text) {
  constexpr std::size_t most = 40;
  const std::size_t end = text.starts_with('\'') ? text.find('\'', 1) : text.find(", '");
  std::string word(text.substr(0, std::min(end, most)));
  if (word.starts_with('\'')) word.erase(0, 1);
  std::replace_if(
      word.begin(), word.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return word;
}

TokenSpan npy_tokens(const Shard& shard) {
  const auto torn = [&] {
    shard.refuse("its NumPy header is torn or none that NumPy writes", "",
                 "Write it again with numpy.save");
  };
  constexpr std::size_t shortest = 12;
  if (shard.bytes.size() < shortest) torn();
  const bool is_first_version = shard.bytes[6] == 1;
  const std::size_t start = is_first_version ? 10 : 12;
  const std::size_t length = is_first_version ? word_at<std::uint16_t>(shard.bytes, 8)
                                              : word_at<std::uint32_t>(shard.bytes, 8);
  if (length > longest_npy_header || start + length > shard.bytes.size()) torn();
  const std::string_view dictionary(reinterpret_cast<const char*>(shard.bytes.data()) + start,
                                    length);
  const auto type_text = behind_key(dictionary, "descr"),
             order = behind_key(dictionary, "fortran_order"),
             shape = behind_key(dictionary, "shape");
  if (type_text.empty() || order.empty() || shape.empty()) torn();
  const std::string type = shown_word(type_text);
  for (const int width : {2, 4})
    if (type == fmt::format("<u{}", width) && width != shard.width)
      shard.refuse_width(fmt::format("an array of {} by its NumPy header", type), width);
  if (type != fmt::format("<u{}", shard.width))
    shard.refuse(fmt::format("holds an array of {} by its NumPy header", type),
                 fmt::format("`tokens: {}` are <u{}", token_word(shard.width), shard.width),
                 fmt::format("Save it again with .astype('<u{}')", shard.width));
  const auto count = one_dimension(shape);
  if (!count || !order.starts_with("False"))
    shard.refuse("holds an array that is not one row of tokens",
                 "its NumPy header must have one dimension in C order",
                 "Save it again with .ravel()");
  return shard.behind(start + length, *count);
}

}  // namespace

bool has_token_header(std::span<const std::uint8_t> bytes) {
  return llmc_width(bytes) || is_npy(bytes);
}

TokenSpan shard_tokens(const std::string& file, std::span<const std::uint8_t> bytes,
                       const TokenFormat& format) {
  if (format.width == 1) return TokenSpan(bytes);
  const Shard shard{file, bytes, format.width};
  if (const auto width = llmc_width(bytes)) return llmc_tokens(shard, *width);
  if (is_npy(bytes)) return npy_tokens(shard);
  if (bytes.size() % static_cast<std::size_t>(format.width) != 0)
    shard.refuse(fmt::format("has {} bytes", bytes.size()),
                 fmt::format("`tokens: {}` take {} each", token_word(format.width), format.width),
                 "Copy it again if it is torn; if it holds other tokens, say which with `tokens:`");
  return TokenSpan(bytes, format.width);
}

std::vector<Block> sample_blocks(const TokenSpan& tokens) {
  const std::size_t bytes = tokens.bytes().size(), width = static_cast<std::size_t>(tokens.width());
  if (bytes <= whole_file_bytes) return {{0, tokens.size()}};
  std::vector<Block> blocks;
  for (std::size_t b = 0; b < block_count; ++b) {
    // First and last block touch the file's ends; (size - block) * b fits 64 bits to 2^56 bytes.
    std::size_t at = (bytes - block_bytes) * b / (block_count - 1);
    if (width > 1) at -= at % 4;  // the fingerprint of older runs was of these
    const std::size_t end = b + 1 == block_count ? bytes : at + block_bytes;
    blocks.push_back({at / width, (end - at) / width});
  }
  return blocks;
}

}  // namespace bimix::corpus
