#include "../bytes/line_reader.hpp"
#include "document_index.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_line = std::size_t{1} << 20;

/// Lines "start,end,id,source,place" without a header: tokens [start, end) are a document.
class DolmaEnds final : public DocumentEnds {
 public:
  explicit DolmaEnds(const fs::path& path)
      : name_(path.string()), lines_(open_bytes(path), longest_line) {}

  std::optional<std::uint64_t> next() override {
    const auto line = lines_.next();
    if (!line) return std::nullopt;
    std::uint64_t start = 0, end = 0;
    const char* const last = line->text.data() + line->text.size();
    const auto first = std::from_chars(line->text.data(), last, start);
    const bool has_second = first.ec == std::errc() && first.ptr != last && *first.ptr == ',';
    if (!has_second || std::from_chars(first.ptr + 1, last, end).ec != std::errc())
      refuse(line->number, "does not begin with two numbers");
    if (start != end_ || end < start)
      refuse(line->number, fmt::format("tells of tokens {} to {}, behind {}", start, end, end_));
    return end_ = end;
  }

 private:
  [[noreturn]] void refuse(std::uint64_t line, const std::string& problem) const {
    throw core::DataError({.place = fmt::format("{}, line {}", name_, line),
                           .problem = problem,
                           .rule = "each line tells where a document begins and ends, one behind "
                                   "the other",
                           .remedy = "Copy or write it again, or move it away: then the file of "
                                     "tokens is one document"});
  }

  std::string name_;
  LineReader lines_;
  std::uint64_t end_ = 0;
};

/// The .csv.gz of the .npy that Dolma's tokenizer writes for OLMo.
class Dolma final : public IndexFormat {
 public:
  std::string_view name() const override { return "dolma"; }
  fs::path index_of(const fs::path& tokens) const override {
    return tokens.extension() == ".npy" ? fs::path(tokens).replace_extension(".csv.gz")
                                        : fs::path();
  }
  std::unique_ptr<DocumentEnds> open(const fs::path& tokens, int) const override {
    return std::make_unique<DolmaEnds>(index_of(tokens));
  }
};

}  // namespace

const IndexFormat& index_dolma() {
  static const Dolma format;
  return format;
}

}  // namespace bimix::corpus
