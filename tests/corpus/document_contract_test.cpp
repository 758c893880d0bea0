#include "corpus/documents/document_format.hpp"
#include "support/listed.hpp"
#include "support/packed_text.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace bimix::corpus {
namespace {

/// How a file of a format is written. A new format wants a line in `writers`.
struct Writer {
  const char* name;  ///< of a file that is of this format
  std::string (*text)(const std::vector<std::string>& documents);
  bool holds_many;  ///< documents, and not one
};

const std::map<std::string, Writer> writers{
    {"json_lines",
     {"a.jsonl",
      [](const std::vector<std::string>& documents) {
        std::string lines;
        for (const std::string& document : documents)
          lines += nlohmann::json{{"text", document}}.dump() + "\n";
        return lines;
      },
      true}},
    {"text_file",
     {"a.txt", [](const std::vector<std::string>& documents) { return documents.front(); }, false}},
};

class EveryDocumentFormat : public testing::TestWithParam<const DocumentFormat*> {
 protected:
  const Writer& writer() const {
    return test::entry_for(GetParam()->name(), writers,
                           "a way to write such a file to `writers` in "
                           "tests/corpus/document_contract_test.cpp");
  }
  std::vector<std::string> documents() const {
    std::vector<std::string> all{"one\ntwo\n", "größer", " \t", std::string(300, 'x')};
    if (!writer().holds_many) all.resize(1);
    return all;
  }
  std::vector<std::string> read(const std::string& bytes, const ReadOptions& options = {}) const {
    const auto path = folder.write(writer().name, bytes);
    std::vector<std::string> texts;
    const auto reader = GetParam()->open({.path = path}, options, {{}, {}});
    while (const auto document = reader->next()) {
      EXPECT_THAT(document->takers, testing::ElementsAre(0u, 1u));
      texts.emplace_back(document->bytes.begin(), document->bytes.end());
    }
    EXPECT_FALSE(reader->next()) << "the end stays the end";
    EXPECT_EQ(reader->bytes_read(), bytes.size());
    return texts;
  }

  test::TempFolder folder;
};

TEST_P(EveryDocumentFormat, GivesBackWhatWasWrittenPackedOrNot) {
  const std::string bytes = writer().text(documents());
  EXPECT_EQ(read(bytes), documents());
  EXPECT_EQ(read(test::gzipped(bytes)), documents());
  EXPECT_EQ(read(test::zstd_packed(bytes)), documents());
}

TEST_P(EveryDocumentFormat, IsToldByItsFiles) {
  const auto path = folder.write(writer().name, writer().text(documents()));
  EXPECT_EQ(&format_of(beginning_of(path), {}), GetParam());
}

// A packed file may end anywhere: its writer died, or the disk was full.
TEST_P(EveryDocumentFormat, RefusesATornPackedFileByName) {
  const std::string bytes = writer().text(documents());
  for (const std::string& packed : {test::gzipped(bytes), test::zstd_packed(bytes)})
    for (std::size_t size = 4; size < packed.size(); ++size)
      EXPECT_THAT([&] { read(packed.substr(0, size)); },
                  testing::ThrowsMessage<core::DataError>(testing::HasSubstr(writer().name)));
}

// What was whole of a file whose copy had broken off could not be used.
TEST_P(EveryDocumentFormat, PassesOverTheEndOfATornPackedFileOnlyIfItIsAskedTo) {
  std::vector<std::string> many(writer().holds_many ? 3000 : 1, std::string(300, 'x'));
  for (std::size_t n = 0; n < many.size(); ++n) many[n] += std::to_string(n * n * 7919);
  for (const std::string& packed :
       {test::gzipped(writer().text(many)), test::zstd_packed(writer().text(many))}) {
    const auto path = folder.write(writer().name, packed.substr(0, packed.size() - 3));
    const auto reader = GetParam()->open({.path = path}, {.on_error = OnError::skip}, {{}});
    std::size_t read = 0;
    for (; const auto document = reader->next(); ++read)
      EXPECT_EQ(std::string(document->bytes.begin(), document->bytes.end()), many[read]);
    EXPECT_FALSE(reader->next()) << "the end stays the end";
    EXPECT_EQ(reader->passed().damaged, 1u);
    EXPECT_THAT(reader->passed().first_damage, testing::HasSubstr("ends within"));
    EXPECT_LE(read, many.size());
    EXPECT_GE(read, writer().holds_many ? many.size() / 2 : 0u);
  }
}

// All of a text was dropped whose packed file had lost its end.
TEST(TextFile, IsUsedUpToWhereItsPackedFileIsTornAndWithoutHalfACharacter) {
  const test::TempFolder folder;
  std::string text;
  for (std::uint64_t n = 0; n < 40'000; ++n)
    text += std::to_string(n * 2'654'435'761 % 999'999'937) + " größer €\n";
  for (const std::string& packed : {test::gzipped(text), test::zstd_packed(text)}) {
    std::size_t most = 0;
    for (std::size_t size = packed.size() / 2; size < packed.size() / 2 + 40; ++size) {
      const auto path = folder.write("a.txt", packed.substr(0, size));
      const auto reader = document_formats().back()->open(
          {.path = path}, {.on_error = OnError::skip, .wants_utf8 = true}, {{}});
      if (const auto document = reader->next()) {
        const std::string read(document->bytes.begin(), document->bytes.end());
        EXPECT_EQ(text.substr(0, read.size()), read);
        most = std::max(most, read.size());
      }
      EXPECT_FALSE(reader->next());
      EXPECT_EQ(reader->passed().damaged, 1u) << "it counts once, and is no other damage";
      EXPECT_THAT(reader->passed().first_damage, testing::HasSubstr("ends within"));
    }
    EXPECT_GE(most, text.size() / 4);
  }
}

TEST_P(EveryDocumentFormat, RefusesOrPassesOverADocumentThatIsTooLong) {
  const std::string packed = test::gzipped(writer().text({std::string(500, 'x')}));
  EXPECT_THAT([&] { read(packed, {.max_document = 100}); },
              testing::ThrowsMessage<core::DataError>(testing::HasSubstr("more than 100 bytes")));
  EXPECT_THAT(read(packed, {.max_document = 100, .on_error = OnError::skip}), testing::IsEmpty());
}

TEST_P(EveryDocumentFormat, RefusesOrPassesOverADocumentThatIsEmpty) {
  const std::string bytes = writer().text({""});
  EXPECT_THAT([&] { read(bytes); },
              testing::ThrowsMessage<core::DataError>(testing::HasSubstr(writer().name)));
  EXPECT_THAT(read(bytes, {.on_error = OnError::skip}), testing::IsEmpty());
}

// A tokenizer cannot encode it: said here with its place, and not when all has been read.
TEST_P(EveryDocumentFormat, RefusesOrPassesOverWhatIsNoUtf8WhereThatIsWanted) {
  std::string bytes = writer().text({"größer"});
  bytes.replace(bytes.find("ö"), 2, "\xf6");
  EXPECT_THAT([&] { read(bytes, {.wants_utf8 = true}); },
              testing::ThrowsMessage<core::DataError>(testing::HasSubstr(writer().name)));
  EXPECT_THAT(read(bytes, {.on_error = OnError::skip, .wants_utf8 = true}), testing::IsEmpty());
}

TEST_P(EveryDocumentFormat, IsReadFromTheMiddleIfItIsByLine) {
  if (!GetParam()->is_by_line()) return;
  const std::string bytes = writer().text(documents());
  const auto path = folder.write(writer().name, bytes);
  const std::uint64_t middle = bytes.find('\n') + 1;
  std::vector<std::string> texts;
  for (const ByteRange range : {ByteRange{0, middle}, ByteRange{middle, bytes.size()}}) {
    const auto reader = GetParam()->open({.path = path, .range = range}, {}, {{}});
    while (const auto document = reader->next())
      texts.emplace_back(document->bytes.begin(), document->bytes.end());
  }
  EXPECT_EQ(texts, documents());
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryDocumentFormat, testing::ValuesIn(document_formats()),
                         [](const auto& format) { return std::string(format.param->name()); });

}  // namespace
}  // namespace bimix::corpus
