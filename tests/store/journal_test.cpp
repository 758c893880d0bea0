#include "failing_disk.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/journal.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>

namespace bimix::store {
namespace {

using test::bytes_of;
using test::FailingDisk;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

JournalHeader some_header() {
  return {.campaign_hash = "c0ffee", .fingerprints = {{"prose", "12ab"}, {"german", "34cd"}}};
}

data::TrialResult some_result(const std::string& id) {
  data::TrialResult result;
  result.id = id;
  result.curve = {{64000, 62, {5.1, 1.0 / 3.0}}};
  result.host = "node1";
  return result;
}

/// A journal of a header and two results.
void write_some_journal(const TempFolder& folder) {
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  journal.append_results({some_result("aa")});
  journal.append_results({some_result("bb")});
}

std::string what_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const core::DataError& error) {
    return error.what();
  }
  return "no error";
}

// From a bitwise CRC-32C in Python that gives the catalogue's check value e3069283 for "123456789".
TEST(JournalLine, CarriesTheChecksumOfWhatFollowsIt) {
  const std::string line = journal_line("stop", {{"exit_code", 0}});
  EXPECT_EQ(line, "{\"crc\":\"cf1955c3\",\"kind\":\"stop\",\"exit_code\":0}\n");
  EXPECT_EQ(data::Json::parse(line).at("exit_code"), 0);
}

TEST(Journal, SaysAgainAllThatItWasTold) {
  const TempFolder folder;
  JournalState told;
  told.header = some_header();
  told.sessions = {{{{"command", "bimix run \"x\""}, {"commit", "abc"}}}};
  told.corpus = {{.rows = {{.domain = "a", .documents = 3, .bytes = 9, .tokens = 5, .pool = 4},
                           {.domain = "b", .eval_tokens = 7, .eval_bytes = 20, .damaged = 1}}}};
  told.entropy = {{.domains = {"a", "b"},
                   .measures = {"shannon"},
                   .nats = data::Table(1, 2, 0.1),
                   .mixture = data::Table(1, 2, 0.5),
                   .bigrams = {3, 4},
                   .samples = {0, 0},
                   .embedding = "hashed"}};
  told.results = {some_result("aa"), some_result("bb")};
  told.plan_trials = {{.id = "aa", .purpose = data::TrialPurpose::sweep, .mixture = {0.1, 0.9}}};
  told.check_trials = {
      {.id = "cc", .purpose = data::TrialPurpose::check, .mixture = {1.0 / 3.0, 2.0 / 3.0}}};
  told.stops = {
      {.exit_code = 75, .reason = "SIGTERM", .utc_seconds = 1'795'000'000, .cut_off = {"lost"}}};
  told.cut_off = {{"lost", {.alone = 1}}};
  told.ended = true;
  {
    const FolderLock lock(folder.path());
    Journal journal(lock);
    journal.append(*told.header);
    journal.append(told.sessions[0]);
    journal.append(told.corpus[0]);
    journal.append(told.entropy[0]);
    journal.append_results({told.results[0]});
    journal.append_results({told.results[1]});
    journal.append_plan(told.plan_trials);
    journal.append_check_plan(told.check_trials);
    journal.append(told.stops[0]);
  }
  told.sound_bytes = std::filesystem::file_size(journal_path(folder.path()));
  EXPECT_EQ(read_journal(folder.path()), told);
}

data::Round some_round(int number) {
  return {.number = number,
          .seen = 6,
          .under_way = 4,
          .known = {.share = {0.3, 0.7},
                    .low = {0.2, 0.6},
                    .high = {0.4, 0.8},
                    .regret_nats = 0.25,
                    .regret_high_nats = 0.5,
                    .laws = {{"bimix", 0.75}, {"no law", 0.25}}},
          .gain_nats = 0.125,
          .spent = 10,
          .price = 4};
}

TEST(Journal, AppendsTheTrialsOfARoundToThoseOfThePlan) {
  const TempFolder folder;
  const data::TrialSpec first{.id = "aa", .mixture = {0.1, 0.9}};
  const data::TrialSpec second{.id = "bb", .mixture_id = 1, .mixture = {0.2, 0.8}, .round = 1};
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  journal.append_plan({first});
  journal.append_round(some_round(1), {second});
  const JournalState state = read_journal(folder.path());
  EXPECT_THAT(state.plan_trials, ElementsAre(first, second));
  EXPECT_THAT(state.rounds, ElementsAre(some_round(1)));
}

// Another campaign may have a larger budget.
TEST(Journal, ForgetsUnderANewHeaderWhyThereWereNoMoreRounds) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  Journal journal(lock);
  data::Round end = some_round(2);
  end.stop = "the budget is spent";
  journal.append(some_header());
  journal.append_round(some_round(1), {});
  journal.append_round(end, {});
  EXPECT_THAT(read_journal(folder.path()).rounds, ElementsAre(some_round(1), end));
  journal.append(some_header());
  EXPECT_THAT(read_journal(folder.path()).rounds, ElementsAre(some_round(1)));
}

TEST(Journal, ContinuesWhereItStopped) {
  const TempFolder folder;
  write_some_journal(folder);
  const FolderLock lock(folder.path());
  Journal journal(lock);
  EXPECT_THAT(journal.state().results, SizeIs(2));
  journal.append_results({some_result("cc")});
  EXPECT_THAT(read_journal(folder.path()).results, SizeIs(3));
}

TEST(Journal, LetsTheLastResultOfATrialStand) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  data::TrialResult failed = some_result("aa");
  failed.status = data::TrialStatus::failed;
  journal.append_results({failed});
  journal.append_results({some_result("bb")});
  journal.append_results({some_result("aa")});
  EXPECT_THAT(read_journal(folder.path()).results,
              ElementsAre(some_result("aa"), some_result("bb")));
}

TEST(ReadJournal, IsEmptyWhereThereIsNone) {
  const TempFolder folder;
  EXPECT_EQ(read_journal(folder.path()), JournalState{});
  folder.write("journal.ndjson", "");
  EXPECT_EQ(read_journal(folder.path()), JournalState{});
}

// A kill or a power loss may cut the last line anywhere: all that was synced before it stands.
TEST(ReadJournal, DropsALastLineTornAtAnyByte) {
  const TempFolder folder;
  write_some_journal(folder);
  const std::string whole =
      bytes_of(journal_path(folder.path())) + journal_line("stop", {{"exit_code", 0}});
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = last + 1; size < whole.size(); ++size) {
    folder.write("journal.ndjson", whole.substr(0, size));
    const JournalState state = read_journal(folder.path());
    ASSERT_THAT(state.results, SizeIs(2)) << size;
    ASSERT_THAT(state.notes, ElementsAre(HasSubstr("journal.ndjson:4: the last line was torn")));
    ASSERT_EQ(state.sound_bytes, last);
  }
}

TEST(ReadJournal, DropsALastLineWithAFlippedBit) {
  const TempFolder folder;
  write_some_journal(folder);
  std::string bytes = bytes_of(journal_path(folder.path()));
  bytes[bytes.size() - 10] ^= 1;
  folder.write("journal.ndjson", bytes);
  EXPECT_THAT(read_journal(folder.path()).results, SizeIs(1));
  EXPECT_THAT(read_journal(folder.path()).notes, SizeIs(1));
}

/// One start of the program, with what it did.
void session(
    const TempFolder& folder, const std::vector<TrialStart>& started,
    const std::function<void(Journal&)>& then = [](Journal&) {}) {
  const FolderLock lock(folder.path());
  Journal journal(lock);
  if (!journal.state().header) journal.append(some_header());
  journal.append(data::RunStamp{});
  journal.append_starts(started);
  then(journal);
}

std::map<std::string, CutOff> cut_off(const TempFolder& folder) {
  return read_journal(folder.path()).cut_off;
}

using CutOffs = std::map<std::string, CutOff>;

// What was running when a session ended without a word counts; a word, or a result, clears it.
TEST(Journal, CountsHowOftenATrialWasCutOffInARow) {
  const TempFolder folder;
  session(folder, {{"aa"}, {"cc"}},
          [](Journal& journal) { journal.append_results({some_result("cc")}); });
  EXPECT_EQ(cut_off(folder), (CutOffs{{"aa", {.alone = 1}}}));
  session(folder, {{"aa"}});
  EXPECT_EQ(cut_off(folder), (CutOffs{{"aa", {.alone = 2}}}));
  session(folder, {{"bb"}}, [](Journal& journal) { journal.append(RunStop{.exit_code = 75}); });
  EXPECT_EQ(cut_off(folder), (CutOffs{{"aa", {.alone = 2}}}));
  session(folder, {{"aa"}}, [](Journal& journal) { journal.append_results({some_result("aa")}); });
  EXPECT_EQ(cut_off(folder), CutOffs());
}

TEST(Journal, AccusesNoneOfSeveralTrialsThatWereCutOffTogether) {
  const TempFolder folder;
  session(folder, {{"aa"}, {"bb"}});
  EXPECT_EQ(cut_off(folder), (CutOffs{{"aa", {.in_company = 1}}, {"bb", {.in_company = 1}}}));
  // A rank that is lost alone is no accident of all.
  session(folder, {{"aa"}, {"bb"}},
          [](Journal& journal) { journal.append(RunStop{.exit_code = 75, .cut_off = {"aa"}}); });
  EXPECT_EQ(cut_off(folder), (CutOffs{{"aa", {.alone = 1, .in_company = 1}}}));
}

TEST(Journal, ForgivesATrialThatCameFurtherBeforeItWasCutOff) {
  const TempFolder folder;
  session(folder, {{"aa", ""}});
  session(folder, {{"aa", "half"}});
  EXPECT_EQ(cut_off(folder), (CutOffs{{"aa", {.alone = 1}}})) << "the first did not count";
  session(folder, {{"aa", "half"}});
  EXPECT_EQ(cut_off(folder), (CutOffs{{"aa", {.alone = 2}}}));
  EXPECT_EQ(read_journal(folder.path()).saved.at("aa"), "half");
}

TEST(Journal, KnowsThatTheLastSessionGotNoFurther) {
  const TempFolder folder;
  const auto stuck = [](Journal& journal) {
    journal.append(RunStop{.exit_code = 75, .got_further = false});
  };
  session(folder, {}, stuck);
  EXPECT_TRUE(read_journal(folder.path()).stuck);
  session(folder, {});
  EXPECT_TRUE(read_journal(folder.path()).stuck) << "nothing has happened since";
  session(folder, {}, [](Journal& journal) { journal.append_results({some_result("aa")}); });
  EXPECT_FALSE(read_journal(folder.path()).stuck);
  session(folder, {}, stuck);
  session(folder, {}, [](Journal& journal) { journal.append(some_header()); });
  EXPECT_FALSE(read_journal(folder.path()).stuck) << "it is to fit something else";
}

TEST(Journal, CountsTheLastSessionsThatWereKilledBeforeTheyDidAnything) {
  const TempFolder folder;
  const auto silent = [&] { return read_journal(folder.path()).silent; };
  session(folder, {}, [](Journal& journal) { journal.append_plan({}); });
  EXPECT_EQ(silent(), 0);
  session(folder, {});
  session(folder, {});
  EXPECT_EQ(silent(), 2);
  session(folder, {{"aa"}});
  EXPECT_EQ(silent(), 0) << "a trial began";
  session(folder, {});
  session(folder, {}, [](Journal& journal) { journal.append(RunStop{.exit_code = 3}); });
  EXPECT_EQ(silent(), 0) << "it had a last word";
}

/// A journal of a header and a result, then an append of three.
std::string write_a_batch(const TempFolder& folder) {
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  journal.append_results({some_result("aa")});
  journal.append_results({some_result("bb"), some_result("cc"), some_result("dd")});
  return bytes_of(journal_path(folder.path()));
}

/// Where the lines begin.
std::vector<std::size_t> beginnings(const std::string& bytes) {
  std::vector<std::size_t> all{0};
  for (std::size_t at = bytes.find('\n'); at + 1 < bytes.size(); at = bytes.find('\n', at + 1))
    all.push_back(at + 1);
  return all;
}

// A device may have kept the end of what was written at once and not its beginning.
TEST(ReadJournal, DropsLinesOfOneAppendThatWereTornAnywhere) {
  const TempFolder folder;
  const std::string whole = write_a_batch(folder);
  const std::vector<std::size_t> line = beginnings(whole);
  ASSERT_THAT(line, SizeIs(5));
  for (const std::size_t torn : {2, 3, 4}) {
    for (const std::size_t until : {line[torn] + 30, whole.size() - 40}) {
      std::string bytes = whole;
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(line[torn] + 3),
                bytes.begin() + static_cast<std::ptrdiff_t>(until), '\0');
      folder.write("journal.ndjson", bytes);
      const JournalState state = read_journal(folder.path());
      ASSERT_THAT(state.results, SizeIs(torn - 1)) << torn << " until " << until;
      ASSERT_THAT(state.notes, ElementsAre(HasSubstr("torn by an interruption")));
      ASSERT_EQ(state.sound_bytes, line[torn]);
    }
  }
  session(folder, {}, [](Journal& journal) { journal.append_results({some_result("dd")}); });
  EXPECT_THAT(read_journal(folder.path()).results, SizeIs(4));
}

TEST(ReadJournal, RefusesDamageThatNoTornAppendExplains) {
  const TempFolder folder;
  const std::string whole = write_a_batch(folder);
  const std::vector<std::size_t> line = beginnings(whole);
  const auto damaged = [&](std::size_t at, const std::string& more) {
    std::string bytes = whole + more;
    bytes[at + 30] ^= 4;
    folder.write("journal.ndjson", bytes);
    return what_of([&] { read_journal(folder.path()); });
  };
  EXPECT_THAT(damaged(line[1], ""), HasSubstr("ndjson:2: the line is damaged"))
      << "synced before the append began";
  const std::string later = journal_line("stop", {{"exit_code", 0}});
  EXPECT_THAT(damaged(line[3], later), HasSubstr("ndjson:4: the line is damaged"))
      << "the append had been synced when another line followed";
}

// A purge of old files, `git clean`: what was written is written again, and a message
// says so.
TEST(Journal, IsWrittenAgainWhenItWasRemovedUnderARun) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  journal.append_results({some_result("aa")});
  const std::string before = bytes_of(journal_path(folder.path()));
  std::filesystem::remove(journal_path(folder.path()));
  const std::string what = what_of([&] { journal.append_results({some_result("bb")}); });
  EXPECT_THAT(what, HasSubstr("was removed while the run went on, and was written again"));
  EXPECT_THAT(what, HasSubstr("it continues"));
  EXPECT_EQ(bytes_of(journal_path(folder.path())), before);
}

TEST(Journal, IsKeptBesideAFileThatReplacedIt) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  const std::string before = bytes_of(journal_path(folder.path()));
  folder.write("other", "another text");
  std::filesystem::rename(folder / "other", journal_path(folder.path()));
  EXPECT_THAT(what_of([&] { journal.append(RunStop{}); }), HasSubstr("journal.rescued.ndjson"));
  EXPECT_EQ(bytes_of(journal_path(folder.path())), "another text");
  EXPECT_EQ(bytes_of(folder / "journal.rescued.ndjson"), before);
}

TEST(Journal, SaysWhereItsFolderWasMovedTo) {
  const TempFolder folder;
  const FolderLock lock(folder / "run");
  Journal journal(lock);
  journal.append(some_header());
  std::filesystem::rename(folder / "run", folder / "moved");
  const std::string what = what_of([&] { journal.append(RunStop{}); });
  EXPECT_THAT(what, HasSubstr("was moved while the run went on, to "));
  EXPECT_THAT(what, HasSubstr("/moved/journal.ndjson"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  EXPECT_TRUE(read_journal(folder / "moved").header);
  std::filesystem::remove_all(folder / "moved");
  EXPECT_THAT(what_of([&] { journal.append(RunStop{}); }), HasSubstr("removed with its folder"));
}

TEST(Journal, RefusesToGoOnBehindWhatAnotherProcessWrote) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  std::ofstream(journal_path(folder.path()), std::ios::app) << "x";
  EXPECT_THAT(what_of([&] { journal.append(RunStop{}); }), HasSubstr("by another process"));
}

TEST(FolderLock, IsMadeAgainWhenItsFileWasRemoved) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  std::filesystem::remove(folder / "lock");
  lock.require_held();
  EXPECT_THROW(const FolderLock second(folder.path()), core::DataError);
}

TEST(Journal, BeginsAnewAsAWhole) {
  const TempFolder folder;
  write_some_journal(folder);
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.begin_anew({.campaign_hash = "other"});
  journal.append_results({some_result("cc")});
  const JournalState state = read_journal(folder.path());
  EXPECT_EQ(state.header->campaign_hash, "other");
  EXPECT_THAT(state.results, ElementsAre(some_result("cc")));
}

// Right checksums, and numbers that would become indices and shapes.
TEST(RequireSound, RefusesWildNumbersAndNamesThem) {
  const data::DomainSet domains{{"a", "b"}, {"a", "b", "c"}, {0, 1, -1}};
  const data::TrialSpec spec{.id = "aa", .mixture = {0.5, 0.5}, .tokens = {1000, 2000}};
  data::TrialResult result;
  result.id = "aa";
  result.curve = {{1000, 1, {1, 2, NAN}}};
  const auto what = [&](const auto& change) {
    JournalState state{.results = {result}, .plan_trials = {spec}, .check_trials = {spec}};
    change(state);
    return what_of([&] { require_sound(state, domains, "run"); });
  };
  EXPECT_EQ(what([](JournalState&) {}), "no error");
  const std::map<std::string, std::function<void(data::TrialSpec&)>> specs{
      {"mixture_id: -1 is out", [](data::TrialSpec& wild) { wild.mixture_id = -1; }},
      {"mixture_id: 1 is out", [](data::TrialSpec& wild) { wild.mixture_id = 1; }},
      {"mixture: has 1 numbers, not 2", [](data::TrialSpec& wild) { wild.mixture = {1.0}; }},
      {"mixture: -0.5 is no share",
       [](data::TrialSpec& wild) {
         wild.mixture = {-0.5, 1.5};
       }},
      {"mixture: nan is no share",
       [](data::TrialSpec& wild) {
         wild.mixture = {NAN, 1};
       }},
      {"repeat: -3 is out", [](data::TrialSpec& wild) { wild.repeat = -3; }},
      {"tokens: 0 is out",
       [](data::TrialSpec& wild) {
         wild.tokens = {0, 1000};
       }},
      {"tokens: goes down",
       [](data::TrialSpec& wild) {
         wild.tokens = {2000, 1000};
       }},
      {"tokens: no trial has", [](data::TrialSpec& wild) { wild.tokens = {}; }},
      {"cost: inf is out", [](data::TrialSpec& wild) { wild.cost = INFINITY; }}};
  for (const auto& [words, change] : specs)
    for (auto trials : {&JournalState::plan_trials, &JournalState::check_trials})
      EXPECT_THAT(
          what([&, &alter = change](JournalState& state) { alter((state.*trials).front()); }),
          testing::AllOf(HasSubstr("run/journal.ndjson: trial"), HasSubstr(words)));
  const std::map<std::string, std::function<void(data::TrialResult&)>> results{
      {"loss_nats: has 1 numbers, not 3", [](auto& wild) { wild.curve[0].loss_nats = {1}; }},
      {"tokens: -5 is out", [](auto& wild) { wild.curve[0].tokens = -5; }},
      {"steps: -1 is out", [](auto& wild) { wild.curve[0].steps = -1; }},
      {"tokens_seen: has 3 numbers, not 2",
       [](auto& wild) {
         wild.tokens_seen = {1, 2, 3};
       }},
      {"wall_seconds: -1 is out", [](auto& wild) { wild.wall_seconds = -1; }},
      {"parameters: nan is out", [](auto& wild) { wild.parameters = NAN; }},
      {"rank: -1 is out", [](auto& wild) { wild.rank = -1; }},
      {"attempt: 0 is out", [](auto& wild) { wild.attempt = 0; }}};
  for (const auto& [words, change] : results)
    EXPECT_THAT(what([&, &alter = change](JournalState& state) { alter(state.results.front()); }),
                testing::AllOf(HasSubstr("result of trial aa"), HasSubstr(words)));
  const data::EntropyTable entropy{.domains = {"a", "b"},
                                   .measures = {"m"},
                                   .nats = data::Table(1, 2),
                                   .mixture = data::Table(1, 3)};
  EXPECT_THAT(what([&](JournalState& state) { state.entropy = {entropy}; }),
              HasSubstr("entropies: mixture: has 3 numbers, not 2"));
  EXPECT_THAT(what([&](JournalState& state) { state.corpus = {{.rows = {{.domain = "a"}}}}; }),
              HasSubstr("texts: domains: are other ones than the campaign's"));
}

TEST(RequireSound, RefusesMixturesWithoutATrial) {
  const data::DomainSet domains{{"a"}, {"a"}, {0}};
  const data::TrialSpec first{.id = "aa", .mixture = {1.0}, .tokens = {1}};
  JournalState state{.plan_trials = {first, first, first}};
  state.plan_trials[1].mixture_id = 2;
  EXPECT_THAT(what_of([&] { require_sound(state, domains, "run"); }),
              HasSubstr("mixture_id: 1 of 3 are missing"));
}

TEST(ReadJournal, RefusesNumbersThatWouldWrapAround) {
  const TempFolder folder;
  write_some_journal(folder);
  const std::string sound = bytes_of(journal_path(folder.path()));
  for (const char* number : {"4294967295", "1e300", "0.5", "-9223372036854775809", "\"1\""}) {
    data::Json result = data::to_json(some_result("cc"));
    result["rank"] = data::Json::parse(number);
    folder.write("journal.ndjson", sound + journal_line("trial", {{"result", result}}));
    EXPECT_THAT(what_of([&] { read_journal(folder.path()); }),
                HasSubstr("ndjson:4: trial result.rank"))
        << number;
  }
}

TEST(Journal, CutsATornLineOffBeforeItAppends) {
  const TempFolder folder;
  write_some_journal(folder);
  const std::string whole = bytes_of(journal_path(folder.path()));
  folder.write("journal.ndjson", whole + "{\"crc\":\"0123");
  const FolderLock lock(folder.path());
  Journal journal(lock);
  EXPECT_EQ(bytes_of(journal_path(folder.path())), whole);
  journal.append_results({some_result("cc")});
  EXPECT_THAT(read_journal(folder.path()).results, SizeIs(3));
  EXPECT_THAT(read_journal(folder.path()).notes, IsEmpty());
}

// CRC-32C sees every single flipped bit; before the last line none of them may pass.
TEST(ReadJournal, RefusesAFlippedBitBeforeTheLastLine) {
  const TempFolder folder;
  write_some_journal(folder);
  const std::string sound = bytes_of(journal_path(folder.path()));
  const std::size_t first = sound.find('\n') + 1, second = sound.find('\n', first);
  for (std::size_t at = first; at < second; at += 7) {
    std::string bytes = sound;
    bytes[at] ^= 4;
    folder.write("journal.ndjson", bytes);
    const std::string what = what_of([&] { read_journal(folder.path()); });
    ASSERT_THAT(what, HasSubstr("journal.ndjson:2: the line is damaged")) << at;
    ASSERT_THAT(what, HasSubstr("head -n 1")) << at;
  }
}

TEST(Journal, RefusesAndKeepsAFileThatIsNone) {
  const TempFolder folder;
  for (const char* text : {"important notes\n", "{\"a\": 1}", "{\"crc\"=1}\n"}) {
    folder.write("journal.ndjson", text);
    const FolderLock lock(folder.path());
    EXPECT_THAT(what_of([&] { Journal journal(lock); }), HasSubstr("no journal of bimix"));
    EXPECT_EQ(bytes_of(journal_path(folder.path())), text);
  }
}

TEST(ReadJournal, RefusesANewerMajorVersion) {
  const TempFolder folder;
  folder.write("journal.ndjson", journal_line("header", {{"format", "2.0"}}) +
                                     journal_line("anything", data::Json::object()));
  EXPECT_THAT(what_of([&] { read_journal(folder.path()); }),
              HasSubstr("journal.ndjson:1: journal format 2.0 is not known here"));
}

TEST(ReadJournal, NotesAKindOfANewerMinorVersion) {
  const TempFolder folder;
  write_some_journal(folder);
  folder.write("journal.ndjson",
               bytes_of(journal_path(folder.path())) + journal_line("novelty", {{"x", 1}}));
  EXPECT_THAT(read_journal(folder.path()).notes, ElementsAre(HasSubstr("'novelty'")));
}

TEST(ReadJournal, NamesALineOfAnotherLayout) {
  const TempFolder folder;
  const std::string header = journal_line(
      "header",
      {{"format", "1.0"}, {"campaign_hash", "a"}, {"fingerprints", data::Json::object()}});
  folder.write("journal.ndjson", header + journal_line("trial", {{"result", {{"id", 1}}}}));
  EXPECT_THAT(what_of([&] { read_journal(folder.path()); }), HasSubstr("ndjson:2: trial result"));
  folder.write("journal.ndjson", header + journal_line("stop", data::Json::object()));
  EXPECT_THAT(what_of([&] { read_journal(folder.path()); }),
              HasSubstr("ndjson:2: line.exit_code: is missing"));
  folder.write("journal.ndjson", journal_line("trial", data::Json::object()));
  EXPECT_THAT(what_of([&] { read_journal(folder.path()); }), HasSubstr("before any header"));
}

// Calls: 1 write and 2 sync of the header, 3 write and 4 sync of the result.
TEST(Journal, KeepsTheLinesBeforeAFailedAppend) {
  for (int call : {3, 4}) {
    const TempFolder folder;
    const FolderLock lock(folder.path());
    FailingDisk disk(call);
    Journal journal(lock, disk);
    journal.append(some_header());
    const std::string before = bytes_of(journal_path(folder.path()));
    const std::string what = what_of([&] { journal.append_results({some_result("aa")}); });
    EXPECT_THAT(what, HasSubstr("journal.ndjson: cannot be written: No space left on device"));
    EXPECT_THAT(what, HasSubstr("Free space"));
    EXPECT_EQ(bytes_of(journal_path(folder.path())), before);
    journal.append_results({some_result("aa")});  // space was made
    EXPECT_THAT(read_journal(folder.path()).results, SizeIs(1));
  }
}

// Where not even the cutting works, the next append must not write behind a torn line.
TEST(Journal, NeverAppendsBehindATornLine) {
  class StuckDisk : public FailingDisk {
   public:
    using FailingDisk::FailingDisk;
    void truncate(int file, std::uint64_t size) override {
      if (is_stuck) throw std::system_error(EIO, std::generic_category(), "test");
      Disk::truncate(file, size);
    }
    bool is_stuck = true;
  };
  const TempFolder folder;
  const FolderLock lock(folder.path());
  StuckDisk disk(3);
  Journal journal(lock, disk);
  journal.append(some_header());
  EXPECT_THROW(journal.append_results({some_result("aa")}), core::DataError);
  EXPECT_THROW(journal.append_results({some_result("bb")}), core::DataError);
  disk.is_stuck = false;
  journal.append_results({some_result("cc")});
  EXPECT_THAT(read_journal(folder.path()).results, ElementsAre(some_result("cc")));
}

/// Lets no file of this process grow above a size, which the kernel then refuses as a full quota.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int) = nullptr;
};

TEST(Journal, SurvivesARealLimitOfTheFileSystem) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  Journal journal(lock);
  journal.append(some_header());
  const std::string before = bytes_of(journal_path(folder.path()));
  std::string what;
  {
    const FileSizeLimit limit(before.size() + 20);
    what = what_of([&] { journal.append_results({some_result("aa")}); });
  }
  EXPECT_THAT(what, HasSubstr("cannot be written: File too large"));
  EXPECT_EQ(bytes_of(journal_path(folder.path())), before);
}

}  // namespace
}  // namespace bimix::store
