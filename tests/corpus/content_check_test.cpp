#include "support/opened_corpus.hpp"
#include "support/packed_text.hpp"
#include "support/text_folder.hpp"
#include "support/token_shards.hpp"

#include <bimix/core/error.hpp>
#include <bimix/corpus/corpus.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace bimix::corpus {
namespace {

using namespace std::string_literals;
using test::raw_tokens;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Contents : testing::Test {
  Corpus opened(const std::string& name, const std::string& bytes, TokenFormat format = {},
                bool binary = false) const {
    std::filesystem::remove_all(folder.path() / "a");
    folder.write("a/" + name, bytes);
    CorpusOptions options = folder.options({"a"});
    options.domains.front().binary = binary;
    options.tokens = format;
    return test::opened(options);
  }

  std::string complaint(const std::string& name, const std::string& bytes,
                        TokenFormat format = {}) const {
    try {
      (void)opened(name, bytes, format);
    } catch (const core::DataError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("a/" + name), HasSubstr("`binary: true`")));
      return error.what();
    }
    return "no complaint";
  }

  /// Bytes as a compressor leaves them: every one as often as another.
  static std::string noise(std::size_t size) {
    std::string bytes;
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < size; ++i) {
      state = state * 1664525u + 1013904223u;
      bytes += static_cast<char>(state >> 24);
    }
    return bytes;
  }

  /// As `numpy.array(tokens).tofile` writes them, where nothing is said of their type.
  static std::string int64_tokens(const std::vector<std::int32_t>& tokens) {
    std::string bytes;
    for (const std::int32_t token : tokens)
      bytes += raw_tokens<std::uint32_t>(std::vector<std::int32_t>{token, 0});
    return bytes;
  }

  static std::vector<std::int32_t> tokens(int count, int below) {
    std::vector<std::int32_t> all;
    std::uint32_t state = 1;
    for (int i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      all.push_back(static_cast<std::int32_t>((state >> 12) % static_cast<std::uint32_t>(below)));
    }
    return all;
  }

  test::TextFolder folder;
};

TEST_F(Contents, PackedTextIsUnpackedAndThenLookedAt) {
  const std::string text = test::numbered_lines(300), noisy = noise(5000);
  for (const auto& pack : {test::gzipped, test::zstd_packed}) {
    const Corpus corpus = opened("x", pack(text));
    EXPECT_EQ(corpus.tokens(0, Part::train).size() + corpus.tokens(0, Part::eval).size(),
              static_cast<std::int64_t>(text.size()));
    EXPECT_THAT(complaint("x", pack(noisy)), HasSubstr("control characters"));
    EXPECT_THAT(complaint("x", pack("PAR1\x15" + noisy)), HasSubstr("a Parquet table"));
    // As they are, packed bytes are learnt packed.
    const Corpus packed = opened("x", pack(text), {}, true);
    EXPECT_EQ(packed.tokens(0, Part::train).size() + packed.tokens(0, Part::eval).size(),
              static_cast<std::int64_t>(pack(text).size()));
  }
}

TEST_F(Contents, OtherContainersAreRefusedWithTheCommandThatUnpacksThem) {
  EXPECT_THAT(complaint("x.xz", "\xfd"s + "7zXZ\0"s + noise(500)), HasSubstr("`xz -d"));
  EXPECT_THAT(complaint("x.parquet", "PAR1\x15" + noise(500)), HasSubstr("a Parquet table"));
  EXPECT_THAT(complaint("x.npy", test::npy_row("<u2", 0)), HasSubstr("`tokens: uint16`"));
  EXPECT_THAT(complaint("x.txt", "\xff\xfeh\0i\0"s), HasSubstr("iconv -f UTF-16"));
}

TEST_F(Contents, ContainersAreNoRawTokensEither) {
  EXPECT_THAT(complaint("x.idx", "MMIDIDX\0\0\1\0\0\0"s + "abc", {2, 50257}),
              AllOf(HasSubstr("the index of Megatron's packed tokens"), HasSubstr("the .bin")));
  EXPECT_THAT(complaint("x.bin.zst", "\x28\xb5\x2f\xfd" + noise(500), {4, 1 << 20}),
              HasSubstr("`zstd -d "));
}

TEST_F(Contents, UnknownBytesThatAreNoTextAreRefused) {
  EXPECT_THAT(complaint("x", noise(5000)), HasSubstr("% of its bytes are control characters"));
  EXPECT_EQ(opened("x", noise(5000), {}, true).domain_count(), 1u);
}

TEST_F(Contents, PackedTokensReadAsTextAreTold) {
  EXPECT_THAT(complaint("x.bin", raw_tokens<std::uint32_t>(tokens(2000, 50257))),
              HasSubstr("Say `tokens: uint32`"));
  EXPECT_THAT(complaint("x.bin", int64_tokens(tokens(2000, 50257))),
              AllOf(HasSubstr("int64"), HasSubstr(".astype('<u4')")));
  EXPECT_THAT(complaint("x.ds", raw_tokens<std::uint16_t>(tokens(2000, 1000))),
              HasSubstr("say `tokens: uint16`"));
  std::string wide;
  for (const char c : test::numbered_lines(500)) wide += c + "\0"s;
  EXPECT_THAT(complaint("x.txt", wide), HasSubstr("`iconv -f UTF-16LE -t UTF-8 "));
}

TEST_F(Contents, TextsOfAnyEncodingAreText) {
  for (const std::string& text :
       {"Gr\xf6\xdf"
        "e und Ma\xdf\n"s,
        "\x93\xfa\x96\x7b\n"s, "\x1b$B8\x1b(B\n"s, "page\f\nN\bNA\bAM\bME\bE\n"s,
        "\xef\xbb\xbf text\r\n"s, "one \0 stray\n"s}) {
    std::string long_text;
    for (int i = 0; i < 50; ++i) long_text += text + test::numbered_lines(60);
    EXPECT_NO_THROW((void)opened("x", long_text)) << text;
  }
}

TEST_F(Contents, Int64ReadAsUint32OrUint16IsTold) {
  for (const int vocabulary : {50257, 100, 10})
    for (const std::string& header : {""s, "\x2a\0\0\0"s, "\x2a\0\0\0\x2a\0\0\0"s}) {
      const std::string bytes = header + int64_tokens(tokens(2000, vocabulary));
      EXPECT_THAT(complaint("x.bin", bytes, {4, 1 << 20}),
                  AllOf(HasSubstr("every second token is 0"), HasSubstr("int64"),
                        HasSubstr(".astype('<u4')")));
      EXPECT_THAT(complaint("x.bin", bytes, {2, 65536}),
                  AllOf(HasSubstr("int64"), HasSubstr(".astype('<u2')")));
    }
  EXPECT_THAT(complaint("x.bin", int64_tokens(tokens(400, 50257)), {4, 50257}),
              HasSubstr("every second token is 0"));
}

TEST_F(Contents, Uint32ReadAsUint16IsToldAtAnyVocabularyAndBehindAHeader) {
  for (const int vocabulary : {200'000, 65536, 256, 100, 12})
    for (const std::string& header : {""s, "\x2a\0"s, "\x2a\x2a\x2a\x2a"s})
      EXPECT_THAT(complaint("x.bin", header + raw_tokens<std::uint32_t>(tokens(3000, vocabulary)),
                            {2, 65536}),
                  AllOf(HasSubstr("every second token is "), HasSubstr("Say `tokens: uint32`")))
          << vocabulary;
}

TEST_F(Contents, TokensOfTheRightWidthAreLeftAlone) {
  for (const int vocabulary : {50257, 256, 12, 2}) {
    EXPECT_NO_THROW(
        (void)opened("x", raw_tokens<std::uint16_t>(tokens(3000, vocabulary)), {2, 65536}));
    EXPECT_NO_THROW(
        (void)opened("x", raw_tokens<std::uint32_t>(tokens(3000, vocabulary)), {4, 65536}));
  }
  // Padding is no sign: it stands at every place.
  EXPECT_NO_THROW((void)opened("x", raw_tokens<std::uint32_t>(std::vector(3000, 0)), {4, 65536}));
}

TEST_F(Contents, JsonWithoutAUsualKeyIsTextAndNoted) {
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += "{\"url\": \"x.org\", \"body\": \"words " + std::to_string(i) + std::string(30, 'a') +
             "\"}\n";
  const Corpus corpus = opened("x.json", lines);
  EXPECT_THAT(corpus.notes(), ElementsAre(AllOf(HasSubstr("domain 'a': "), HasSubstr("is JSON"),
                                                HasSubstr("keys and metadata are trained on"),
                                                HasSubstr("Say `text: body` in the domain"))));
  EXPECT_THAT(opened("x.json", "[" + lines.substr(0, lines.find('\n')) + "]\n").notes(),
              ElementsAre(HasSubstr("`jq -c '.[]' ")));
  EXPECT_THAT(opened("x.json", test::numbered_lines(100)).notes(), IsEmpty());
  EXPECT_THAT(opened("x.json", "{\n  \"a\": 1\n}\n" + test::numbered_lines(100)).notes(),
              IsEmpty());
  EXPECT_THAT(opened("x.json", std::string(100'000, '[')).notes(), IsEmpty());
  EXPECT_THAT(opened("x.json", "{\"text\": 7, \"body\": \"words\"}\n" + lines).notes(),
              ElementsAre(HasSubstr("Say `text: body` in the domain")));
}

// `text: KEY` was advised, by which no line behind the first could have been read.
TEST_F(Contents, TextBehindALineThatHappensToBeJsonIsNoJson) {
  for (const char* first : {"{}\n", "{\"a\": \"b\"}\n", "\n{}\n\n{}\n", "[{}]\n"})
    EXPECT_THAT(opened("x.txt", first + test::numbered_lines(100)).notes(), IsEmpty()) << first;
}

}  // namespace
}  // namespace bimix::corpus
