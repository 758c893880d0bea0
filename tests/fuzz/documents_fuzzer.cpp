// Documents of text: plain, JSON Lines, packed by gzip or zstd, told by what the file begins with.
// The first byte chooses what is asked of them.

#include "fuzz.hpp"

#include <corpus/documents/document_format.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bimix;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::uint8_t choice = data[0];
  return fuzz::tolerates([&] {
    const auto path = fuzz::file_of(choice % 2 == 0 ? "a.jsonl" : "a", text);
    const corpus::ReadOptions options{
        .text_key = (choice & 2U) != 0 ? "a.b" : "",
        .max_document = (choice & 4U) != 0 ? 20 : 1'000'000,
        .on_error = (choice & 8U) != 0 ? corpus::OnError::skip : corpus::OnError::stop};
    std::vector<corpus::Where> takers{{}};
    if ((choice & 16U) != 0) takers.push_back({{"a", {"1", "true", "x"}}, {"b.c", {"2"}}});
    const auto reader = corpus::format_of(corpus::beginning_of(path), options)
                            .open({.path = path}, options, takers);
    while (const auto document = reader->next()) {
      FUZZ_REQUIRE(!document->bytes.empty());
      FUZZ_REQUIRE(!document->takers.empty() && document->takers.back() < takers.size());
    }
    FUZZ_REQUIRE(options.on_error == corpus::OnError::skip || reader->passed().damaged == 0);
  });
}
