#include "end_to_end/campaign_text.hpp"
#include "support/packed_text.hpp"
#include "support/token_indexes.hpp"

#include <bimix/store/results.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

/// Campaigns on documents as teams keep them.
namespace bimix {
namespace {

using test::bimix;
using test::TemporaryFolder;
using test::tiny_campaign_rest;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> documents_of(const std::string& domain) {
  std::vector<std::string> documents;
  for (int n = 0; n < 60; ++n) {
    documents.push_back(fmt::format("{} {}:\n", domain, n));
    for (int word = 0; word < 60; ++word)
      documents.back() += domain == "words"
                              ? fmt::format("the {}er of \"{}\" ", n % 7, word * n % 23)
                              : fmt::format("{}+{}={}\n", n, word, n + word);
  }
  return documents;
}

std::string escaped(const std::string& text) {
  std::string json;
  for (const char c : text)
    json += c == '"' ? std::string("\\\"") : c == '\n' ? std::string("\\n") : std::string(1, c);
  return json;
}

std::string json_lines(const std::vector<std::string>& documents) {
  std::string lines;
  for (const std::string& document : documents)
    lines += "{\"id\": 7, \"text\": \"" + escaped(document) + "\"}\n";
  return lines;
}

/// @param sources of the two domains, `train: ...` or `read: ...`
std::string campaign_text(const std::string& words, const std::string& sums,
                          const std::string& extra = "") {
  return "name: tiny\nseed: 3\ndomains:\n  words: {" + words + ", share: 0.6}\n  sums: {" + sums +
         ", share: 0.4}\n" + tiny_campaign_rest + extra;
}

/// Every file of the only prepared folder of a run's parent.
std::map<std::string, std::string> prepared_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& store : std::filesystem::directory_iterator(folder + "/prepared"))
    for (const auto& file : std::filesystem::directory_iterator(store.path()))
      if (const std::string name = file.path().filename().string(); name != "lock")
        files[name] = test::bytes_of(file.path());
  return files;
}

/// Without what names the files that texts were in.
std::vector<std::string> differences_in_numbers(const std::string& a, const std::string& b) {
  std::vector<std::string> skip = store::timing_paths();
  skip.push_back("/provenance");
  return store::differences(a + "/results.h5", b + "/results.h5", skip);
}

TEST(Documents, GiveTheSameLossesFromWhateverFilesAndRanks) {
  const TemporaryFolder folder;
  for (const std::string domain : {"words", "sums"}) {
    const auto documents = documents_of(domain);
    for (std::size_t n = 0; n < documents.size(); ++n)
      test::write_text(folder / fmt::format("{}/{:02}.txt", domain, n), documents[n]);
    const std::string lines = json_lines(documents);
    test::write_text(folder / (domain + ".jsonl"), lines);
    test::write_text(folder / (domain + ".jsonl.gz"), test::gzipped(lines));
    test::write_text(folder / (domain + ".jsonl.zst"), test::zstd_packed(lines));
  }
  const std::map<std::string, std::pair<std::string, std::string>> sources{
      {"plain", {"train: words/*.txt", "train: sums/*.txt"}},
      {"lines", {"train: words.jsonl", "train: sums.jsonl"}},
      {"gzip", {"train: words.jsonl.gz", "train: sums.jsonl.gz"}},
      {"zstd", {"train: words.jsonl.zst", "train: sums.jsonl.zst"}},
      {"read", {"read: [cat, words.jsonl]", "read: [gzip, -dc, sums.jsonl.gz]"}}};
  int ranks = 1;
  for (const auto& [name, source] : sources) {
    const std::string campaign = folder / (name + ".yaml");
    test::write_text(campaign,
                     campaign_text(source.first, source.second, "tokenizer: {train: 300}\n"));
    const auto run = bimix("run " + campaign + " -o " + (folder / (name + "/run")), ranks);
    ASSERT_EQ(run.exit_code, 0) << run.output;
    ranks = ranks % 3 + 1;
  }
  auto plain = prepared_in(folder / "plain");
  EXPECT_EQ(plain.size(), 10u) << "two parts of two domains, the tokenizer and prepared.json";
  plain.erase("prepared.json");
  for (const auto& [name, source] : sources) {
    EXPECT_THAT(differences_in_numbers(folder / "plain/run", folder / (name + "/run")), IsEmpty());
    auto prepared = prepared_in(folder / name);
    prepared.erase("prepared.json");
    EXPECT_EQ(prepared, plain) << name;
  }
}

// A rank was killed while another one still read.
TEST(Documents, ArePreparedFromWhereAKilledPreparationStood) {
  const TemporaryFolder folder;
  test::write_text(folder / "words.jsonl", json_lines(documents_of("words")));
  test::write_text(folder / "sums.jsonl", json_lines(documents_of("sums")));
  const std::string campaign = folder / "tiny.yaml";
  test::write_text(campaign,
                   campaign_text("train: words.jsonl",
                                 "read: [sh, -c, \"n=0; until [ -e go ] || [ $n = 1200 ]; do sleep "
                                 "0.05; n=$((n+1)); done; cat sums.jsonl\"]"));
  const std::string prepare = "prepare " + campaign + " -o " + (folder / "broken/run");
  const auto killed = test::shell(
      BIMIX_PROGRAM " " + prepare + " & pid=$!; " +
      test::wait_until("ls " + (folder / "broken/prepared") + "/*/pieces/0.json >/dev/null 2>&1",
                       "the first unit was read") +
      "kill -KILL $pid; wait $pid");
  ASSERT_NE(killed.exit_code, 99) << killed.output;
  test::write_text(folder / "go", "");
  const auto again = bimix(prepare, 2);
  ASSERT_EQ(again.exit_code, 0) << again.output;
  EXPECT_THAT(again.output, AllOf(HasSubstr("Preparing"), HasSubstr("Prepared in")));
  ASSERT_EQ(bimix("prepare " + campaign + " -o " + (folder / "whole/run")).exit_code, 0);
  EXPECT_EQ(prepared_in(folder / "broken"), prepared_in(folder / "whole"));
  const auto third = bimix(prepare);
  EXPECT_EQ(third.exit_code, 0);
  EXPECT_THAT(third.output, Not(HasSubstr("Preparing")));
}

// Hours of encoding began anew, and nothing was said while they lasted.
TEST(Documents, AreEncodedFromWhereAKilledPreparationStood) {
  const TemporaryFolder folder;
  for (const std::string domain : {"words", "sums"}) {
    const std::string lines = json_lines(documents_of(domain));
    test::write_text(folder / (domain + ".jsonl"), lines);
    std::ofstream many(folder / ("many_" + domain + ".jsonl"));
    for (int n = 0; n < 60; ++n) many << json_lines({std::string(domain) + std::to_string(n)});
    for (const std::string& document : documents_of(domain))
      for (int n = 0; n < 60; ++n)
        many << "{\"text\": \"" << n << escaped(document) << escaped(document) << "\"}\n";
  }
  const std::string small = folder / "small.yaml", campaign = folder / "tiny.yaml";
  test::write_text(
      small, campaign_text("train: words.jsonl", "train: sums.jsonl", "tokenizer: {train: 300}\n"));
  ASSERT_EQ(bimix("prepare " + small + " -o " + (folder / "small/run")).exit_code, 0);
  ASSERT_EQ(test::shell("cp " + (folder / "small/prepared") + "/*/tokenizer.model " +
                        (folder / "tokenizer.model"))
                .exit_code,
            0);
  test::write_text(campaign, campaign_text("train: many_words.jsonl", "train: many_sums.jsonl",
                                           "tokenizer: {sentencepiece: tokenizer.model}\n"));
  const std::string prepare = "prepare " + campaign + " -o " + (folder / "broken/run");
  const std::string marks =
      "ls " + (folder / "broken/prepared") + "/*/pieces/*.encoded 2>/dev/null";
  const auto killed = test::shell(
      BIMIX_PROGRAM " " + prepare + " & pid=$!; " +
      test::wait_until("[ $(" + marks + " | wc -l) = 1 ]", "the first unit was encoded") +
      "kill -KILL $pid; wait $pid; " + marks + " | wc -l");
  ASSERT_NE(killed.exit_code, 99) << killed.output;
  EXPECT_THAT(killed.output, testing::EndsWith("1\n")) << "one unit is left to encode";
  const auto again = bimix(prepare, 2);
  ASSERT_EQ(again.exit_code, 0) << again.output;
  ASSERT_EQ(bimix("prepare " + campaign + " -o " + (folder / "whole/run")).exit_code, 0);
  EXPECT_EQ(prepared_in(folder / "broken"), prepared_in(folder / "whole"));
}

// It slept on for good, and nobody was told what becomes of what was read.
TEST(Documents, SayWhatIsKeptWhenTheyAreInterruptedAndEndTheirReader) {
  const TemporaryFolder folder;
  test::write_text(folder / "sums.jsonl", json_lines(documents_of("sums")));
  const std::string campaign = folder / "tiny.yaml", seconds = "600.0" + std::to_string(::getpid());
  test::write_text(campaign,
                   campaign_text("read: [sh, -c, \"touch begun; exec sleep " + seconds + "\"]",
                                 "train: sums.jsonl"));
  const auto stopped =
      test::shell(BIMIX_PROGRAM " prepare " + campaign + " -o " + (folder / "run") + " & pid=$!; " +
                  test::wait_until("[ -e " + (folder / "begun") + " ]", "the program was started") +
                  "kill -INT $pid; wait $pid; code=$?; n=0; while pgrep -f '^sleep " + seconds +
                  "' && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done; [ $n -lt 100 ] || echo "
                  "left; exit $code");
  EXPECT_EQ(stopped.exit_code, 75) << stopped.output;
  EXPECT_THAT(stopped.output,
              AllOf(HasSubstr("stopped while preparing texts"),
                    HasSubstr("the same command goes on from there"), Not(HasSubstr("left"))));
}

// Domains that are values of a field of one file, a part of their documents, and sequences that
// stay within each.
TEST(Documents, AreChosenAndCutAsTheCampaignSays) {
  const TemporaryFolder folder;
  std::string lines;
  for (const std::string domain : {"words", "sums"})
    for (const std::string& document : documents_of(domain))
      lines += "{\"source\": \"" + domain + "\", \"text\": \"" + escaped(document) + "\"}\n";
  test::write_text(folder / "all.jsonl", lines);
  const auto run = [&](const std::string& name, const std::string& corpus) {
    const std::string campaign = folder / (name + ".yaml");
    std::string text =
        campaign_text("train: all.jsonl, by: source", "train: all.jsonl, by: source", corpus);
    text.replace(text.find("context: 32, batch: 8"), 21, "context: 256, batch: 1");
    test::write_text(campaign, text);
    const auto result = bimix("run " + campaign + " -o " + (folder / (name + "/run")), 2);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return result.output;
  };
  run("whole", "");
  const auto whole = bimix("corpus --json " + (folder / "whole.yaml"));
  EXPECT_THAT(whole.output, HasSubstr("\"documents\": 60")) << whole.output;
  EXPECT_THAT(run("within", "corpus: {pack: within}\n"),
              HasSubstr("% of its training tokens are in no sequence of"));
  EXPECT_THAT(differences_in_numbers(folder / "whole/run", folder / "within/run"),
              testing::Not(IsEmpty()));
  run("half", "corpus: {fraction: 0.5}\n");
  const auto pool = [&](const std::string& name) {
    const std::string json = bimix("corpus --json " + (folder / (name + ".yaml"))).output;
    const std::string key = "\"train_tokens\": ";
    return std::stol(json.substr(json.find(key) + key.size()));
  };
  EXPECT_EQ(pool("half"), (pool("whole") + 1) / 2);
}

/// Documents as tokens of uint16, each closed by token 256, and how long they are.
struct TokenFile {
  std::string bytes{};
  test::Lengths lengths{};
};

TokenFile tokens_of(const std::string& domain) {
  TokenFile file;
  for (const std::string& document : documents_of(domain)) {
    file.bytes +=
        test::widened<std::uint16_t>(document) + test::raw_tokens<std::uint16_t>(std::vector{256});
    file.lengths.push_back(document.size() + 1);
  }
  return file;
}

TEST(Documents, OfTokensGiveTheSameLossesFromWhateverIndexAndRanks) {
  const TemporaryFolder folder;
  for (const std::string domain : {"words", "sums"}) {
    const auto [bytes, lengths] = tokens_of(domain);
    for (const char* end : {".bin", ".ds", ".npy"})
      test::write_text(folder / (domain + end), bytes);
    test::write_text(folder / (domain + ".idx"), test::megatron_index(lengths, 8, 2));
    test::write_text(folder / (domain + ".ds.index"), test::datatrove_index(lengths));
    test::write_text(folder / (domain + ".csv.gz"), test::gzipped(test::dolma_index(lengths)));
  }
  int ranks = 1;
  for (const std::string kind : {"bin", "ds", "npy"}) {
    std::string text =
        "tokens: uint16\n" + campaign_text("train: words*." + kind, "train: sums*." + kind);
    text.replace(text.find("layers: 1"), 9, "layers: 1, vocabulary: 257");
    const std::string campaign = folder / (kind + ".yaml");
    test::write_text(campaign, text);
    const auto run = bimix("run " + campaign + " -o " + (folder / (kind + "/run")), ranks++);
    ASSERT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(differences_in_numbers(folder / "bin/run", folder / (kind + "/run")), IsEmpty());
    const auto table = bimix("corpus " + campaign);
    EXPECT_THAT(table.output, testing::ContainsRegex("all +120 ")) << table.output;
  }
  EXPECT_EQ(bimix("verify " + (folder / "ds/run")).exit_code, 0);
}

TEST(Documents, AreShownWithWhatWasLeftOut) {
  const TemporaryFolder folder;
  auto words = documents_of("words");
  words.push_back(words[5]);
  test::write_text(folder / "words.jsonl", json_lines(words) + "torn\n");
  test::write_text(folder / "sums.jsonl", json_lines(documents_of("sums")));
  const std::string campaign = folder / "tiny.yaml";
  test::write_text(campaign, campaign_text("train: words.jsonl", "train: sums.jsonl"));
  const auto refused = bimix("corpus " + campaign);
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr("words.jsonl:62: no JSON"), HasSubstr("`corpus: {on_error: skip}`")));
  test::write_text(campaign, campaign_text("train: words.jsonl", "train: sums.jsonl",
                                           "corpus: {on_error: skip, store: kept}\n"));
  const auto shown = bimix("corpus " + campaign);
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_THAT(shown.output, AllOf(HasSubstr("1 document left out as duplicates"),
                                  HasSubstr("1 document left out that could not be read"),
                                  HasSubstr("to train on")));
  EXPECT_TRUE(std::filesystem::is_directory(folder / "kept"));
  const auto json = bimix("corpus --json " + campaign);
  EXPECT_THAT(json.output,
              AllOf(HasSubstr("\"duplicates\": 1"), HasSubstr("\"bytes_per_token\": 1.0"),
                    HasSubstr("\"share\": 0.")));
}

}  // namespace
}  // namespace bimix
