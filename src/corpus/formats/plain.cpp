#include "../token_file.hpp"

#include <fmt/format.h>

namespace bimix::corpus {
namespace {

/// Tokens one behind the other from the first byte on: text, or numbers as nanoGPT and Megatron
/// write them.
class Plain final : public FileFormat {
 public:
  std::string_view name() const override { return "plain"; }
  bool has_header() const override { return false; }
  bool recognises(const TokenFile&) const override { return true; }
  TokenSpan tokens(const TokenFile& file) const override {
    if (file.bytes.size() % static_cast<std::size_t>(file.width) != 0)
      file.refuse(fmt::format("has {} bytes", file.bytes.size()),
                  fmt::format("`tokens: {}` take {} each", token_word(file.width), file.width),
                  "Copy it again if it is torn; if it holds other tokens, say which with "
                  "`tokens:`");
    return TokenSpan(file.bytes, file.width);
  }
};

}  // namespace

const FileFormat& format_plain() {
  static const Plain format;
  return format;
}

}  // namespace bimix::corpus
