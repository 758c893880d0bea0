#include "corpus/content_key.hpp"
#include "support/opened_corpus.hpp"
#include "support/packed_text.hpp"
#include "support/text_folder.hpp"
#include "support/token_indexes.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::corpus {
namespace {

using test::raw_tokens;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Tokens = std::vector<std::int32_t>;

/// One domain of files of tokens, and a file to evaluate on.
struct TokenDocuments : testing::Test {
  TokenDocuments() {
    options.domains[0].eval_patterns = {"e"};
    options.tokens = {2, 50257};
    folder.write("e", raw_tokens<std::uint16_t>(Tokens{9, 9}));
  }

  std::vector<Tokens> documents(Part part = Part::train) const {
    const Corpus corpus = test::opened(options);
    const PackedTokens& tokens = corpus.tokens(0, part);
    std::vector<Tokens> documents;
    for (std::size_t d = 0; d < tokens.document_ends().size(); ++d) {
      const auto start = static_cast<std::size_t>(tokens.document_start(d));
      documents.emplace_back(tokens.document_ends()[d] - start);
      tokens.copy(static_cast<std::int64_t>(start), documents.back());
    }
    return documents;
  }

  std::string complaint() const {
    try {
      documents();
    } catch (const core::DataError& error) {
      return error.what();
    }
    return "no complaint";
  }

  void write_five(const std::string& name) const {
    folder.write(name, raw_tokens<std::uint16_t>(Tokens{1, 2, 3, 4, 5}));
  }

  test::TextFolder folder;
  CorpusOptions options = folder.options({"a"});
};

TEST_F(TokenDocuments, AreToldApartByTheIndexBesideTheFile) {
  write_five("a/x.bin");
  folder.write("a/x.idx", test::megatron_index({2, 3}, 8, 2));
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2}, Tokens{3, 4, 5}));

  folder.write("a/x.idx", test::megatron_index({1, 1, 3}, 8, 2, {2, 1}));
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2}, Tokens{3, 4, 5})) << "two sequences are one";

  std::filesystem::remove(folder.path() / "a/x.idx");
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2, 3, 4, 5}));
}

TEST_F(TokenDocuments, OfAPatternThatFindsTheIndexesAsWell) {
  write_five("a/x.ds");
  folder.write("a/x.ds.index", test::datatrove_index({4, 1}));
  folder.write("a/x.ds.metadata", "gpt2|2\n5\n5 T");
  write_five("a/y.npy");
  folder.write("a/y.csv.gz", test::gzipped(test::dolma_index({1, 4})));
  EXPECT_THAT(documents(),
              ElementsAre(Tokens{1, 2, 3, 4}, Tokens{5}, Tokens{1}, Tokens{2, 3, 4, 5}));
}

TEST_F(TokenDocuments, OfWhichTheIndexIsOfAnotherFile) {
  write_five("a/x.bin");
  const auto with_index = [&](const test::Lengths& lengths) {
    folder.write("a/x.idx", test::megatron_index(lengths, 8, 2));
    return complaint();
  };
  EXPECT_THAT(with_index({2, 2}), AllOf(HasSubstr("a/x.idx: ends with token 4, but"),
                                        HasSubstr("x.bin has 5 tokens"), HasSubstr("move ")));
  EXPECT_THAT(with_index({2, 4}), HasSubstr("tells of a document from token 2 to 6"));
  EXPECT_THAT(with_index({}), HasSubstr("ends with token 0"));
  EXPECT_THAT(with_index({2147483647}), HasSubstr("to 2147483647"));
}

TEST_F(TokenDocuments, RefuseAnIndexThatContradictsItself) {
  write_five("a/x.bin");
  const std::string good = test::megatron_index({2, 3}, 8, 2);
  const auto with = [&](std::size_t at, char byte) {
    std::string index = good;
    index[at] = byte;
    folder.write("a/x.idx", index);
    return complaint();
  };
  EXPECT_THAT(with(0, 'X'), HasSubstr("no index as Megatron-LM writes it"));
  EXPECT_THAT(with(9, 2), HasSubstr("version 2"));
  EXPECT_THAT(with(17, 4), AllOf(HasSubstr("uint32"), HasSubstr("Say `tokens: uint32`")));
  EXPECT_THAT(with(17, 5), HasSubstr("type 5"));
  EXPECT_THAT(with(18, 3), HasSubstr("3 sequences"));
  EXPECT_THAT(with(25, '\x7f'), HasSubstr("sequences"));
  EXPECT_THAT(with(37, '\xff'), HasSubstr("sequence 0 not behind"));  // a negative length
  EXPECT_THAT(with(50, 2), HasSubstr("sequence 1 not behind"));       // its offset
  EXPECT_THAT(with(good.size() - 16, 3), HasSubstr("do not rise"));
  EXPECT_THAT(with(good.size() - 8, 1), HasSubstr("all sequences"));

  write_five("a/x.ds");
  std::filesystem::remove(folder.path() / "a/x.bin");
  std::filesystem::remove(folder.path() / "a/x.idx");
  folder.write("a/x.ds.index", raw_tokens<std::uint64_t>(Tokens{3, 2, 5}));
  EXPECT_THAT(complaint(), HasSubstr("from token 3 to 2"));
  folder.write("a/x.ds.index", "123");
  EXPECT_THAT(complaint(), HasSubstr("has 3 bytes"));
  folder.write("a/x.ds.index", test::datatrove_index({5}));
  folder.write("a/x.ds.metadata", "llama3|4\n5\n5 T");
  EXPECT_THAT(complaint(), HasSubstr("uint32 tokens by its .metadata"));

  std::filesystem::remove(folder.path() / "a/x.ds");
  write_five("a/x.npy");
  for (const char* table :
       {"0,3,a,b,1\n4,5,a,b,1\n", "0,3,a,b,1\n2,5,a,b,1\n", "start,end\n0,5\n", "0,-5\n", "0\n"}) {
    folder.write("a/x.csv.gz", test::gzipped(table));
    EXPECT_THAT(complaint(), AllOf(HasSubstr("a/x.csv.gz, line "), HasSubstr("; or move ")))
        << table;
  }
}

TEST_F(TokenDocuments, SayWhatToDoAboutAnIndexThatDoesNotFit) {
  write_five("a/x.bin");
  folder.write("a/x.idx", "");
  EXPECT_THAT(complaint(), AllOf(HasSubstr("x.idx: is empty"), HasSubstr("; or move ")));
  folder.write("a/x.idx", "some other program's index, which is long enough");
  EXPECT_THAT(complaint(), AllOf(HasSubstr("no index as Megatron-LM"), HasSubstr("; or move ")));
}

// Names in quotes, as Python's csv module writes them, may hold line ends.
TEST_F(TokenDocuments, OfATableWithNamesOfSeveralLines) {
  write_five("a/x.npy");
  folder.write("a/x.csv.gz",
               test::gzipped("0,3,\"one\n9,9,\"\"two\"\"\nthree\",b,1\r\n3,5,four,b,2\r\n"));
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2, 3}, Tokens{4, 5}));
  folder.write("a/x.csv.gz", test::gzipped("0,3x,a\n"));
  EXPECT_THAT(complaint(), HasSubstr("two numbers"));
  folder.write("a/x.csv.gz", test::gzipped("0,99999999999999999999,a\n"));
  EXPECT_THAT(complaint(), HasSubstr("two numbers"));
}

// A link beside which no index lay, and the name of the file itself, took each other's documents.
TEST_F(TokenDocuments, OfALinkAreThoseOfTheFile) {
  std::filesystem::create_directory(folder.path() / "a");
  folder.write("real/x.bin", raw_tokens<std::uint16_t>(Tokens{1, 2, 3, 4, 5}));
  folder.write("real/x.idx", test::megatron_index({2, 3}, 8, 2));
  std::filesystem::create_symlink(folder.path() / "real/x.bin", folder.path() / "a/x.bin");
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2}, Tokens{3, 4, 5}));
  options.domains.push_back(
      {.name = "b", .train_patterns = {"a/../a/x.bin", "real/*"}, .eval_patterns = {"e"}});
  EXPECT_EQ(test::opened(options).tokens(1, Part::train).document_ends().size(), 2u);
  // One beside the link is its own.
  folder.write("a/x.idx", test::megatron_index({4, 1}, 8, 2));
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2, 3, 4}, Tokens{5}));
  std::filesystem::remove(folder.path() / "a/x.idx");
  std::filesystem::create_symlink("nowhere", folder.path() / "a/x.idx");
  EXPECT_THAT(complaint(), HasSubstr("a/x.idx"));
}

TEST_F(TokenDocuments, InFilesOfAnyName) {
  write_five("a/caf\xe9.bin");
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2, 3, 4, 5}));
}

TEST_F(TokenDocuments, OfLargeFilesOfOtherLengthsAreNoDuplicates) {
  for (const char* name : {"a/x", "a/y"})
    folder.write(name,
                 std::string(name[2] == 'x' ? std::size_t{20} << 20 : std::size_t{24} << 20, '\0'));
  options.domains[0].binary = true;
  EXPECT_EQ(test::opened(options).table().rows[0].duplicates, 0u);
}

TEST_F(TokenDocuments, AreOthersWhereWhatEndsThemStandsElsewhere) {
  options.end_of_document = 0;
  const auto fingerprint_of = [&](const Tokens& tokens) {
    folder.write("a/x", raw_tokens<std::uint16_t>(tokens));
    return test::opened(options).fingerprint(0);
  };
  EXPECT_NE(fingerprint_of({0, 1, 2}), fingerprint_of({1, 2, 0}));
}

TEST_F(TokenDocuments, EndWithTheTokenThatEndsThem) {
  options.end_of_document = 50256;
  const auto of = [&](const Tokens& tokens) {
    folder.write("a/x", raw_tokens<std::uint16_t>(tokens));
    return documents();
  };
  EXPECT_THAT(of({1, 2, 50256, 3, 50256}), ElementsAre(Tokens{1, 2, 50256}, Tokens{3, 50256}));
  EXPECT_THAT(of({1, 2, 50256, 3}), ElementsAre(Tokens{1, 2, 50256}, Tokens{3}));
  EXPECT_THAT(of({50256, 1, 2, 50256, 3}), ElementsAre(Tokens{50256, 1, 2, 50256}, Tokens{3}))
      << "llm.c begins documents with it";
  EXPECT_THAT(of({1, 50256, 50256, 2}), ElementsAre(Tokens{1, 50256, 50256}, Tokens{2}))
      << "no empty document";
  EXPECT_THAT(of({50256, 50256}), ElementsAre(Tokens{50256, 50256}));
  EXPECT_THAT(of({1, 2}), ElementsAre(Tokens{1, 2}));
  Tokens many(100'000, 7);
  many[16384] = many[16383] = many[99'999] = 50256;
  EXPECT_THAT(of(many), ElementsAre(Tokens(many.begin(), many.begin() + 16385),
                                    Tokens(many.begin() + 16385, many.end())));
}

TEST_F(TokenDocuments, CountOnceWhateverEndsThem) {
  options.end_of_document = 0;
  folder.write("a/x", raw_tokens<std::uint16_t>(Tokens{0, 1, 2, 0, 3, 0, 1, 2}));
  EXPECT_THAT(documents(), ElementsAre(Tokens{0, 1, 2, 0}, Tokens{3, 0}));
  const Corpus corpus = test::opened(options);
  EXPECT_EQ(corpus.table().rows[0].duplicates, 1u);
  EXPECT_EQ(corpus.table().rows[0].bytes, 0u) << "of the text: nobody knows";
}

TEST_F(TokenDocuments, AreNotTrainedOnWhereTheyAreEvaluatedOn) {
  options.end_of_document = 0;
  folder.write("a/x", raw_tokens<std::uint16_t>(Tokens{1, 2, 0, 9, 9, 0, 3}));
  EXPECT_THAT(documents(), ElementsAre(Tokens{1, 2, 0}, Tokens{3}));
  EXPECT_THAT(documents(Part::eval), ElementsAre(Tokens{9, 9}));
}

TEST_F(TokenDocuments, AreHeldOutWholeAndByTheirContent) {
  options.domains[0].eval_patterns.clear();
  options.end_of_document = 0;
  Tokens tokens;
  for (std::int32_t d = 1; d <= 1000; ++d) tokens.insert(tokens.end(), {d, d + 1, d + 2, 0});
  folder.write("a/x", raw_tokens<std::uint16_t>(tokens));
  const auto held_out = documents(Part::eval);
  EXPECT_NEAR(static_cast<double>(held_out.size()), 100, 1);
  for (const Tokens& document : held_out) EXPECT_EQ(document.size(), 4u);
  // In other files and another order.
  folder.write("a/x", raw_tokens<std::uint16_t>(Tokens(tokens.begin() + 2000, tokens.end())));
  folder.write("a/y", raw_tokens<std::uint16_t>(Tokens(tokens.begin(), tokens.begin() + 2000)));
  EXPECT_THAT(documents(Part::eval), testing::UnorderedElementsAreArray(held_out));
}

// The same tokens in files of another width had other documents held out.
TEST_F(TokenDocuments, OfAnyWidthHaveTheSameHeldOut) {
  options.domains[0].eval_patterns.clear();
  options.end_of_document = 0;
  Tokens tokens;
  for (std::int32_t d = 1; d <= 1000; ++d) tokens.insert(tokens.end(), {d, d * 40, d + 2, 0});
  folder.write("a/x", raw_tokens<std::uint16_t>(tokens));
  const auto held_out = documents(Part::eval);
  folder.write("a/x", raw_tokens<std::uint32_t>(tokens));
  options.tokens = {4, 50257};
  EXPECT_EQ(documents(Part::eval), held_out);
}

TEST(SampledKey, IsOfTheTokensAndNotOfTheirWidth) {
  for (const std::size_t size : {std::size_t{1000}, std::size_t{9} << 20}) {
    Tokens tokens(size);
    for (std::size_t n = 0; n < size; ++n) tokens[n] = static_cast<std::int32_t>(n * 7919 % 50'000);
    const auto key_of = [](const std::string& bytes, int width) {
      return sampled_key(
          TokenSpan({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, width));
    };
    const ContentKey key = key_of(raw_tokens<std::uint16_t>(tokens), 2);
    EXPECT_EQ(key, key_of(raw_tokens<std::uint32_t>(tokens), 4));
    tokens.back() ^= 1;
    EXPECT_NE(key, key_of(raw_tokens<std::uint32_t>(tokens), 4));
  }
}

TEST_F(TokenDocuments, OfLargeFilesAreAllChecked) {
  options.end_of_document = 0;
  Tokens tokens(std::size_t{10} << 20, 7);
  tokens[36000] = 60000;  // where no sample of a large file comes
  for (std::size_t at = 999; at < tokens.size(); at += 1000) tokens[at] = 0;
  folder.write("a/x", raw_tokens<std::uint16_t>(tokens));
  EXPECT_THAT(complaint(), AllOf(HasSubstr("a/x: token 36000 "), HasSubstr("is 60000")));
}

TEST_F(TokenDocuments, OfALargeFileWithoutTheTokenAreNoted) {
  options.end_of_document = 5;
  folder.write("a/x", raw_tokens<std::uint16_t>(Tokens(std::size_t{1} << 20, 7)));
  EXPECT_THAT(test::opened(options).notes(), ElementsAre(HasSubstr("no token 5 ends another")));
}

// Only where they lie is written down.
TEST_F(TokenDocuments, StayWhereTheyAre) {
  options.end_of_document = 0;
  folder.write("a/x", raw_tokens<std::uint16_t>(Tokens{1, 2, 0, 3, 0}));
  const test::TempFolder store;
  prepare(options, store.path());
  EXPECT_FALSE(std::filesystem::exists(store / "0.train.tokens"));
  EXPECT_EQ(std::filesystem::file_size(store / "0.train.places"), 2 * 16u);
  const auto signature = Preparation(options, store.path()).is_done();
  EXPECT_TRUE(signature);

  // Other tokens, an index that comes, another token that ends documents.
  folder.write("a/x.ds", raw_tokens<std::uint16_t>(Tokens{1, 2}));
  EXPECT_FALSE(Preparation(options, store.path()).is_done());
  prepare(options, store.path());
  folder.write("a/x.ds.index", test::datatrove_index({1, 1}));
  EXPECT_FALSE(Preparation(options, store.path()).is_done());
  prepare(options, store.path());
  options.end_of_document = 1;
  EXPECT_FALSE(Preparation(options, store.path()).is_done());
}

TEST_F(TokenDocuments, OfAFileThatShrankAfterwards) {
  options.end_of_document = 0;
  folder.write("a/x", raw_tokens<std::uint16_t>(Tokens{1, 2, 0, 3, 0}));
  const test::TempFolder store;
  prepare(options, store.path());
  folder.write("a/x", raw_tokens<std::uint16_t>(Tokens{1}));
  EXPECT_THROW(Corpus::prepared(store.path()), core::DataError);
  std::filesystem::remove(folder.path() / "a/x");
  EXPECT_THROW(Corpus::prepared(store.path()), core::DataError);
}

}  // namespace
}  // namespace bimix::corpus
