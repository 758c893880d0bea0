#include "../token_file.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

namespace bimix::corpus {
namespace {

// 256 numbers of 4 bytes, the first three being magic, version and count.
constexpr std::size_t header = 1024;
constexpr std::array<std::pair<std::int32_t, int>, 2> width_of_magic{
    {{20240520, 2}, {20240801, 4}}};

std::optional<int> width_by_header(const TokenFile& file) {
  if (file.bytes.size() < sizeof(std::int32_t)) return std::nullopt;
  for (const auto& [magic, width] : width_of_magic)
    if (file.word_at<std::int32_t>(0) == magic) return width;
  return std::nullopt;
}

TokenSpan tokens_behind(const TokenFile& file, int width) {
  if (file.bytes.size() < header)
    file.refuse(fmt::format("ends within its header, after {} bytes", file.bytes.size()),
                "a header as of llm.c takes 1024", "Copy or write it again");
  // The GPT-2 files have version 1, those of Llama 3 version 7: the same layout.
  const auto version = file.word_at<std::int32_t>(4);
  if (version != 1 && version != 7)
    file.refuse(fmt::format("has a header as of llm.c of version {}", version), "known are 1 and 7",
                "Write it with one of them, or without a header");
  if (width != file.width)
    file.refuse_width(fmt::format("{} tokens by its header", token_word(width)), width);
  const auto count = file.word_at<std::int32_t>(8);
  if (count < 0)
    file.refuse(fmt::format("its header tells of {} tokens", count), "", "Copy or write it again");
  return file.behind(header, static_cast<std::uint64_t>(count));
}

/// Shards as llm.c writes them.
class Llmc final : public FileFormat {
 public:
  std::string_view name() const override { return "llmc"; }
  bool recognises(const TokenFile& file) const override {
    return width_by_header(file).has_value();
  }
  TokenSpan tokens(const TokenFile& file) const override {
    return tokens_behind(file, *width_by_header(file));
  }
};

}  // namespace

const FileFormat& format_llmc() {
  static const Llmc format;
  return format;
}

}  // namespace bimix::corpus
