#include "support/opened_corpus.hpp"
#include "support/text_folder.hpp"
#include "support/token_shards.hpp"

#include <bimix/core/error.hpp>
#include <bimix/corpus/corpus.hpp>
#include <bimix/corpus/eval_slices.hpp>
#include <bimix/corpus/sampler.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace bimix::corpus {
namespace {

using test::llmc_header;
using test::npy_header;
using test::npy_row;
using test::raw_tokens;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// One file to train on, beside an evaluation file that is always good.
struct Shards : testing::Test {
  CorpusOptions options(int width, int vocabulary) const {
    CorpusOptions options = folder.options({"a"});
    options.domains[0].eval_patterns = {"e/*"};
    options.tokens = {width, vocabulary};
    return options;
  }

  std::vector<std::int32_t> read(const std::string& bytes, int width,
                                 int vocabulary = 50257) const {
    folder.write("a/shard", bytes);
    folder.write("e/shard", width == 2 ? raw_tokens<std::uint16_t>(std::vector{1, 2})
                                       : raw_tokens<std::uint32_t>(std::vector{1, 2}));
    const Corpus corpus = test::opened(options(width, vocabulary));
    const PackedTokens& tokens = corpus.tokens(0, Part::train);
    std::vector<std::int32_t> numbers(static_cast<std::size_t>(tokens.size()));
    tokens.copy(0, numbers);
    return numbers;
  }

  std::string complaint(const std::string& bytes, int width, int vocabulary = 50257) const {
    try {
      read(bytes, width, vocabulary);
    } catch (const core::DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr("a/shard: "));
      return error.what();
    }
    return "no complaint";
  }

  test::TextFolder folder;
};

const std::vector<std::int32_t> five{0, 1, 50256, 257, 300};

TEST_F(Shards, AreReadRawAndBehindEitherHeader) {
  const std::string narrow = raw_tokens<std::uint16_t>(five);
  const std::string wide = raw_tokens<std::uint32_t>(five);
  EXPECT_EQ(read(narrow, 2), five);
  EXPECT_EQ(read(wide, 4), five);
  EXPECT_EQ(read(llmc_header(20240520, 1, 5) + narrow, 2), five);
  EXPECT_EQ(read(llmc_header(20240801, 7, 5) + wide, 4), five);
  EXPECT_EQ(read(llmc_header(20240801, 1, 5) + wide, 4), five);
  for (const int version : {1, 2, 3}) {
    EXPECT_EQ(read(npy_row("<u2", 5, version) + narrow, 2), five);
    EXPECT_EQ(read(npy_row("<u4", 5, version) + wide, 4), five);
  }
  EXPECT_THAT(read(raw_tokens<std::uint32_t>(std::vector{(1 << 20) - 1}), 4, 1 << 20),
              ElementsAre((1 << 20) - 1));
}

TEST_F(Shards, AnUnknownMagicNumberIsAToken) {
  const std::string bytes = llmc_header(20240521, 1, 5);
  EXPECT_EQ(read(bytes, 2, 65536).size(), 512u);
  EXPECT_EQ(read("\x93NUMPX", 2, 65536).size(), 3u);
}

TEST_F(Shards, RefuseSizesThatAreNoWholeNumberOfTokens) {
  EXPECT_THAT(complaint("abc", 2),
              AllOf(HasSubstr("has 3 bytes"), HasSubstr("`tokens: uint16` take 2 each")));
  EXPECT_THAT(complaint("abcdef", 4), HasSubstr("take 4 each"));
  EXPECT_THAT(complaint("", 2), HasSubstr("the file is empty"));
}

TEST_F(Shards, RefuseTornAndForeignHeadersOfLlmc) {
  const std::string tokens = raw_tokens<std::uint16_t>(five);
  EXPECT_THAT(complaint(llmc_header(20240520, 1, 6) + tokens, 2), HasSubstr("torn"));
  EXPECT_THAT(complaint(llmc_header(20240520, 1, 4) + tokens, 2), HasSubstr("torn"));
  EXPECT_THAT(complaint(llmc_header(20240520, 1, 2147483647) + tokens, 2), HasSubstr("torn"));
  EXPECT_THAT(complaint(llmc_header(20240520, 1, -5) + tokens, 2), HasSubstr("-5 tokens"));
  EXPECT_THAT(complaint(llmc_header(20240520, 1, 5) + tokens + "x", 2), HasSubstr("torn"));
  EXPECT_THAT(complaint(llmc_header(20240520, 1, 0), 2), HasSubstr("no tokens"));
  EXPECT_THAT(complaint(llmc_header(20240520, 1, 5).substr(0, 1000), 2),
              HasSubstr("ends within its header"));
  EXPECT_THAT(complaint(llmc_header(20240520, 2, 5) + tokens, 2), HasSubstr("version 2"));
  EXPECT_THAT(complaint(llmc_header(20240520, 1, 5) + tokens, 4),
              AllOf(HasSubstr("holds uint16 tokens"), HasSubstr("Say `tokens: uint16`")));
}

TEST_F(Shards, RefuseTornAndForeignHeadersOfNumpy) {
  const std::string tokens = raw_tokens<std::uint16_t>(five);
  EXPECT_THAT(complaint(npy_row("<u2", 6) + tokens, 2), HasSubstr("torn"));
  EXPECT_THAT(complaint(npy_row("<u2", 0), 2), HasSubstr("no tokens"));
  EXPECT_THAT(complaint(npy_row("<u2", 5) + tokens, 4), HasSubstr("Say `tokens: uint16`"));
  for (const char* type : {"|u1", ">u2", "<i8", "<f4"})
    EXPECT_THAT(complaint(npy_row(type, 5) + tokens, 2),
                AllOf(HasSubstr(type), HasSubstr(".astype('<u2')")));
  const auto with = [&](const std::string& dictionary) {
    return complaint(npy_header(dictionary) + tokens, 2);
  };
  EXPECT_THAT(with("{'descr': '<u2', 'fortran_order': False, 'shape': (5, 1), }"),
              HasSubstr("not one row"));
  EXPECT_THAT(with("{'descr': '<u2', 'fortran_order': False, 'shape': (), }"),
              HasSubstr("not one row"));
  EXPECT_THAT(with("{'descr': '<u2', 'fortran_order': False, 'shape': (nan,), }"),
              HasSubstr("not one row"));
  EXPECT_THAT(with("{'descr': '<u2', 'fortran_order': False, 'shape': (99999999999999999999,), }"),
              HasSubstr("not one row"));
  EXPECT_THAT(with("{'descr': '<u2', 'fortran_order': False, 'shape': (18446744073709551615,), }"),
              HasSubstr("torn"));
  EXPECT_THAT(with("{'descr': '<u2', 'fortran_order': True, 'shape': (5,), }"),
              HasSubstr("not one row"));
  EXPECT_THAT(with("{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (5,), }"),
              HasSubstr("holds an array of [('a'"));
  EXPECT_THAT(with("{'descr': '\x1b[2J', 'fortran_order': False, 'shape': (5,), }"),
              HasSubstr("holds an array of ?[2J"));
  EXPECT_THAT(with("{}"), HasSubstr("header is torn"));
  EXPECT_THAT(with("{'shape':"), HasSubstr("header is torn"));
  EXPECT_THAT(complaint("\x93NUMPY", 2), HasSubstr("header is torn"));
  EXPECT_THAT(complaint(npy_row("<u2", 5).substr(0, 60), 2), HasSubstr("header is torn"));
  std::string endless = npy_row("<u2", 5, 2) + tokens;
  endless[9] = endless[10] = endless[11] = '\xff';
  EXPECT_THAT(complaint(endless, 2), HasSubstr("header is torn"));
}

TEST_F(Shards, NameTheTokenThatIsNoToken) {
  std::vector<std::int32_t> numbers(1000, 7);
  numbers[517] = 50257;
  for (const std::string& header : {std::string(), npy_row("<u4", 1000)})
    EXPECT_THAT(
        complaint(header + raw_tokens<std::uint32_t>(numbers), 4),
        AllOf(HasSubstr("token 517 (counted from 0) is 50257"),
              HasSubstr("below the vocabulary of 50257"), HasSubstr("Raise proxy.vocabulary")));
  // A number that is negative as a signed one.
  numbers[517] = -1;
  EXPECT_THAT(complaint(raw_tokens<std::uint32_t>(numbers), 4), HasSubstr("is 4294967295"));
}

TEST_F(Shards, OfTheOtherWidthAreFoundAtOnce) {
  std::vector<std::int32_t> numbers;
  for (int i = 0; i < 5000; ++i) numbers.push_back(i * 7 % 50257);
  EXPECT_THAT(complaint(raw_tokens<std::uint16_t>(numbers), 4),
              AllOf(HasSubstr("below the vocabulary"), HasSubstr("`tokens: uint16`")));
  EXPECT_THAT(complaint(raw_tokens<std::uint32_t>(numbers), 2),
              AllOf(HasSubstr("every second token"), HasSubstr("`tokens: uint32`")));
  EXPECT_EQ(read(raw_tokens<std::uint16_t>(numbers), 2), numbers);
}

// Between the blocks of a large file (here bytes 65536 to 81980) nothing is read when it is opened:
// what is copied is checked.
TEST_F(Shards, AreCheckedWhereTheyAreCopied) {
  std::vector<std::uint16_t> numbers(std::size_t{10} << 20, 7);
  numbers[36000] = 60000;
  folder.write("a/shard", npy_row("<u2", numbers.size()) + raw_tokens<std::uint16_t>(numbers));
  folder.write("e/shard", raw_tokens<std::uint16_t>(std::vector(100, 1)));
  const Corpus corpus = test::opened(options(2, 50257));
  const PackedTokens& tokens = corpus.tokens(0, Part::train);
  std::vector<std::int32_t> out(100);
  EXPECT_NO_THROW(tokens.copy(0, out));
  try {
    tokens.copy(35950, out);
    ADD_FAILURE();
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("a/shard: token 36000 "), HasSubstr("is 60000")));
  }
  // The last token is always looked at.
  numbers[36000] = 7;
  numbers.back() = 60000;
  EXPECT_THAT(complaint(raw_tokens<std::uint16_t>(numbers), 2), HasSubstr("is 60000"));
}

TEST_F(Shards, AreSplitAtAWholeTokenAndCountedInTokens) {
  std::vector<std::int32_t> numbers(1001);
  std::iota(numbers.begin(), numbers.end(), 0);
  folder.write("b/only", llmc_header(20240520, 1, 1001) + raw_tokens<std::uint16_t>(numbers));
  CorpusOptions options = folder.options({"b"});
  options.tokens = {2, 1001};
  const Corpus corpus = test::opened(options);
  EXPECT_EQ(corpus.tokens(0, Part::train).size(), 901);
  EXPECT_EQ(corpus.tokens(0, Part::eval).size(), 100);
  std::vector<std::int32_t> first(1);
  corpus.tokens(0, Part::eval).copy(0, first);
  EXPECT_EQ(first[0], 901);
  EXPECT_EQ(corpus.tokens(0, Part::eval).stretches()[0].skipped, 901u);
}

TEST_F(Shards, FingerprintTheWidthAndNotTheHeader) {
  folder.write("e/shard", raw_tokens<std::uint32_t>(std::vector{1, 2}));
  const auto fingerprint = [&](const std::string& bytes, int width) {
    folder.write("a/shard", bytes);
    return test::opened(options(width, 65536)).fingerprint();
  };
  const std::string wide = raw_tokens<std::uint32_t>(five);
  const std::string raw = fingerprint(wide, 4);
  EXPECT_EQ(fingerprint(npy_row("<u4", 5) + wide, 4), raw);
  EXPECT_NE(fingerprint(wide, 2), raw);
}

// The same text as bytes and as tokens: the same sequences in the same order.
TEST_F(Shards, GiveTheSequencesOfTheirBytes) {
  const auto sequences = [&](const TokenFormat& format) {
    const auto write = [&](const std::string& name, const std::string& text) {
      folder.write(name, format.width == 1   ? text
                         : format.width == 2 ? test::widened<std::uint16_t>(text)
                                             : test::widened<std::uint32_t>(text));
    };
    write("a/1", test::numbered_lines(300));
    write("a/2", test::numbered_lines(200, 1000));
    write("e/1", test::numbered_lines(100, 5000));
    std::filesystem::remove(folder.path() / "a/shard");
    CorpusOptions corpus_options = options(format.width, format.vocabulary);
    const Corpus corpus = test::opened(corpus_options);
    MixtureSampler sampler(corpus, {.mixture = {1.0}, .batch = 4, .context = 16});
    std::vector<std::int32_t> all(4 * 17 * 50);
    for (std::size_t step = 0; step < 50; ++step)
      sampler.next(std::span(all).subspan(step * 68, 68));
    const EvalSlices slices(corpus, 16, 10, 1);
    all.insert(all.end(), slices.tokens(0).begin(), slices.tokens(0).end());
    return all;
  };
  const auto wanted = sequences({});
  EXPECT_EQ(sequences({2, 256}), wanted);
  EXPECT_EQ(sequences({4, 256}), wanted);
}

}  // namespace
}  // namespace bimix::corpus
