#include "corpus/store/encode.hpp"
#include "corpus/store/units.hpp"
#include "support/opened_corpus.hpp"
#include "support/packed_text.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/corpus/preparation.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bimix::corpus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Texts of several lengths; each has a number of its own in it.
std::vector<std::string> some_texts(int count, const std::string& of) {
  std::vector<std::string> texts;
  for (int n = 0; n < count; ++n) {
    texts.push_back(fmt::format("{} {}:", of, n));
    for (int word = 0; word < n * 37 % 50; ++word) texts.back() += fmt::format(" w{}", word * n);
  }
  return texts;
}

std::string json_lines(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) lines += nlohmann::json{{"text", text}}.dump() + "\n";
  return lines;
}

/// So many documents whose sources take turns.
std::string lines_by_source(int count, const std::vector<std::string>& sources) {
  std::string lines;
  for (int n = 0; n < count; ++n)
    lines += nlohmann::json{{"text", fmt::format("text {}", n)},
                            {"source", sources[static_cast<std::size_t>(n) % sources.size()]}}
                 .dump() +
             "\n";
  return lines;
}

/// Every file of a folder, by its name.
std::map<std::string, std::string> files_in(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] = core::read_file(entry.path());
  return files;
}

class Prepared : public testing::Test {
 protected:
  CorpusOptions options_of(const std::string& a, const std::string& b) const {
    CorpusOptions options{.base = folder.path(), .seed = 5};
    options.domains.push_back({.name = "a", .train_patterns = {a}});
    options.domains.push_back({.name = "b", .train_patterns = {b}});
    return options;
  }
  /// Two domains of text, with a tokenizer that is trained on them.
  CorpusOptions to_be_encoded() const {
    folder.write("a.jsonl", json_lines(some_texts(300, "words of the first")));
    folder.write("b.jsonl", json_lines(some_texts(300, "and of the second")));
    CorpusOptions options = options_of("a.jsonl", "b.jsonl");
    options.tokenizer.train = 300;
    return options;
  }
  nlohmann::json manifest(const std::string& store) const {
    return nlohmann::json::parse(core::read_file(folder / store / "prepared.json"));
  }

  test::TempFolder folder;
};

TEST_F(Prepared, IsTheSameOfTextsInWhateverFiles) {
  const auto a = some_texts(40, "first"), b = some_texts(70, "second");
  for (std::size_t n = 0; n < a.size(); ++n) folder.write(fmt::format("a/{:02}.txt", n), a[n]);
  for (std::size_t n = 0; n < b.size(); ++n) folder.write(fmt::format("b/{:02}.txt", n), b[n]);
  folder.write("a.jsonl", json_lines(a));
  folder.write("b.jsonl", json_lines(b));
  folder.write("a.jsonl.gz", test::gzipped(json_lines(a)));
  folder.write("b.jsonl.gz", test::gzipped(json_lines(b)));
  folder.write("a.0.zst", test::zstd_packed(json_lines({a.begin(), a.begin() + 7})));
  folder.write("a.1.zst", test::zstd_packed(json_lines({a.begin() + 7, a.end()})));
  folder.write("b.0.zst", test::zstd_packed(json_lines(b)));
  prepare(options_of("a/*.txt", "b/*.txt"), folder / "plain");
  prepare(options_of("a.jsonl", "b.jsonl"), folder / "lines");
  prepare(options_of("a.jsonl.gz", "b.jsonl.gz"), folder / "gzip");
  prepare(options_of("a.*.zst", "b.*.zst"), folder / "zstd");
  CorpusOptions by_command = options_of("", "");
  for (DomainFiles& domain : by_command.domains) {
    domain.train_patterns.clear();
    domain.command = {"cat", domain.name + ".jsonl"};
  }
  prepare(by_command, folder / "command");

  auto plain = files_in(folder / "plain");
  EXPECT_EQ(plain.size(), 9u) << "four files for each domain, and prepared.json";
  for (const char* other : {"lines", "gzip", "zstd", "command"}) {
    auto files = files_in(folder / other);
    auto told = manifest(other), told_of_plain = manifest("plain");
    told.erase("signature");
    told_of_plain.erase("signature");
    EXPECT_EQ(told, told_of_plain) << other;
    files["prepared.json"] = plain["prepared.json"];
    EXPECT_EQ(files, plain) << other;
  }

  const Corpus corpus = Corpus::prepared(folder / "zstd");
  auto all = test::documents_of(corpus.tokens(0, Part::train));
  const auto eval = test::documents_of(corpus.tokens(0, Part::eval));
  EXPECT_GE(eval.size(), 2u);
  all.insert(all.end(), eval.begin(), eval.end());
  EXPECT_THAT(all, testing::UnorderedElementsAreArray(a));
}

// Units are read by any rank, in any order.
TEST_F(Prepared, IsTheSameInWhateverOrderUnitsAreReadAndAfterAnInterruption) {
  for (int n = 0; n < 6; ++n)
    folder.write(fmt::format("a/{}.jsonl", n), json_lines(some_texts(30, fmt::format("a{}", n))));
  folder.write("b.jsonl", json_lines(some_texts(50, "b")));
  const CorpusOptions options = options_of("a/*", "b.jsonl");
  prepare(options, folder / "at once");

  const auto nothing = [](std::uint64_t) {};
  {
    const Preparation killed(options, folder / "parts");
    killed.begin();
    killed.read_unit(1, nothing);
  }
  const Preparation root(options, folder / "parts");
  root.begin();
  const Preparation other = Preparation::from(root.shared());
  ASSERT_GE(root.unit_count(), 2u);
  for (std::size_t unit = root.unit_count(); unit-- > 0;) other.read_unit(unit, nothing);
  root.settle();
  for (std::size_t unit = root.unit_count(); unit-- > 0;)
    other.encode_unit(unit, [](std::uint64_t) {});
  root.place();
  for (std::size_t unit = root.unit_count(); unit-- > 0;)
    other.copy_unit(unit, [](std::uint64_t) {});
  EXPECT_FALSE(other.is_done());
  root.finish();
  EXPECT_TRUE(other.is_done());
  EXPECT_EQ(files_in(folder / "parts"), files_in(folder / "at once"));
}

// After a kill at the last moment the pieces stayed for good: as much as all of the texts.
TEST_F(Prepared, DropsPiecesThatWereLeftWhenAllWasDone) {
  folder.write("a.jsonl", json_lines(some_texts(30, "a")));
  folder.write("b.jsonl", json_lines(some_texts(30, "b")));
  const CorpusOptions options = options_of("a.jsonl", "b.jsonl");
  prepare(options, folder / "store");
  const auto files = files_in(folder / "store");
  folder.write("store/pieces/0.0.texts", "left");
  prepare(options, folder / "store");
  EXPECT_FALSE(std::filesystem::exists(folder / "store/pieces"));
  EXPECT_EQ(files_in(folder / "store"), files);
  // Another process has just begun to make the folder of other texts.
  folder.write("store/pieces/plan", "of others");
  prepare(options, folder / "store");
  EXPECT_TRUE(std::filesystem::exists(folder / "store/pieces/plan"));
}

// Hours of encoding began anew.
TEST_F(Prepared, KeepsWhatWasEncodedBeforeAnInterruption) {
  const CorpusOptions options = to_be_encoded();
  prepare(options, folder / "at once");
  const auto nothing = [](std::uint64_t) {};
  const auto encoded = [&](int unit) {
    return folder / fmt::format("parts/pieces/{}.encoded", unit);
  };
  {
    const Preparation killed(options, folder / "parts");
    killed.begin();
    for (std::size_t unit = 0; unit < killed.unit_count(); ++unit) killed.read_unit(unit, nothing);
    killed.settle();
    killed.encode_unit(0, nothing);
    EXPECT_TRUE(std::filesystem::exists(encoded(0)));
    EXPECT_FALSE(std::filesystem::exists(encoded(1)));
    folder.write("parts/pieces/1.0.codes.tokens", "torn");
  }
  const auto model_made = std::filesystem::last_write_time(folder / "parts/tokenizer.model");
  const auto codes_made =
      std::filesystem::last_write_time(folder / "parts/pieces/0.0.codes.tokens");
  {
    const Preparation again(options, folder / "parts");
    again.begin();
    again.settle();
    std::uint64_t told = 0;
    again.encode_unit(0, [&](std::uint64_t bytes) { told += bytes; });
    EXPECT_EQ(told, again.text_bytes(0));
  }
  EXPECT_EQ(std::filesystem::last_write_time(folder / "parts/tokenizer.model"), model_made);
  EXPECT_EQ(std::filesystem::last_write_time(folder / "parts/pieces/0.0.codes.tokens"), codes_made);
  prepare(options, folder / "parts");
  EXPECT_EQ(files_in(folder / "parts"), files_in(folder / "at once"));
}

TEST_F(Prepared, TellsAboutHowManyBytesOfTextThereWillBe) {
  std::string text;
  for (int n = 0; n < 400; ++n) text += fmt::format("line {} of {}\n", n * 7919 % 1000, n);
  folder.write("a.jsonl.zst", test::zstd_packed(json_lines({text, text + "2"})));
  folder.write("b.txt", text);
  const CorpusOptions options = options_of("a.jsonl.zst", "b.txt");
  EXPECT_NEAR(static_cast<double>(Preparation(options, folder / "store").estimated_texts().bytes),
              3.0 * static_cast<double>(text.size()), 0.05 * static_cast<double>(text.size()));
  CorpusOptions printed = options;
  printed.domains[0].train_patterns.clear();
  printed.domains[0].command = {"sleep", "600"};
  EXPECT_EQ(Preparation(printed, folder / "store").estimated_texts().bytes, 0u);
}

// Of texts that pack to a hundredth less was foreseen than there were, by what lay in the buffers.
TEST_F(Prepared, TellsOfTextsThatPackWellAndOfDomainsThatPackUnlike) {
  std::vector<std::string> texts;
  for (int n = 0; n < 8000; ++n) texts.push_back(fmt::format("{} {}", n, std::string(2500, 'x')));
  std::string plain;
  for (int n = 0; n < 30'000; ++n) plain += fmt::format("line {} of {}\n", n * 7919 % 1000, n);
  std::size_t bytes = plain.size();
  for (const std::string& text : texts) bytes += text.size();
  folder.write("b.txt", plain);
  for (const auto& packed :
       {test::zstd_packed(json_lines(texts)), test::gzipped(json_lines(texts))}) {
    folder.write("a.jsonl", packed);
    const Preparation preparation(options_of("a.jsonl", "b.txt"), folder / "store");
    EXPECT_NEAR(static_cast<double>(preparation.estimated_texts().bytes),
                static_cast<double>(bytes), 0.1 * static_cast<double>(bytes));
  }
}

TEST_F(Prepared, SaysThatTextsAreChosenFromWhatItTellsOf) {
  folder.write("all.jsonl", lines_by_source(60, {"web", "books"}));
  CorpusOptions options = options_of("all.jsonl", "all.jsonl");
  EXPECT_FALSE(Preparation(options, folder / "store").estimated_texts().are_filtered);
  options.domains[0].where = {{"source", {"web"}}};
  EXPECT_TRUE(Preparation(options, folder / "store").estimated_texts().are_filtered);
}

TEST_F(Prepared, IsMadeAgainWhereASourceOrAnOptionChanged) {
  folder.write("a.jsonl", json_lines(some_texts(30, "a")));
  folder.write("b.jsonl", json_lines(some_texts(30, "b")));
  CorpusOptions options = options_of("a.jsonl", "b.jsonl");
  prepare(options, folder / "store");
  EXPECT_TRUE(Preparation(options, folder / "store").is_done());
  const std::string before = Corpus::prepared(folder / "store").fingerprint(0);

  folder.write("a.jsonl", json_lines(some_texts(31, "a")));
  EXPECT_FALSE(Preparation(options, folder / "store").is_done());
  prepare(options, folder / "store");
  EXPECT_NE(Corpus::prepared(folder / "store").fingerprint(0), before);

  options.seed = 6;
  EXPECT_FALSE(Preparation(options, folder / "store").is_done());
}

// Two campaigns of one store, or texts that are edited: what a run has open stays what it was.
TEST_F(Prepared, LeavesTextsThatAreOpenAsTheyWereWhereItIsMadeAnew) {
  folder.write("a.jsonl", json_lines(some_texts(30, "a")));
  folder.write("b.jsonl", json_lines(some_texts(30, "b")));
  CorpusOptions options = options_of("a.jsonl", "b.jsonl");
  prepare(options, folder / "store");
  const Corpus open = Corpus::prepared(folder / "store");
  const auto text_of = [](const Corpus& corpus) {
    const PackedTokens& packed = corpus.tokens(0, Part::train);
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(packed.size()));
    packed.copy(0, tokens);
    return tokens;
  };
  const std::vector<std::int32_t> before = text_of(open);
  for (const int texts : {40, 3}) {
    folder.write("a.jsonl", json_lines(some_texts(texts, "other")));
    prepare(options, folder / "store");
    EXPECT_EQ(text_of(open), before);
    EXPECT_NE(text_of(Corpus::prepared(folder / "store")), before);
  }
}

TEST_F(Prepared, TakesDomainsByAFieldOutOfTheSameFile) {
  folder.write("all.jsonl", lines_by_source(60, {"web", "books", "books"}));
  CorpusOptions options = options_of("all.jsonl", "all.jsonl");
  options.domains[0].where = {{"source", {"web"}}};
  options.domains[1].where = {{"source", {"books"}}};
  EXPECT_EQ(plan_reading(options).units.size(), 1u) << "it is read once";
  prepare(options, folder / "store");
  EXPECT_EQ(manifest("store")["domains"][0]["train"]["documents"], 18);
  EXPECT_EQ(manifest("store")["domains"][1]["train"]["documents"], 36);
  options.domains[1].where = {{"source", {"nothing"}}};
  EXPECT_THAT([&] { prepare(options, folder / "none"); },
              testing::ThrowsMessage<core::DataError>(testing::AllOf(
                  HasSubstr("domain 'b': no document is left to train on"),
                  HasSubstr("60 that do not meet its `where` or `by`"), HasSubstr("Correct"))));
}

// What nobody takes of a file that two domains read was counted by both.
TEST_F(Prepared, CountsWhatOfASharedFileIsLeftOutOnce) {
  folder.write("all.jsonl", "torn\n" + lines_by_source(80, {"web", "books", "news", "mail"}));
  CorpusOptions options = options_of("all.jsonl", "all.jsonl");
  options.on_error = OnError::skip;
  options.domains[0].where = {{"source", {"web"}}};
  options.domains[1].where = {{"source", {"books"}}};
  prepare(options, folder / "store");
  const auto told = manifest("store")["domains"];
  EXPECT_EQ(told[0]["unwanted"], 40);
  EXPECT_EQ(told[0]["not_taken"], 60);
  EXPECT_EQ(told[0]["damaged"], 1);
  EXPECT_EQ(told[1]["unwanted"], 0);
  EXPECT_EQ(told[1]["not_taken"], 60);
  EXPECT_EQ(told[1]["damaged"], 0);
}

TEST_F(Prepared, StartsAProgramOnceForAllDomainsThatReadIt) {
  folder.write("all.jsonl", lines_by_source(60, {"b", "a"}));
  CorpusOptions options = options_of("", "");
  for (DomainFiles& domain : options.domains) {
    domain.train_patterns.clear();
    domain.command = {"sh", "-c", "echo started >> log; cat all.jsonl"};
    domain.where = {{"source", {domain.name}}};
  }
  prepare(options, folder / "store");
  EXPECT_EQ(core::read_file(folder / "log"), "started\n");
  EXPECT_EQ(manifest("store")["domains"][0]["documents"], 30);
  EXPECT_EQ(manifest("store")["domains"][1]["documents"], 30);
}

// A disk that lost what was written last left zeros, which were trained on.
TEST_F(Prepared, IsRefusedIfItsFilesAreNotWhatWasWritten) {
  folder.write("a.jsonl", json_lines(some_texts(30, "a")));
  folder.write("b.jsonl", json_lines(some_texts(30, "b")));
  const CorpusOptions options = options_of("a.jsonl", "b.jsonl");
  prepare(options, folder / "store");
  const std::string file = "store/0.train.tokens";
  folder.write(file, std::string(core::read_file(folder / file).size(), '\0'));
  EXPECT_THAT([&] { prepare(options, folder / "store"); },
              testing::ThrowsMessage<core::DataError>(testing::AllOf(
                  HasSubstr("not as they were written"), HasSubstr("Remove the folder"))));
}

// Another tokenizer than the one that texts were encoded by went into the folder of a run.
TEST_F(Prepared, IsRefusedWithoutTheTokenizerThatItWasEncodedBy) {
  const CorpusOptions options = to_be_encoded();
  prepare(options, folder / "store");
  const Preparation again(options, folder / "store");
  EXPECT_TRUE(again.is_done());
  const std::string file = "store/tokenizer.model", model = core::read_file(folder / file);
  const auto is_refused = testing::ThrowsMessage<core::DataError>(HasSubstr("not as they were"));
  std::string other = model;
  other[other.size() / 2] ^= 1;
  folder.write(file, other);
  EXPECT_THAT([&] { (void)again.is_done(); }, is_refused);
  std::filesystem::remove(folder / file);
  EXPECT_THAT([&] { (void)again.is_done(); }, is_refused);
  folder.write(file, model);
  EXPECT_TRUE(again.is_done());
}

// Losses in bits a byte were told by bytes that nobody had counted.
TEST_F(Prepared, IsRefusedIfItsCountsAreNotWhatWasWritten) {
  folder.write("a.jsonl", json_lines(some_texts(30, "a")));
  folder.write("b.jsonl", json_lines(some_texts(30, "b")));
  const CorpusOptions options = options_of("a.jsonl", "b.jsonl");
  prepare(options, folder / "store");
  auto told = manifest("store");
  told["domains"][0]["eval"]["bytes"] = told["domains"][0]["eval"]["bytes"].get<int>() + 1;
  folder.write("store/prepared.json", told.dump());
  EXPECT_THAT([&] { prepare(options, folder / "store"); },
              testing::ThrowsMessage<core::DataError>(HasSubstr("not as they were written")));
}

TEST_F(Prepared, DropsTextsOnceTheyAreEncoded) {
  const CorpusOptions options = to_be_encoded();
  const auto nothing = [](std::uint64_t) {};
  const Preparation preparation(options, folder / "store");
  preparation.begin();
  for (std::size_t unit = 0; unit < 2; ++unit) preparation.read_unit(unit, nothing);
  preparation.settle();
  EXPECT_TRUE(std::filesystem::exists(folder / "store/pieces/0.0.texts"));
  preparation.encode_unit(0, nothing);
  EXPECT_FALSE(std::filesystem::exists(folder / "store/pieces/0.0.texts"));
  EXPECT_GT(preparation.text_bytes(0), 10'000u);
}

TEST_F(Prepared, DropsDuplicatesAndWhatIsEvaluatedOn) {
  auto a = some_texts(10, "a");
  a.push_back(a[3]);
  a.push_back("held out");
  folder.write("a.jsonl", json_lines(a));
  folder.write("a.eval.jsonl", json_lines({"held out", "held out too"}));
  folder.write("b.jsonl", json_lines({"held out too", a[2], "only here"}));
  folder.write("b.eval.jsonl", json_lines({"x"}));
  CorpusOptions options = options_of("a.jsonl", "b.jsonl");
  options.domains[0].eval_patterns = {"a.eval.jsonl"};
  options.domains[1].eval_patterns = {"b.eval.jsonl"};
  prepare(options, folder / "store");
  const Corpus corpus = Corpus::prepared(folder / "store");
  EXPECT_THAT(test::documents_of(corpus.tokens(0, Part::train)),
              testing::ElementsAreArray(a.begin(), a.begin() + 10));
  EXPECT_THAT(test::documents_of(corpus.tokens(1, Part::train)), ElementsAre(a[2], "only here"));
  const auto told = manifest("store")["domains"];
  EXPECT_EQ(told[0]["duplicates"], 1);
  EXPECT_EQ(told[0]["evaluated_on"], 1);
  EXPECT_EQ(told[0]["in_other_domains"], 1);
  EXPECT_EQ(told[1]["evaluated_on"], 1);
}

TEST_F(Prepared, CutsTheOnlyTextOfADomainAtALineEnd) {
  std::string text;
  for (int n = 0; n < 300; ++n) text += fmt::format("line {}\n", n);
  folder.write("a.txt", text);
  folder.write("b.jsonl", json_lines({text + "."}));
  prepare(options_of("a.txt", "b.jsonl"), folder / "store");
  const Corpus corpus = Corpus::prepared(folder / "store");
  const auto train = test::documents_of(corpus.tokens(0, Part::train)),
             eval = test::documents_of(corpus.tokens(0, Part::eval));
  ASSERT_EQ(train.size(), 1u);
  ASSERT_EQ(eval.size(), 1u);
  EXPECT_EQ(train[0] + eval[0], text);
  EXPECT_EQ(corpus.table().rows[0].documents, 1u) << "it is cut, and still one";
  EXPECT_EQ(corpus.table().rows[0].longest, text.size());
  EXPECT_EQ(train[0].back(), '\n');
  EXPECT_NEAR(static_cast<double>(eval[0].size()), 0.1 * static_cast<double>(text.size()), 10);
}

TEST_F(Prepared, NamesWhatIsDamagedOrLeavesItOutAndCounts) {
  folder.write("a.jsonl", json_lines(some_texts(20, "a")) + "torn\n" + json_lines({"", "last"}));
  folder.write("b.jsonl", json_lines(some_texts(20, "b")));
  CorpusOptions options = options_of("a.jsonl", "b.jsonl");
  EXPECT_THAT([&] { prepare(options, folder / "store"); },
              testing::ThrowsMessage<core::DataError>(HasSubstr("a.jsonl:21: no JSON")));
  options.on_error = OnError::skip;
  prepare(options, folder / "store");
  EXPECT_EQ(manifest("store")["domains"][0]["damaged"], 2);
  EXPECT_THAT(manifest("store")["domains"][0]["first_damage"].get<std::string>(),
              HasSubstr("a.jsonl:21: no JSON"));
}

// An empty shard ended the reading of thousands of others, though such were to be skipped.
TEST_F(Prepared, PassesOverAnEmptyFileIfItIsAskedTo) {
  folder.write("a/0.jsonl", "");
  folder.write("a/1.jsonl", json_lines(some_texts(20, "a")));
  folder.write("b/0.txt", "");
  folder.write("b/1.txt", std::string(500, 'b'));
  CorpusOptions options = options_of("a/*", "b/*");
  EXPECT_THAT([&] { prepare(options, folder / "store"); },
              testing::ThrowsMessage<core::DataError>(HasSubstr("a/0.jsonl: the file is empty")));
  options.on_error = OnError::skip;
  prepare(options, folder / "store");
  EXPECT_EQ(manifest("store")["domains"][0]["documents"], 20);
  EXPECT_EQ(manifest("store")["domains"][1]["damaged"], 1);
}

// Of empty shards of JSON Lines nobody learnt, and an empty one that was packed passed for texts.
TEST_F(Prepared, CountsEmptyFilesOfJsonLinesAndRefusesAPackedOne) {
  for (const std::string& packed : {test::gzipped(""), test::zstd_packed("")}) {
    folder.write("a/0.jsonl.gz", packed);
    folder.write("a/1.jsonl", json_lines(some_texts(20, "a")));
    folder.write("b/1.jsonl", json_lines(some_texts(20, "b")));
    CorpusOptions options = options_of("a/*", "b/*");
    EXPECT_THAT([&] { prepare(options, folder / "store"); },
                testing::ThrowsMessage<core::DataError>(HasSubstr("a/0.jsonl.gz: holds no text")));
    options.on_error = OnError::skip;
    folder.write("a/2.jsonl", "");
    folder.write("a/3.jsonl.gz", "");
    prepare(options, folder / "store");
    EXPECT_EQ(manifest("store")["domains"][0]["damaged"], 3);
    EXPECT_EQ(manifest("store")["domains"][0]["documents"], 20);
    EXPECT_EQ(manifest("store")["domains"][1]["damaged"], 0);
    std::filesystem::remove_all(folder / "a");
    std::filesystem::remove_all(folder / "store");
  }
}

TEST_F(Prepared, EncodesTextsByATokenizerAndRefusesWhatIsNoUtf8) {
  std::string latin;
  for (int n = 0; n < 400; ++n)
    latin += fmt::format(
        "Stra\xdf"
        "e {}\n",
        n);
  folder.write("a.jsonl", json_lines(some_texts(300, "words of the first")));
  folder.write("b/1.txt", latin);
  folder.write("b/2.txt", "Straße und mehr\n");
  folder.write("b/3.txt", std::string(500, 'x'));
  CorpusOptions options = options_of("a.jsonl", "b/*.txt");
  options.tokenizer.train = 300;
  EXPECT_THAT([&] { prepare(options, folder / "store"); },
              testing::ThrowsMessage<core::DataError>(
                  testing::AllOf(HasSubstr("b/1.txt: is no UTF-8 at byte 4"), HasSubstr("iconv"))));
  options.on_error = OnError::skip;
  prepare(options, folder / "store");
  EXPECT_EQ(manifest("store")["domains"][1]["damaged"], 1);
  const Corpus corpus = Corpus::prepared(folder / "store");
  EXPECT_EQ(corpus.format(), (TokenFormat{2, 300}));
  EXPECT_LT(corpus.table().rows[0].tokens, corpus.table().rows[0].bytes);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(corpus.tokens(0, Part::train).size()));
  corpus.tokens(0, Part::train).copy(0, tokens);
  for (const std::int32_t token : tokens) ASSERT_LT(token, 300);
  // The same texts are held out whatever they are encoded by.
  options.tokenizer.train = 0;
  prepare(options, folder / "bytes");
  EXPECT_EQ(manifest("bytes")["domains"][0]["eval"]["documents"],
            manifest("store")["domains"][0]["eval"]["documents"]);
  EXPECT_EQ(manifest("bytes")["domains"][0]["eval"]["bytes"],
            manifest("store")["domains"][0]["eval"]["bytes"]);
}

// Of a line above 8 KB all but the beginning was lost to the tokenizer's sample.
TEST(TakeLine, GivesLongLinesInPartsAndLosesNothing) {
  for (const std::string& text :
       {std::string("one\n\ntwo\n"), std::string(20'000, 'x'), " " + std::string(20'000, 'x'),
        "a " + std::string(8'190, 'y') + "\nz", std::string(8'192, 'y') + "\nz"}) {
    std::string_view rest = text;
    std::size_t taken = 0, steps = 0;
    while (!rest.empty() && ++steps < 100) {
      const std::string_view line = take_line(rest);
      EXPECT_LE(line.size(), 8192u);
      taken += line.size();
    }
    EXPECT_EQ(taken,
              text.size() - static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  }
}

// ---- units

TEST_F(Prepared, ReadsALargeFileOfLinesInStretchesAndSmallFilesTogether) {
  std::vector<std::string> texts = some_texts(400, "a");
  folder.write("a.jsonl", json_lines(texts));
  for (int n = 0; n < 9; ++n)
    folder.write(fmt::format("b/{}.txt", n), std::string(400, 'b') + std::to_string(n));
  const CorpusOptions options = options_of("a.jsonl", "b/*.txt");
  const ReadingPlan plan = plan_reading(options, {.least = 1300, .most = 5000});
  std::uint64_t bytes = 0;
  std::size_t stretches = 0, together = 0;
  for (const Unit& unit : plan.units) {
    if (unit.takers.front().side == 0) {
      ASSERT_EQ(unit.files.size(), 1u);
      EXPECT_EQ(unit.files[0].range.from, bytes);
      bytes += unit.bytes();
      ++stretches;
    } else {
      together = std::max(together, unit.files.size());
    }
  }
  EXPECT_EQ(bytes, json_lines(texts).size());
  EXPECT_GE(stretches, 4u);
  EXPECT_EQ(together, 3u);
}

}  // namespace
}  // namespace bimix::corpus
