#include "../token_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace bimix::corpus {
namespace {

// Magic, version, length of the header, a Python dictionary.
constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = 10'000;  // NumPy's own limit

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

TokenSpan tokens_of_array(const TokenFile& file) {
  const auto torn = [&] {
    file.refuse("its NumPy header is torn or none that NumPy writes", "",
                "Write it again with numpy.save");
  };
  constexpr std::size_t shortest = 12;
  if (file.bytes.size() < shortest) torn();
  const bool is_first_version = file.bytes[6] == 1;
  const std::size_t start = is_first_version ? 10 : 12;
  const std::size_t length =
      is_first_version ? file.word_at<std::uint16_t>(8) : file.word_at<std::uint32_t>(8);
  if (length > longest_header || start + length > file.bytes.size()) torn();
  const std::string_view dictionary(reinterpret_cast<const char*>(file.bytes.data()) + start,
                                    length);
  const auto type_text = behind_key(dictionary, "descr"),
             order = behind_key(dictionary, "fortran_order"),
             shape = behind_key(dictionary, "shape");
  if (type_text.empty() || order.empty() || shape.empty()) torn();
  const std::string type = shown_word(type_text);
  for (const int width : {2, 4})
    if (type == fmt::format("<u{}", width) && width != file.width)
      file.refuse_width(fmt::format("an array of {} by its NumPy header", type), width);
  if (type != fmt::format("<u{}", file.width))
    file.refuse(fmt::format("holds an array of {} by its NumPy header", type),
                fmt::format("`tokens: {}` are <u{}", token_word(file.width), file.width),
                fmt::format("Save it again with .astype('<u{}')", file.width));
  const auto count = one_dimension(shape);
  if (!count || !order.starts_with("False"))
    file.refuse("holds an array that is not one row of tokens",
                "its NumPy header must have one dimension in C order",
                "Save it again with .ravel()");
  return file.behind(start + length, *count);
}

/// An array of one dimension as numpy.save writes it.
class Npy final : public FileFormat {
 public:
  std::string_view name() const override { return "npy"; }
  bool recognises(const TokenFile& file) const override {
    return file.bytes.size() >= magic.size() &&
           std::memcmp(file.bytes.data(), magic.data(), magic.size()) == 0;
  }
  TokenSpan tokens(const TokenFile& file) const override { return tokens_of_array(file); }
};

}  // namespace

const FileFormat& format_npy() {
  static const Npy format;
  return format;
}

}  // namespace bimix::corpus
