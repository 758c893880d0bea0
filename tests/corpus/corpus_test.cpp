#include "support/opened_corpus.hpp"
#include "support/text_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/corpus/corpus.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace bimix::corpus {
namespace {

using testing::HasSubstr;

std::set<std::string> documents(const Corpus& corpus, std::size_t domain, Part part) {
  const auto all = test::documents_of(corpus.tokens(domain, part));
  return {all.begin(), all.end()};
}

std::string text_of(const Corpus& corpus, std::size_t domain, Part part) {
  std::string text;
  for (const Stretch& document : corpus.tokens(domain, part).stretches())
    text.append(document.tokens.bytes().begin(), document.tokens.bytes().end());
  return text;
}

template <typename ErrorType>
std::string complaint_about(const CorpusOptions& options) {
  try {
    const Corpus corpus = test::opened(options);
  } catch (const ErrorType& error) {
    return error.what();
  }
  return "no complaint";
}

/// Twenty documents of 100 to 290 bytes: "a/00" to "a/19".
void write_documents(const test::TextFolder& folder, const std::string& domain) {
  for (int i = 0; i < 20; ++i)
    folder.write(domain + "/" + std::string(i < 10 ? "0" : "") + std::to_string(i),
                 std::string(static_cast<std::size_t>(100 + 10 * i), static_cast<char>('a' + i)));
}

TEST(Corpus, HoldsTheBytesOfItsFiles) {
  const test::TextFolder folder;
  folder.write("a/x", "train\xff");
  folder.write("e/y", "eval");
  CorpusOptions options = folder.options({"a"});
  options.domains[0].eval_patterns = {"e/*"};
  const Corpus corpus = test::opened(options);
  EXPECT_EQ(text_of(corpus, 0, Part::train), "train\xff");
  EXPECT_EQ(text_of(corpus, 0, Part::eval), "eval");
  std::vector<std::int32_t> last(1);
  corpus.tokens(0, Part::train).copy(5, last);
  EXPECT_EQ(last[0], 255);
}

TEST(Corpus, SplitsWholeDocumentsNearTheFraction) {
  const test::TextFolder folder;
  write_documents(folder, "a");
  CorpusOptions options = folder.options({"a"});
  options.eval_fraction = 0.2;
  const Corpus corpus = test::opened(options);
  const auto train = documents(corpus, 0, Part::train);
  const auto eval = documents(corpus, 0, Part::eval);
  EXPECT_EQ(train.size() + eval.size(), 20u);
  for (const std::string& text : eval) EXPECT_FALSE(train.contains(text)) << text;
  // 3900 bytes: each step towards 780 ends within half of the largest document.
  EXPECT_NEAR(static_cast<double>(corpus.tokens(0, Part::eval).size()), 780.0, 290.0 / 2);
  EXPECT_EQ(corpus.tokens(0, Part::train).size() + corpus.tokens(0, Part::eval).size(), 3900);
}

TEST(Corpus, SplitsBySeedAndContentOnly) {
  const test::TextFolder folder, elsewhere;
  write_documents(folder, "a");
  write_documents(elsewhere, "other/place");
  std::filesystem::rename(elsewhere.path() / "other/place/00", elsewhere.path() / "other/place/0");
  CorpusOptions options = folder.options({"a"});
  CorpusOptions moved = elsewhere.options({"a"});
  moved.domains[0].train_patterns = {"other/place/*"};
  const Corpus corpus = test::opened(options);
  EXPECT_EQ(documents(corpus, 0, Part::eval), documents(test::opened(moved), 0, Part::eval));
  EXPECT_EQ(corpus.fingerprint(), test::opened(moved).fingerprint());
  options.seed = 1;
  EXPECT_NE(documents(corpus, 0, Part::eval), documents(test::opened(options), 0, Part::eval));
}

TEST(Corpus, HoldsOutTheLastLinesOfASingleFile) {
  const test::TextFolder folder;
  const std::string text = test::numbered_lines(200);
  folder.write("a/only", text);
  const Corpus corpus = test::opened(folder.options({"a"}));
  const std::string train = text_of(corpus, 0, Part::train);
  EXPECT_EQ(train + text_of(corpus, 0, Part::eval), text);
  EXPECT_EQ(train.back(), '\n');
  // The line end behind the mark: a line is at most four bytes.
  EXPECT_NEAR(static_cast<double>(corpus.tokens(0, Part::eval).size()),
              0.1 * static_cast<double>(text.size()), 4);
}

TEST(Corpus, CutsAFileWithoutLinesAtTheMark) {
  const test::TextFolder folder;
  folder.write("a/only", std::string(1000, 'x'));
  const Corpus corpus = test::opened(folder.options({"a"}));
  EXPECT_EQ(corpus.tokens(0, Part::train).size(), 900);
  EXPECT_EQ(corpus.tokens(0, Part::eval).size(), 100);
}

TEST(Corpus, TakesAFileOnceHoweverItIsNamed) {
  const test::TextFolder folder;
  folder.write("a/x", test::numbered_lines(100));
  std::filesystem::create_symlink("x", folder.path() / "a/y");
  CorpusOptions options = folder.options({"a"});
  options.domains[0].train_patterns = {"a/*", "a/x"};
  EXPECT_EQ(text_of(test::opened(options), 0, Part::train) +
                text_of(test::opened(options), 0, Part::eval),
            test::numbered_lines(100));
}

TEST(Corpus, ChangesItsFingerprintWithOneByte) {
  const test::TextFolder folder;
  write_documents(folder, "a");
  write_documents(folder, "b");
  const Corpus before = test::opened(folder.options({"a", "b"}));
  folder.write("a/00", std::string(99, 'a') + "b");
  const Corpus after = test::opened(folder.options({"a", "b"}));
  EXPECT_NE(before.fingerprint(), after.fingerprint());
  EXPECT_NE(before.fingerprint(0), after.fingerprint(0));
  EXPECT_EQ(before.fingerprint(1), after.fingerprint(1));
}

TEST(Corpus, ChangesItsFingerprintWithTheOrderOfDocuments) {
  const test::TextFolder folder;
  write_documents(folder, "a");
  write_documents(folder, "b");
  const std::string before = test::opened(folder.options({"a", "b"})).fingerprint();
  EXPECT_NE(before, test::opened(folder.options({"b", "a"})).fingerprint());
  std::filesystem::rename(folder.path() / "a/00", folder.path() / "a/99");
  EXPECT_NE(before, test::opened(folder.options({"a", "b"})).fingerprint());
}

// Of files above 16 MiB blocks are sampled; the first and the last byte are always among them.
TEST(Corpus, FingerprintsTheEndsOfALargeFile) {
  const test::TextFolder folder;
  folder.write("e/eval", "x");
  CorpusOptions options = folder.options({"a"});
  options.domains[0].eval_patterns = {"e/*"};
  std::string text((std::size_t{16} << 20) + 1, 'x');
  const auto fingerprint = [&] {
    folder.write("a/large", text);
    return test::opened(options).fingerprint();
  };
  std::set<std::string> fingerprints{fingerprint()};
  text.back() = 'y';
  fingerprints.insert(fingerprint());
  text.front() = 'y';
  fingerprints.insert(fingerprint());
  EXPECT_EQ(fingerprints.size(), 3u);
}

TEST(Corpus, RefusesAFileOnBothSides) {
  const test::TextFolder folder;
  write_documents(folder, "a");
  write_documents(folder, "b");
  CorpusOptions options = folder.options({"a", "b"});
  options.domains[0].eval_patterns = {"b/00"};
  options.domains[1].eval_patterns = {"a/00"};
  EXPECT_THAT(complaint_about<core::DataError>(options),
              HasSubstr("both trained and evaluated on"));
}

TEST(Corpus, RefusesEmptyFiles) {
  const test::TextFolder folder;
  folder.write("a/nothing", "");
  EXPECT_THAT(complaint_about<core::DataError>(folder.options({"a"})),
              testing::AllOf(HasSubstr("a/nothing: the file is empty"), HasSubstr("Delete it")));
}

TEST(Corpus, RefusesFilesThatCannotBeMapped) {
  const std::string no_text = "/sys/kernel/uevent_seqnum";  // claims a page and cannot be mapped
  if (!std::filesystem::exists(no_text)) GTEST_SKIP() << "no sysfs here";
  CorpusOptions options;
  options.domains = {{.name = "a", .train_patterns = {no_text}, .eval_patterns = {}}};
  EXPECT_THAT(complaint_about<core::DataError>(options), HasSubstr(no_text + ": cannot be mapped"));
}

TEST(Corpus, RefusesWhatIsNoDomain) {
  const test::TextFolder folder;
  write_documents(folder, "a");
  EXPECT_THAT(complaint_about<core::UsageError>(folder.options({})), HasSubstr("no domain"));
  EXPECT_THAT(complaint_about<core::UsageError>(folder.options({"a", "a"})),
              HasSubstr("given twice"));
  EXPECT_THAT(complaint_about<core::DataError>(folder.options({"b"})),
              HasSubstr("b/*: matches no file"));
  CorpusOptions options = folder.options({"a"});
  options.domains[0].train_patterns.clear();
  EXPECT_THAT(complaint_about<core::UsageError>(options),
              HasSubstr("domains.a: no training files"));
  for (const double fraction : {0.0, -1.0, 0.6, std::nan("")}) {
    options = folder.options({"a"});
    options.eval_fraction = fraction;
    EXPECT_THAT(complaint_about<core::UsageError>(options), HasSubstr("outside (0, 0.5]"));
  }
}

// The table told of the tokens of all documents, where sequences within documents leave their ends
// out.
TEST(Corpus, TellsTheTokensThatSequencesAreCutFrom) {
  const test::TextFolder folder;
  write_documents(folder, "a");
  CorpusOptions options = folder.options({"a"});
  const Corpus across = test::opened(options);
  EXPECT_EQ(across.table(64).rows[0].pool, across.table().rows[0].pool);
  options.pack = SequencePacking::within;
  const Corpus within = test::opened(options);
  EXPECT_EQ(static_cast<double>(within.table(64).rows[0].pool), within.pools(64)[0]);
  EXPECT_LT(within.table(64).rows[0].pool, within.table().rows[0].pool);
  EXPECT_GT(within.table(64).rows[0].pool, 0u);
}

TEST(Corpus, NamesTheDomainThatIsShorterThanASequence) {
  const test::TextFolder folder;
  folder.write("a/x", std::string(1000, 'x'));
  folder.write("b/x", std::string(90, 'x'));
  const Corpus corpus = test::opened(folder.options({"a", "b"}));
  EXPECT_NO_THROW(corpus.require_sequences(8));
  try {
    corpus.require_sequences(9);  // 9 tokens held out
    ADD_FAILURE();
  } catch (const core::DataError& error) {
    EXPECT_STREQ(error.what(),
                 "domain 'b': its evaluation part has 9 tokens (one sequence takes context + 1 = "
                 "10). Add text to it, choose a shorter context, or, where they "
                 "are given, raise `fraction` or lower the target of `match_epochs`.");
  }
}

}  // namespace
}  // namespace bimix::corpus
