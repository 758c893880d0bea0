#include "corpus/shard.hpp"
#include "corpus/token_file.hpp"
#include "support/listed.hpp"
#include "support/token_shards.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace bimix::corpus {
namespace {

/// How a file of a format is written. A new format wants a line in `writers`.
using Writer = std::string (*)(const std::vector<std::int32_t>& tokens, int width);

std::string plain(const std::vector<std::int32_t>& tokens, int width) {
  return width == 2 ? test::raw_tokens<std::uint16_t>(tokens)
                    : test::raw_tokens<std::uint32_t>(tokens);
}

const std::map<std::string, Writer> writers{
    {"llmc",
     [](const std::vector<std::int32_t>& tokens, int width) {
       return test::llmc_header(width == 2 ? 20240520 : 20240801, 1,
                                static_cast<int>(tokens.size())) +
              plain(tokens, width);
     }},
    {"npy",
     [](const std::vector<std::int32_t>& tokens, int width) {
       return test::npy_row(width == 2 ? "<u2" : "<u4", tokens.size()) + plain(tokens, width);
     }},
    {"plain", plain},
};

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

const std::vector<std::int32_t> some_tokens{0, 1, 50256, 257, 300, 65535};

class EveryFileFormat : public testing::TestWithParam<const FileFormat*> {
 protected:
  std::string written(const std::vector<std::int32_t>& tokens, int width) const {
    return test::entry_for(GetParam()->name(), writers,
                           "a way to write such a file to `writers` in "
                           "tests/corpus/format_contract_test.cpp")(tokens, width);
  }
};

TEST_P(EveryFileFormat, GivesBackWhatWasWritten) {
  for (const int width : {2, 4}) {
    const std::string text = written(some_tokens, width);
    const TokenFile file{"a.bin", bytes_of(text), width};
    ASSERT_TRUE(GetParam()->recognises(file));
    const TokenSpan tokens = GetParam()->tokens(file);
    std::vector<std::int32_t> read(tokens.size());
    tokens.copy_to(read);
    EXPECT_EQ(read, some_tokens);
    EXPECT_GE(tokens.bytes().data(), file.bytes.data()) << "a view of the file, no copy";
    EXPECT_EQ(shard_tokens("a.bin", file.bytes, {width, 65536}).bytes().data(),
              tokens.bytes().data())
        << "an earlier format takes this one's files";
  }
}

// A file may end anywhere: its writer died, or the disk was full.
TEST_P(EveryFileFormat, RefusesATornFileOrGivesWholeTokensOfIt) {
  for (const int width : {2, 4}) {
    const std::string text = written(some_tokens, width);
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::string torn = text.substr(0, size);
      const TokenFile file{"a.bin", bytes_of(torn), width};
      if (!GetParam()->recognises(file)) continue;
      try {
        const TokenSpan tokens = GetParam()->tokens(file);
        EXPECT_FALSE(GetParam()->has_header()) << "it promised more";
        EXPECT_LE(tokens.bytes().size(), size);
      } catch (const core::DataError& error) {
        EXPECT_EQ(error.complaint().place, "a.bin");
        EXPECT_FALSE(error.complaint().remedy.empty());
      }
    }
  }
}

TEST_P(EveryFileFormat, RefusesWhatItsHeaderSaysIsOfAnotherWidth) {
  if (!GetParam()->has_header()) return;
  for (const int width : {2, 4}) {
    const std::string text = written(some_tokens, width);
    try {
      GetParam()->tokens({"a.bin", bytes_of(text), 6 - width});
      FAIL() << "read as tokens of another width";
    } catch (const core::DataError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(width == 2 ? "uint16" : "uint32"));
    }
  }
}

TEST_P(EveryFileFormat, IsToldByItsFirstBytesUnlessItHasNoHeader) {
  const std::string empty, text = "It was the best of times, it was the worst of times.";
  for (const std::string& other : {empty, text})
    EXPECT_EQ(GetParam()->recognises({"a.bin", bytes_of(other), 2}), !GetParam()->has_header());
  EXPECT_EQ(GetParam()->has_header(), GetParam() != file_formats().back())
      << "what takes every file stands last";
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryFileFormat, testing::ValuesIn(file_formats()),
                         [](const auto& format) { return std::string(format.param->name()); });

}  // namespace
}  // namespace bimix::corpus
