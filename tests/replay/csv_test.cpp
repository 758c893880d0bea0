
#include "replay/csv.hpp"

#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::replay {
namespace {

using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string what_of(std::string_view bytes) {
  try {
    parse_csv(bytes, "t.csv");
  } catch (const core::DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ParseCsv, ReadsQuotedCellsLineEndsAndBlankCells) {
  const CsvFile file = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n"
      "1,\"x, \"\"y\"\"\nz\"\r\n"
      "\r\n"
      ",\"\"\n",
      "t.csv");
  EXPECT_THAT(file.header, ElementsAre("a", "b"));
  ASSERT_THAT(file.rows, SizeIs(2));
  EXPECT_THAT(file.rows[0].cells, ElementsAre("1", "x, \"y\"\nz"));
  EXPECT_EQ(file.rows[0].line, 2);
  EXPECT_THAT(file.rows[1].cells, ElementsAre("", ""));
  EXPECT_EQ(file.rows[1].line, 5);
}

TEST(ParseCsv, NamesTheLineOfEveryMistake) {
  EXPECT_THAT(what_of(""), HasSubstr("t.csv: the file is empty"));
  EXPECT_THAT(what_of("\n\n"), HasSubstr("t.csv: the file is empty"));
  EXPECT_THAT(what_of("a,b\n"), HasSubstr("t.csv: the file has a header and no rows"));
  EXPECT_THAT(what_of("a,b\n1,2\n1\n"),
              HasSubstr("t.csv:3: the row has 1 cells (the header has 2"));
  EXPECT_THAT(what_of("a,b\n1,2,3\n"), HasSubstr("t.csv:2: the row has 3 cells"));
  EXPECT_THAT(what_of("a,a\n1,2\n"), HasSubstr("t.csv:1: column 'a' stands there twice"));
  EXPECT_THAT(what_of("a,\n1,2\n"), HasSubstr("t.csv:1: a column has no name"));
  EXPECT_THAT(what_of("a\n\"1\n"), HasSubstr("t.csv:2: a quote is opened and never closed"));
  EXPECT_THAT(what_of("a\n\"1\"x\n"), HasSubstr("t.csv:2: text follows a closing quote"));
  EXPECT_THAT(what_of("a\nx\"1\"\n"), HasSubstr("t.csv:2: a quote stands inside"));
}

// 3.0144 cut to 3.0 is a number like any other: only the missing line end tells.
TEST(ParseCsv, RefusesATornLastLine) {
  EXPECT_THAT(what_of("a,b\n1,2\n1,3.0"), HasSubstr("t.csv:3: the last line has no end"));
  EXPECT_THAT(what_of("a,b\n1,2\n1"), HasSubstr("t.csv:3: the last line has no end"));
  EXPECT_THAT(what_of("a,b\n1,2\n1,"), HasSubstr("t.csv:3: the last line has no end"));
}

// Browsers write such files. The quote shows that the cell is whole.
TEST(ParseCsv, TakesALastLineThatEndsWithAClosingQuote) {
  EXPECT_EQ(parse_csv("a,b\n1,\"3.0\"", "t.csv").rows.size(), 1u);
  EXPECT_THAT(what_of("a,b\n1,\"3.0"), HasSubstr("t.csv:2: a quote is opened and never closed"));
  EXPECT_THAT(what_of("a,b\n\"1\""), HasSubstr("t.csv:2: the row has 1 cells"));
}

TEST(ParseCsv, RefusesWhatIsNoText) {
  EXPECT_THAT(what_of(std::string("a\n1\0\n", 5)), HasSubstr("t.csv:2: the bytes are no UTF-8"));
  EXPECT_THAT(what_of("a\n\xff\n"), HasSubstr("t.csv:2: the bytes are no UTF-8"));
  EXPECT_THAT(what_of("a\n\xc3\xa4\n"), HasSubstr("no error"));
}

TEST(ParseCsv, RefusesAHugeCell) {
  EXPECT_THAT(what_of("a\n" + std::string(longest_cell + 1, '1') + "\n"),
              HasSubstr("t.csv:2: a cell has 4097 bytes (at most 4096)"));
  EXPECT_THAT(what_of("a\n\"" + std::string(1 << 20, '\n')), HasSubstr("t.csv:2: a quote is"));
}

TEST(ReadCsv, RefusesWhatIsNoFile) {
  const TempFolder folder;
  EXPECT_THROW(read_csv(folder.path()), core::DataError);
  EXPECT_THROW(read_csv(folder / "nothing.csv"), core::DataError);
  EXPECT_THROW(read_csv(folder.write("empty.csv", "")), core::DataError);
}

}  // namespace
}  // namespace bimix::replay
