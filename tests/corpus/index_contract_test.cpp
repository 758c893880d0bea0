#include "corpus/borders/document_index.hpp"
#include "support/listed.hpp"
#include "support/packed_text.hpp"
#include "support/temp_folder.hpp"
#include "support/token_indexes.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace bimix::corpus {
namespace {

/// How an index is written, and what the file of its tokens is called. A new kind wants a line in
/// `writers`.
struct Writer {
  std::string tokens;
  std::string (*index)(const test::Lengths& documents, int width);
};

const std::map<std::string, Writer> writers{
    {"megatron",
     {"a.bin",
      [](const test::Lengths& documents, int width) {
        return test::megatron_index(documents, width == 2 ? 8 : 4, width);
      }}},
    {"datatrove",
     {"000_shuffled.ds",
      [](const test::Lengths& documents, int) { return test::datatrove_index(documents); }}},
    {"dolma",
     {"part-0-00000.npy", [](const test::Lengths& documents,
                             int) { return test::gzipped(test::dolma_index(documents)); }}},
};

class EveryIndex : public testing::TestWithParam<const IndexFormat*> {
 protected:
  const Writer& writer() const {
    return test::entry_for(GetParam()->name(), writers,
                           "a way to write such an index to `writers` in "
                           "tests/corpus/index_contract_test.cpp");
  }
  std::filesystem::path tokens() const { return folder / writer().tokens; }

  std::unique_ptr<DocumentEnds> opened(const std::string& index, int width) const {
    folder.write(GetParam()->index_of(tokens()).filename().string(), index);
    return GetParam()->open(tokens(), width);
  }

  std::vector<std::uint64_t> read(const std::string& index, int width) const {
    std::vector<std::uint64_t> ends;
    const auto documents = opened(index, width);
    while (const auto end = documents->next()) ends.push_back(*end);
    return ends;
  }

  test::TempFolder folder;
};

const test::Lengths some_documents{3, 1, 0, 70000, 2};

TEST_P(EveryIndex, GivesBackWhatWasWritten) {
  for (const int width : {2, 4})
    EXPECT_EQ(read(writer().index(some_documents, width), width), test::ends_of(some_documents));
}

TEST_P(EveryIndex, IsFoundByTheNameOfTheTokensAlone) {
  EXPECT_EQ(index_beside(tokens()).format, nullptr) << "it is not there";
  opened(writer().index(some_documents, 2), 2);
  EXPECT_EQ(index_beside(tokens()).format, GetParam());
  EXPECT_TRUE(GetParam()->index_of(folder / "a.txt").empty());
}

// It may end anywhere: its writer died, or the disk was full. What is left must not pass for more
// than it was, and its reader compares the last document with the tokens.
TEST_P(EveryIndex, RefusesATornFileOrGivesItsFirstDocuments) {
  const std::string whole = writer().index(some_documents, 2);
  const auto wanted = test::ends_of(some_documents);
  for (std::size_t size = 0; size < whole.size(); ++size) try {
      const auto ends = read(whole.substr(0, size), 2);
      ASSERT_LE(ends.size(), wanted.size());
      // A number of a table may have lost its last digits.
      for (std::size_t d = 0; d + 1 < ends.size(); ++d) EXPECT_EQ(ends[d], wanted[d]);
    } catch (const core::DataError& error) {
      EXPECT_THAT(error.complaint().place, testing::HasSubstr(folder.path().string()));
      EXPECT_FALSE(error.complaint().remedy.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryIndex, testing::ValuesIn(index_formats()),
                         [](const auto& format) { return std::string(format.param->name()); });

}  // namespace
}  // namespace bimix::corpus
