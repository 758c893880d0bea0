#include "../bytes/line_reader.hpp"
#include "document_index.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

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
    const std::string_view text = line->text;
    const auto [start, behind_start] = number_at(text, 0);
    const auto [end, behind_end] = number_at(text, behind_start + 1);
    if (behind_start == 0 || behind_end == 0)
      refuse(line->number, "does not begin with two numbers");
    pass_over_quoted_lines(text);
    if (start != end_ || end < start)
      refuse(line->number, fmt::format("tells of tokens {} to {}, behind {}", start, end, end_));
    return end_ = end;
  }

 private:
  /// A number that a comma or the line ends. @return it and its end; 0: there is none
  static std::pair<std::uint64_t, std::size_t> number_at(std::string_view line, std::size_t from) {
    const std::size_t end = std::min(line.find(',', from), line.size());
    std::uint64_t number = 0;
    const char* const last = line.data() + end;
    if (from >= end) return {0, 0};
    const auto read = std::from_chars(line.data() + from, last, number);
    return read.ec == std::errc() && read.ptr == last ? std::pair{number, end}
                                                      : std::pair{std::uint64_t{0}, std::size_t{0}};
  }

  /// A name in quotes may hold line ends.
  void pass_over_quoted_lines(std::string_view line) {
    const auto is_open = [](std::string_view text) {
      return std::count(text.begin(), text.end(), '"') % 2 == 1;
    };
    if (!is_open(line)) return;
    for (auto more = lines_.next(); more && !is_open(more->text);) more = lines_.next();
  }

  [[noreturn]] void refuse(std::uint64_t line, const std::string& problem) const {
    throw core::DataError({.place = fmt::format("{}, line {}", name_, line),
                           .problem = problem,
                           .rule = "each line tells where a document begins and ends, one behind "
                                   "the other",
                           .remedy = remedy_for_index(name_)});
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
