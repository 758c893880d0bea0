#include "../token_file.hpp"
#include "document_index.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string>

namespace bimix::corpus {
namespace {

// Magic, version 1, type of the tokens, count of sequences S, of marks D; then S lengths (int32), S
// byte offsets (int64) and D marks (int64): the first sequence of each document, and S.
constexpr std::string_view index_magic{"MMIDIDX\0\0", 9};
constexpr std::size_t index_header = 34;

/// Bytes a token by Megatron's number for its type; 0: no type of tokens that is read here.
int width_of_type(std::uint8_t type) {
  constexpr std::uint8_t int16 = 3, int32 = 4, uint16 = 8;
  return type == int32 ? 4 : type == uint16 || type == int16 ? 2 : 0;
}

class MegatronEnds final : public DocumentEnds {
 public:
  MegatronEnds(const std::filesystem::path& path, int width)
      : name_(path.string()), mapped_(map_index(path)), file_{name_, mapped_.bytes, width} {
    if (mapped_.bytes.size() < index_header ||
        std::memcmp(mapped_.bytes.data(), index_magic.data(), index_magic.size()) != 0)
      refuse("is no index as Megatron-LM writes it");
    if (const auto version = file_.word_at<std::uint64_t>(9); version != 1)
      refuse(fmt::format("is an index of Megatron-LM of version {}, not 1", version));
    const std::uint8_t type = mapped_.bytes[17];
    const int held = width_of_type(type);
    if (held == 0)
      file_.refuse(fmt::format("is of tokens of Megatron-LM's type {}", type),
                   "read are 3 and 8 (int16, uint16) and 4 (int32)",
                   "Write them again as uint16 or int32");
    if (held != width)
      file_.refuse_width(fmt::format("borders of {} tokens", token_word(held)), held);
    sequences_ = file_.word_at<std::uint64_t>(18);
    marks_ = file_.word_at<std::uint64_t>(26);
    const std::uint64_t room = mapped_.bytes.size() - index_header;
    if (sequences_ > room / 12 || marks_ > room / 8 || 12 * sequences_ + 8 * marks_ != room)
      refuse(fmt::format("tells of {} sequences and {} marks, which {} bytes do not hold",
                         sequences_, marks_, mapped_.bytes.size()));
    if (marks_ == 0 || mark(0) != 0 || mark(marks_ - 1) != sequences_)
      refuse("does not tell of all sequences");
  }

  std::optional<std::uint64_t> next() override {
    if (document_ + 1 >= marks_) return std::nullopt;
    const std::uint64_t to = mark(++document_);
    if (to < sequence_ || to > sequences_) refuse("has marks that do not rise");
    for (; sequence_ < to; ++sequence_) {
      const auto length = file_.word_at<std::int32_t>(index_header + 4 * sequence_);
      const auto at = file_.word_at<std::uint64_t>(index_header + 4 * sequences_ + 8 * sequence_);
      if (length < 0 || at != tokens_ * static_cast<std::uint64_t>(file_.width))
        refuse(fmt::format("has sequence {} not behind the one before it", sequence_));
      tokens_ += static_cast<std::uint64_t>(length);
    }
    return tokens_;
  }

 private:
  std::uint64_t mark(std::uint64_t number) const {
    return file_.word_at<std::uint64_t>(index_header + 12 * sequences_ + 8 * number);
  }
  [[noreturn]] void refuse(std::string problem) const {
    file_.refuse(std::move(problem), "", remedy_for_index(name_));
  }

  std::string name_;
  MappedFile mapped_;
  TokenFile file_;
  std::uint64_t sequences_ = 0, marks_ = 0;
  std::uint64_t document_ = 0, sequence_ = 0, tokens_ = 0;  ///< passed so far
};

/// The .idx of Megatron-LM's .bin.
class Megatron final : public IndexFormat {
 public:
  std::string_view name() const override { return "megatron"; }
  std::filesystem::path index_of(const std::filesystem::path& tokens) const override {
    return tokens.extension() == ".bin" ? std::filesystem::path(tokens).replace_extension(".idx")
                                        : std::filesystem::path();
  }
  std::unique_ptr<DocumentEnds> open(const std::filesystem::path& tokens,
                                     int width) const override {
    return std::make_unique<MegatronEnds>(index_of(tokens), width);
  }
};

}  // namespace

const IndexFormat& index_megatron() {
  static const Megatron format;
  return format;
}

}  // namespace bimix::corpus
