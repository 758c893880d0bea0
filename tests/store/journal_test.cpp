#include "failing_disk.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/journal.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmath>
#include <functional>
#include <map>

namespace bimix {
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

TrialResult some_result(const std::string& id) {
  TrialResult result;
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
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

// From a bitwise CRC-32C in Python that gives the catalogue's check value e3069283 for "123456789".
TEST(JournalLine, CarriesTheChecksumOfWhatFollowsIt) {
  const std::string line = journal_line("stop", {{"exit_code", 0}});
  EXPECT_EQ(line, "{\"crc\":\"cf1955c3\",\"kind\":\"stop\",\"exit_code\":0}\n");
  EXPECT_EQ(Json::parse(line).at("exit_code"), 0);
}

TEST(Journal, SaysAgainAllThatItWasTold) {
  const TempFolder folder;
  JournalState told;
  told.header = some_header();
  told.sessions = {{{{"command", "bimix run \"x\""}, {"commit", "abc"}}}};
  told.entropy = {{.domains = {"a", "b"},
                   .measures = {"shannon"},
                   .nats = Table(1, 2, 0.1),
                   .mixture = Table(1, 2, 0.5),
                   .bigrams = {3, 4},
                   .samples = {0, 0},
                   .embedding = "hashed"}};
  told.results = {some_result("aa"), some_result("bb")};
  told.plan_trials = {{.id = "aa", .purpose = "sweep", .mixture = {0.1, 0.9}}};
  told.check_trials = {{.id = "cc", .purpose = "check", .mixture = {1.0 / 3.0, 2.0 / 3.0}}};
  told.stops = {
      {.exit_code = 75, .reason = "SIGTERM", .utc_seconds = 1'795'000'000, .cut_off = {"lost"}}};
  told.cut_off = {{"lost", 1}};
  told.ended = true;
  {
    const FolderLock lock(folder.path());
    Journal journal(lock);
    journal.append(*told.header);
    journal.append(told.sessions[0]);
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
  TrialResult failed = some_result("aa");
  failed.status = TrialStatus::failed;
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

// What was running when a session ended without a word counts; a word, or a result, clears it.
TEST(Journal, CountsHowOftenATrialWasCutOffInARow) {
  const TempFolder folder;
  const auto session = [&](const std::vector<std::string>& started,
                           const std::function<void(Journal&)>& then) {
    const FolderLock lock(folder.path());
    Journal journal(lock);
    if (!journal.state().header) journal.append(some_header());
    journal.append(RunStamp{});
    journal.append_starts(started);
    then(journal);
  };
  const auto cut_off = [&] { return read_journal(folder.path()).cut_off; };
  using Counts = std::map<std::string, int>;
  session({"aa", "bb", "cc"},
          [](Journal& journal) { journal.append_results({some_result("cc")}); });
  EXPECT_EQ(cut_off(), (Counts{{"aa", 1}, {"bb", 1}}));
  session({"aa"}, [](Journal&) {});
  EXPECT_EQ(cut_off(), (Counts{{"aa", 2}, {"bb", 1}}));
  session({"bb"}, [](Journal& journal) { journal.append(RunStop{.exit_code = 75}); });
  EXPECT_EQ(cut_off(), (Counts{{"aa", 2}}));
  session({"aa"}, [](Journal& journal) { journal.append_results({some_result("aa")}); });
  EXPECT_EQ(cut_off(), Counts());
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
                                     journal_line("anything", Json::object()));
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
      "header", {{"format", "1.0"}, {"campaign_hash", "a"}, {"fingerprints", Json::object()}});
  folder.write("journal.ndjson", header + journal_line("trial", {{"result", {{"id", 1}}}}));
  EXPECT_THAT(what_of([&] { read_journal(folder.path()); }), HasSubstr("ndjson:2: trial result"));
  folder.write("journal.ndjson", header + journal_line("stop", Json::object()));
  EXPECT_THAT(what_of([&] { read_journal(folder.path()); }),
              HasSubstr("ndjson:2: the line has no"));
  folder.write("journal.ndjson", journal_line("trial", Json::object()));
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
  EXPECT_THROW(journal.append_results({some_result("aa")}), DataError);
  EXPECT_THROW(journal.append_results({some_result("bb")}), DataError);
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
}  // namespace bimix
