// Documents of text (plain, JSON Lines, packed by gzip or zstd, recognised by what the file begins
// with) and of tokens (as an index tells, which is what varies, or a token that ends them). The
// first byte chooses what is asked of them.

#include "fuzz.hpp"

#include <corpus/borders/document_index.hpp>
#include <corpus/documents/document_format.hpp>
#include <corpus/token_documents.hpp>

namespace bimix::fuzz {
namespace {

void read_texts(std::uint8_t choice, std::string_view text) {
  const auto path = file_of(choice % 2 == 0 ? "a.jsonl" : "a", text);
  const corpus::ReadOptions options{
      .text_key = (choice & 2U) != 0 ? "a.b" : "",
      .max_document = (choice & 4U) != 0 ? 20 : 1'000'000,
      .on_error = (choice & 8U) != 0 ? corpus::OnError::skip : corpus::OnError::stop};
  std::vector<corpus::Where> takers{{}};
  if ((choice & 16U) != 0) takers.push_back({{"a", {"1", "true", "x"}}, {"b.c", {"2"}}});
  const auto reader =
      corpus::format_of(corpus::beginning_of(path), options).open({.path = path}, options, takers);
  while (const auto document = reader->next()) {
    FUZZ_REQUIRE(!document->bytes.empty());
    FUZZ_REQUIRE(!document->takers.empty() && document->takers.back() < takers.size());
  }
  FUZZ_REQUIRE(options.on_error == corpus::OnError::skip || reader->passed().damaged == 0);
}

/// Of a file of 20 tokens the index is what was given, or the tokens are.
void read_tokens(std::uint8_t choice, std::string_view text) {
  constexpr int vocabulary = 50257, some_token = 97;
  const int width = (choice & 1U) != 0 ? 4 : 2;
  const auto& formats = corpus::index_formats();
  const std::size_t which = (choice >> 1U) % (formats.size() + 1);
  std::filesystem::path path;
  if (which == formats.size()) {
    path = file_of("tokens", text);
  } else {
    path = file_of(which == 0   ? "a.bin"
                   : which == 1 ? "a.ds"
                                : "a.npy",
                   std::string(static_cast<std::size_t>(20 * width), '\0'));
    const auto index = formats[which]->index_of(path);
    FUZZ_REQUIRE(!index.empty());
    file_of(index.filename().string(), text);
  }
  const auto reader = corpus::read_token_file(
      path, {.format = {width, vocabulary}, .end_of_document = some_token}, 1);
  std::uint64_t at = 0;
  while (const auto document = reader->next()) {
    FUZZ_REQUIRE(!document->bytes.empty() && document->lies_at == at);
    at += document->bytes.size() / static_cast<std::size_t>(width);
  }
  FUZZ_REQUIRE(which == formats.size() || at == 20);
}

}  // namespace
}  // namespace bimix::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bimix;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::uint8_t choice = data[0];
  return fuzz::tolerates([&] {
    if (choice < 128)
      fuzz::read_texts(choice, text);
    else
      fuzz::read_tokens(choice, text);
  });
}
