#include "../token_file.hpp"
#include "document_index.hpp"

#include <bimix/core/file.hpp>

#include <fmt/format.h>

#include <string>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;

/// Numbers of 8 bytes: where each document ends, in tokens.
class DatatroveEnds final : public DocumentEnds {
 public:
  DatatroveEnds(const fs::path& path, int width)
      : name_(path.string()), mapped_(map_index(path)), file_{name_, mapped_.bytes, width} {
    if (mapped_.bytes.size() % sizeof(std::uint64_t) != 0)
      file_.refuse(fmt::format("has {} bytes", mapped_.bytes.size()),
                   "each document has a number of 8 bytes", remedy_for_index(name_));
  }

  std::optional<std::uint64_t> next() override {
    if (at_ == mapped_.bytes.size()) return std::nullopt;
    at_ += sizeof(std::uint64_t);
    return file_.word_at<std::uint64_t>(at_ - sizeof(std::uint64_t));
  }

 private:
  std::string name_;
  MappedFile mapped_;
  TokenFile file_;
  std::size_t at_ = 0;
};

/// "gpt2|2", the first line of .metadata: a tokenizer and the bytes of a token. Older files have
/// the tokenizer alone.
void check_width(const fs::path& metadata, const TokenFile& tokens) {
  if (!fs::exists(metadata)) return;
  const std::string text = core::read_file(metadata);
  const std::string line = text.substr(0, text.find('\n'));
  for (const int held : {2, 4})
    if (line.ends_with(fmt::format("|{}", held)) && held != tokens.width)
      tokens.refuse_width(fmt::format("{} tokens by its .metadata", token_word(held)), held);
}

/// The .ds.index of datatrove's .ds.
class Datatrove final : public IndexFormat {
 public:
  std::string_view name() const override { return "datatrove"; }
  fs::path index_of(const fs::path& tokens) const override {
    return tokens.extension() == ".ds" ? fs::path(tokens.string() + ".index") : fs::path();
  }
  std::vector<fs::path> beside(const fs::path& tokens) const override {
    if (index_of(tokens).empty()) return {};
    return {index_of(tokens), tokens.string() + ".metadata", tokens.string() + ".loss"};
  }
  std::unique_ptr<DocumentEnds> open(const fs::path& tokens, int width) const override {
    const std::string name = tokens.string();
    check_width(name + ".metadata", {name, {}, width});
    return std::make_unique<DatatroveEnds>(index_of(tokens), width);
  }
};

}  // namespace

const IndexFormat& index_datatrove() {
  static const Datatrove format;
  return format;
}

}  // namespace bimix::corpus
