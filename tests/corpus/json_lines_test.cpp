#include "corpus/documents/json_lines.hpp"

#include "corpus/bytes/line_reader.hpp"
#include "corpus/documents/document_format.hpp"
#include "support/packed_text.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::corpus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// A text, given out in pieces of at most so many bytes a call of the system, as a pipe would.
class TextStream final : public ByteStream {
 public:
  explicit TextStream(std::string text) : text_(std::move(text)) {}
  std::size_t read(std::span<char> out) override {
    const std::size_t count = std::min(out.size(), text_.size() - at_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  std::uint64_t source_bytes() const override { return at_; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

std::unique_ptr<DocumentReader> reader_of(const std::string& text, const ReadOptions& options = {},
                                          std::vector<Where> takers = {{}}) {
  return read_json_lines("a.jsonl", std::make_unique<TextStream>(text), options, std::move(takers));
}

std::vector<std::string> texts_of(DocumentReader& reader) {
  std::vector<std::string> texts;
  while (const auto document = reader.next())
    texts.emplace_back(document->bytes.begin(), document->bytes.end());
  return texts;
}

std::vector<std::string> texts_of(const std::string& text, const ReadOptions& options = {},
                                  std::vector<Where> takers = {{}}) {
  return texts_of(*reader_of(text, options, std::move(takers)));
}

std::string complaint_of(DocumentReader& reader) {
  try {
    texts_of(reader);
  } catch (const core::DataError& error) {
    EXPECT_FALSE(error.complaint().remedy.empty()) << error.what();
    return error.what();
  }
  return "no complaint";
}

std::string complaint_about(const std::string& text, const ReadOptions& options = {}) {
  return complaint_of(*reader_of(text, options));
}

TEST(JsonLines, GiveTheTextsWhateverTheLinesEndWith) {
  EXPECT_THAT(texts_of("{\"text\": \"one\"}\n\n  \r\n{\"id\": 7, \"text\": \"two\\n\\u00e9\"}\r\n"
                       "{\"text\": \"three\"}"),
              ElementsAre("one", "two\n\u00e9", "three"));
  EXPECT_THAT(texts_of(""), ElementsAre());
}

TEST(JsonLines, TakeTheTextFromTheKeyThatIsSaidOrTheUsualOnes) {
  EXPECT_THAT(texts_of("{\"content\": \"c\", \"title\": \"t\"}\n"), ElementsAre("c"));
  EXPECT_THAT(texts_of("{\"content\": \"c\", \"text\": \"t\"}\n"), ElementsAre("t"));
  EXPECT_THAT(texts_of("{\"a\": {\"b\": \"deep\"}}\n", {.text_key = "a.b"}), ElementsAre("deep"));
  EXPECT_THAT(texts_of("{\"a.b\": \"flat\"}\n", {.text_key = "a.b"}), ElementsAre("flat"));
}

// Python writes them, and so do tools with numbers for names.
TEST(JsonLines, MayHaveNumbersThatNoJsonHas) {
  EXPECT_THAT(
      texts_of("{\"score\": NaN, \"all\": [-Infinity,NaN], \"text\": \"NaN, \\\"NaN\\\"\"}\n"
               "{\"id\":340282366920938463463374607431768211456,\"text\":\"two\"}\n"
               "{\"text\": \"12345678901234567890123\", \"x\": Infinity}\n"),
      ElementsAre("NaN, \"NaN\"", "two", "12345678901234567890123"));
  EXPECT_THAT(texts_of("{\"id\": 340282366920938463463374607431768211456, \"text\": \"a\"}\n"
                       "{\"id\": 340282366920938463463374607431768211457, \"text\": \"b\"}\n",
                       {}, {{{"id", {"340282366920938463463374607431768211457"}}}}),
              ElementsAre("b"));
  EXPECT_THAT(complaint_about("{\"score\": NaNs, \"text\": \"a\"}\n"), HasSubstr("no JSON"));
  EXPECT_THAT(complaint_about("{\"text\": \"a\", \"id\": \"\\"), HasSubstr("no JSON"));
}

// A number was taken for a text, since no parser could hold it.
TEST(JsonLines, TakeNoNumberForATextHoweverLong) {
  EXPECT_THAT(complaint_about("{\"text\": 340282366920938463463374607431768211456}\n"),
              HasSubstr("'text' is no string"));
  EXPECT_THAT(complaint_about("{\"x\": NaN, \"text\": 18446744073709551615}\n"),
              HasSubstr("'text' is no string"));
}

TEST(JsonLines, RefuseAKeyThatStandsTwiceAtAnyDepth) {
  EXPECT_THAT(complaint_about("{\"text\": \"a\", \"text\": \"b\"}\n"),
              HasSubstr("'text' stands twice"));
  EXPECT_THAT(complaint_about("{\"a\": {\"b\": \"one\", \"b\": \"two\"}}\n", {.text_key = "a.b"}),
              HasSubstr("'b' stands twice"));
  EXPECT_THAT(complaint_about("{\"a\": {\"b\": \"one\"}, \"a\": {}}\n", {.text_key = "a.b"}),
              HasSubstr("'a' stands twice"));
}

// Editors and spreadsheets put it there.
TEST(JsonLines, MayBeginWithAByteOrderMark) {
  EXPECT_THAT(texts_of("\xef\xbb\xbf{\"text\": \"one\"}\n{\"text\": \"two\"}\n"),
              ElementsAre("one", "two"));
}

// Each line of them was damaged, and with `on_error: skip` they were counted and forgotten.
TEST(JsonLines, RefuseFilesOfOtherKindsThatHaveTheirName) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> others[] = {
      {"PAR1\x15\x04\x15\n"s, "a Parquet table"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n"s, "git lfs pull"},
      {"\xff\xfe{\0\"\0t\0\n\0"s, "UTF-16"}};
  const test::TempFolder folder;
  for (const auto& [bytes, words] : others) {
    const auto path = folder.write("a.jsonl", bytes);
    const ReadOptions skip{.on_error = OnError::skip};
    EXPECT_THAT(
        [&] { texts_of(*format_of(beginning_of(path), skip).open({.path = path}, skip, {{}})); },
        testing::ThrowsMessage<core::DataError>(
            AllOf(HasSubstr("a.jsonl: is "), HasSubstr(words))));
  }
}

// `gunzip -c 'read: cat' > 'read: cat.txt'` was the advice.
TEST(JsonLines, OfAProgramThatPrintsAnotherKindAreForTheProgramToMake) {
  EXPECT_THAT(complaint_about(test::gzipped("text")),
              AllOf(HasSubstr("what it prints is compressed by gzip"),
                    testing::EndsWith("Let the program unpack it.")));
  EXPECT_THAT(complaint_about("PAR1\x15\x04\x15\n", {.on_error = OnError::skip}),
              AllOf(HasSubstr("what it prints is a Parquet table"),
                    testing::EndsWith("Let the program print the documents as JSON Lines.")));
}

// The line was blamed of which damage had made no JSON, and skipping such was advised to no avail.
TEST(JsonLines, OfADamagedPackedFileBlameTheFileAndSayThatSkippingDoesNotHelp) {
  const test::TempFolder folder;
  std::string lines;
  for (std::uint64_t n = 0; n < 100'000; ++n)
    lines += fmt::format("{{\"text\": \"{} of many\"}}\n", n * 2'654'435'761);
  std::string packed = test::gzipped(lines);
  for (std::size_t at = packed.size() / 2; at < packed.size() / 2 + 8; ++at) packed[at] ^= 1;
  const auto complaint = [&](const std::string& bytes, OnError on_error) {
    const auto path = folder.write("a.jsonl.gz", bytes);
    const ReadOptions options{.on_error = on_error};
    return complaint_of(
        *format_of(beginning_of(path), options).open({.path = path}, options, {{}}));
  };
  for (const OnError on_error : {OnError::stop, OnError::skip})
    EXPECT_THAT(complaint(packed, on_error),
                AllOf(HasSubstr("a.jsonl.gz: is no gzip"), HasSubstr("`on_error: skip` does not"),
                      testing::Not(HasSubstr("no JSON"))));
  // A line that was written like that is blamed.
  EXPECT_THAT(complaint(test::gzipped("torn\n" + lines), OnError::stop),
              HasSubstr("a.jsonl.gz:1: no JSON"));
}

TEST(JsonLines, SayWhatHalfAPairOfEscapesIs) {
  EXPECT_THAT(complaint_about("{\"text\": \"\\ud83d\"}\n"), HasSubstr("half of a pair"));
}

// The first document decides: a key that comes and goes is no choice of the reader's.
TEST(JsonLines, RefuseADocumentWithoutTheKeyOfTheFirst) {
  EXPECT_THAT(complaint_about("{\"text\": \"t\"}\n{\"content\": \"c\"}\n"),
              HasSubstr("a.jsonl:2: a document without 'text' (the line at byte 14) (it has "
                        "'content')"));
  EXPECT_THAT(complaint_about("{\"body\": \"b\", \"id\": 1}\n"),
              HasSubstr("it has 'body' and 'id'). Say which key holds the text with `text: KEY`"));
}

// A heading, or a document that nobody wants, chose the key for all of the file.
TEST(JsonLines, TakeTheKeyOfTheFirstDocumentThatHasOne) {
  const std::string rest = "{\"type\": \"doc\", \"content\": \"c\"}\n";
  for (const std::string first : {"null\n", "[1]\n", "\"heading\"\n", "{\"type\": \"meta\"}\n"})
    EXPECT_THAT(texts_of(first + rest, {.on_error = OnError::skip}), ElementsAre("c")) << first;
  EXPECT_THAT(texts_of("{\"type\": \"meta\"}\n" + rest, {}, {{{"type", {"doc"}}}}),
              ElementsAre("c"));
}

TEST(JsonLines, NameWhatIsNoDocument) {
  const std::string good = "{\"text\": \"good\"}\n";
  const std::pair<std::string, const char*> bad[] = {
      {"not json", "a.jsonl:2: no JSON"},
      {"{\"text\": \"torn", "no JSON"},
      {"{\"text\": \"torn\"", "no JSON"},
      {"{\"text\": \"a\"} {\"text\": \"b\"}", "no JSON"},
      {"[{\"text\": \"a\"}]", "Make lines of a list with `jq -c .[]`"},
      {"\"text\"", "JSON that is no object"},
      {"{\"text\": 7}", "'text' is no string"},
      {"{\"text\": null}", "'text' is no string"},
      {"{\"text\": \"\"}", "an empty document"},
      {"{\"text\": \"a\", \"text\": \"b\"}", "'text' stands twice"},
      {"{\"text\": \"\xff\xfe\"}", "no JSON"},  // no UTF-8
      {"{\"text\": \"\\ud800\"}", "no JSON"},   // half a surrogate pair
      {"{\"text\": \"" + std::string(200, 'x') + "\"}", "more than 100 bytes"},
  };
  for (const auto& [line, words] : bad) {
    const std::string text = good + line + "\n" + good;
    ReadOptions options{.max_document = 100};
    EXPECT_THAT(complaint_about(text, options), HasSubstr(words)) << line;
    options.on_error = OnError::skip;
    const auto reader = reader_of(text, options);
    EXPECT_THAT(texts_of(*reader), ElementsAre("good", "good")) << line;
    EXPECT_EQ(reader->passed().damaged, 1);
    EXPECT_THAT(reader->passed().first_damage, HasSubstr(words));
  }
}

TEST(JsonLines, KeepTheDocumentsThatMeetTheConditions) {
  const std::string lines =
      "{\"text\": \"a\", \"language\": \"en\", \"meta\": {\"score\": 3}}\n"
      "{\"text\": \"b\", \"language\": \"no\", \"meta\": {\"score\": 3.0}}\n"
      "{\"text\": \"c\", \"language\": \"en\", \"meta\": {\"score\": 4}, \"ok\": true}\n"
      "{\"text\": \"d\"}\n";
  const auto kept = [&](Where where) { return texts_of(*reader_of(lines, {}, {where})); };
  EXPECT_THAT(kept({{"language", {"en"}}}), ElementsAre("a", "c"));
  EXPECT_THAT(kept({{"language", {"en", "no"}}}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(kept({{"meta.score", {"3"}}}), ElementsAre("a", "b"));
  EXPECT_THAT(kept({{"meta.score", {"4"}}, {"ok", {"true"}}}), ElementsAre("c"));
  EXPECT_THAT(kept({{"meta", {"3"}}}), ElementsAre());
  const auto reader = reader_of(lines, {}, {{{"ok", {"true"}}}});
  texts_of(*reader);
  EXPECT_EQ(reader->passed().unwanted, 3);
}

// Domains that are parts of the same files are read at one go.
TEST(JsonLines, SayWhoTakesADocument) {
  const auto reader = reader_of(
      "{\"text\": \"a\", \"source\": \"web\"}\n{\"text\": \"b\", \"source\": \"news\"}\n"
      "{\"text\": \"c\"}\n{\"text\": \"d\", \"source\": \"web\", \"lang\": \"de\"}\n",
      {}, {{{"source", {"web"}}}, {{"lang", {"de"}}}});
  EXPECT_THAT(reader->next()->takers, ElementsAre(0u));
  EXPECT_THAT(reader->next()->takers, ElementsAre(0u, 1u));
  EXPECT_FALSE(reader->next());
  EXPECT_EQ(reader->passed().unwanted, 2);
}

TEST(JsonLines, AreToldByTheirNameTheirKeyOrAFirstLineThatIsWhole) {
  const auto is_json_lines = [](const std::string& name, const std::string& text,
                                const std::string& key = "") {
    return format_of({name, Packing::none, text}, {.text_key = key}).name() == "json_lines";
  };
  EXPECT_TRUE(is_json_lines("a.json", "{\"text\": \"a\"}\nwhatever"));
  EXPECT_TRUE(is_json_lines("a", "{\"content\": \"a\"}"));
  EXPECT_TRUE(is_json_lines("a.txt", "{\"body\": \"a\"}", "body"));
  EXPECT_TRUE(is_json_lines("a.jsonl", "{\"body\": \"a\"}"));
  EXPECT_TRUE(is_json_lines("a.NDJSON.zst", ""));
  EXPECT_FALSE(is_json_lines("a.json", "{\"body\": \"a\"}"));
  EXPECT_FALSE(is_json_lines("a.json", "{\n  \"text\": \"a\"\n}\n"));
  EXPECT_FALSE(is_json_lines("a.json", "{\"text\": 1}"));
  EXPECT_FALSE(is_json_lines("a.txt.gz", "text"));
  EXPECT_TRUE(is_json_lines("a", "\n \r\n{\"text\": \"a\"}")) << "behind blank lines";
  EXPECT_TRUE(is_json_lines("a.json", "{\"id\": 1}\n{\"text\": \"a\"}\n{\"te"));
  EXPECT_FALSE(is_json_lines("a.json", "{\"id\": 1}\nwhatever\n{\"text\": \"a\"}\n"));
  EXPECT_FALSE(is_json_lines("a.txt", ""));
}

// Such files became one plain document each, keys and all, and nothing was said.
TEST(JsonLines, AreToldByAFirstLineWithAMarkWithNaNOrOfAMegabyte) {
  const test::TempFolder folder;
  const auto name_of_format = [&](const std::string& text) {
    return format_of(beginning_of(folder.write("a.txt", text)), {}).name();
  };
  EXPECT_EQ(name_of_format("\xef\xbb\xbf{\"text\": \"a\"}\n"), "json_lines");
  EXPECT_EQ(name_of_format("{\"score\": NaN, \"text\": \"a\"}\n"), "json_lines");
  const std::string longer = "{\"text\": \"" + std::string(std::size_t{1} << 20, 'x') + "\"}";
  EXPECT_EQ(name_of_format(longer + "\n" + longer), "json_lines");
  EXPECT_EQ(name_of_format(longer.substr(0, longer.size() - 2)), "text_file");
}

// A stretch that began behind the first document took another key than that did.
TEST(JsonLines, TakeTheSameKeyInEveryStretchOfAFile) {
  const test::TempFolder folder;
  const std::string first = "{\"content\": \"one\"}\n",
                    rest = "{\"text\": \"title\", \"content\": \"two\"}\n";
  const auto path = folder.write("a.jsonl", first + rest);
  const auto reader =
      format_of(beginning_of(path), {})
          .open({.path = path, .range = {first.size(), first.size() + rest.size()}}, {}, {{}});
  EXPECT_THAT(texts_of(*reader), ElementsAre("two"));
}

// ---- lines

std::vector<std::string> lines_of(const std::string& text, std::size_t longest) {
  LineReader reader(std::make_unique<TextStream>(text), longest);
  std::vector<std::string> lines;
  while (const auto line = reader.next())
    lines.push_back(line->is_too_long ? fmt::format("{}@{} too long", line->number, line->offset)
                                      : std::string(line->text));
  EXPECT_EQ(reader.source_bytes(), text.size());
  return lines;
}

TEST(LineReader, PassesOverALineThatIsTooLongWhateverItsLength) {
  for (const std::size_t length : {std::size_t{11}, std::size_t{3} << 20, std::size_t{9} << 20})
    EXPECT_THAT(lines_of("one\n" + std::string(length, 'x') + "\ntwo", 10),
                ElementsAre("one", "2@4 too long", "two"))
        << length;
  EXPECT_THAT(lines_of(std::string(std::size_t{5} << 20, 'x'), 10), ElementsAre("1@0 too long"));
}

/// Prints without end, and never a line end.
class EndlessStream final : public ByteStream {
 public:
  std::size_t read(std::span<char> out) override {
    std::fill(out.begin(), out.end(), 'x');
    return out.size();
  }
  std::uint64_t source_bytes() const override { return 0; }
};

// A reader command that prints garbage was read for ever before anything was said of it.
TEST(LineReader, TellsOfALineThatNeverEndsOnceItIsTooLong) {
  LineReader reader(std::make_unique<EndlessStream>(), 1000);
  EXPECT_TRUE(reader.next()->is_too_long);
}

TEST(LineReader, GivesWholeLinesAcrossBuffers) {
  std::string text;
  std::vector<std::string> lines;
  for (std::size_t n = 0; n < 300; ++n) {
    lines.emplace_back(1 + n * 7919 % 50'000, static_cast<char>('a' + n % 26));
    text += lines.back() + '\n';
  }
  EXPECT_EQ(lines_of(text, 64 << 20), lines);
}

}  // namespace
}  // namespace bimix::corpus
