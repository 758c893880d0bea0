#include "corpus/bytes/byte_stream.hpp"

#include "support/packed_text.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace bimix::corpus {
namespace {

using testing::HasSubstr;

/// All of a stream, read in pieces of this size.
std::string read_all(ByteStream& stream, std::size_t piece = 1000) {
  std::string all, part(piece, '\0');
  for (;;) {
    const std::size_t got = stream.read(part);
    all.append(part, 0, got);
    if (got < piece) break;
  }
  EXPECT_EQ(stream.read(part), 0u) << "the end stays the end";
  return all;
}

/// Lines that pack to about a tenth, longer than every buffer.
std::string some_text() {
  std::string text;
  for (int n = 0; n < 60'000; ++n) text += "line " + std::to_string(n * 37 % 9973) + " of many\n";
  return text;
}

std::string what_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const core::DataError& error) {
    EXPECT_FALSE(error.complaint().remedy.empty()) << error.what();
    return error.what();
  }
  return "no complaint";
}

TEST(OpenBytes, UnpacksWhatIsPackedWhateverItsName) {
  const test::TempFolder folder;
  const std::string text = some_text();
  folder.write("a.txt", text);
  folder.write("b.txt", test::gzipped(text));
  folder.write("c.txt", test::zstd_packed(text));
  for (const char* name : {"a.txt", "b.txt", "c.txt"})
    for (const std::size_t piece : {std::size_t{7}, std::size_t{4096}, 2 * text.size()})
      EXPECT_EQ(read_all(*open_bytes(folder / name), piece), text) << name << ' ' << piece;
  EXPECT_EQ(packing_of(folder / "a.txt"), Packing::none);
  EXPECT_EQ(packing_of(folder / "b.txt"), Packing::gzip);
  EXPECT_EQ(packing_of(folder / "c.txt"), Packing::zstd);
}

// As `cat a.gz b.gz` and pzstd write them; pzstd begins with a frame that holds no text.
TEST(OpenBytes, UnpacksMembersAndFramesOneBehindTheOther) {
  const test::TempFolder folder;
  const std::string text = some_text(),
                    skipped("\x50\x2a\x4d\x18\x04\x00\x00\x00\x01\x02\x03\x04", 12);
  folder.write("a.gz", test::gzipped(text) + test::gzipped("") + test::gzipped("more"));
  folder.write("a.zst", skipped + test::zstd_packed(text) + skipped + test::zstd_packed("more"));
  for (const char* name : {"a.gz", "a.zst"})
    EXPECT_EQ(read_all(*open_bytes(folder / name)), text + "more") << name;
}

// Tapes and block devices fill up with zeros.
TEST(OpenBytes, PassesOverZerosBehindTheEndOfAGzipFile) {
  const test::TempFolder folder;
  for (const std::size_t zeros : {1U, 511U, 600'000U}) {
    folder.write("a.gz", test::gzipped("text") + std::string(zeros, '\0'));
    EXPECT_EQ(read_all(*open_bytes(folder / "a.gz")), "text");
    folder.write("b.gz", test::gzipped("text") + std::string(zeros, '\0') + "rest");
    EXPECT_THAT(what_of([&] { read_all(*open_bytes(folder / "b.gz")); }), HasSubstr("is no gzip"));
  }
}

TEST(OpenBytes, GivesARangeOfAPlainFile) {
  const test::TempFolder folder;
  folder.write("a.txt", "0123456789");
  EXPECT_EQ(read_all(*open_bytes(folder / "a.txt", {3, 7})), "3456");
  EXPECT_EQ(read_all(*open_bytes(folder / "a.txt", {8, 20})), "89");
}

TEST(OpenBytes, NamesATornFileAndWhere) {
  const test::TempFolder folder;
  const std::string text = "It was the best of times, it was the worst of times.\n";
  for (const std::string& packed : {test::gzipped(text), test::zstd_packed(text)})
    for (std::size_t size = 4; size < packed.size(); ++size) {
      folder.write("torn", packed.substr(0, size));
      EXPECT_THAT(what_of([&] { read_all(*open_bytes(folder / "torn")); }),
                  testing::AllOf(HasSubstr((folder / "torn").string()), HasSubstr("ends within"),
                                 HasSubstr("at byte " + std::to_string(size))));
    }
}

TEST(OpenBytes, NamesADamagedFileAndWhatFollowsTheLastMember) {
  const test::TempFolder folder;
  const std::string text = some_text();
  for (std::string packed : {test::gzipped(text), test::zstd_packed(text)}) {
    folder.write("rest", packed + "not packed");
    EXPECT_THAT(what_of([&] { read_all(*open_bytes(folder / "rest")); }), HasSubstr("at byte"));
    packed[packed.size() / 2] ^= 0x55;
    folder.write("damaged", packed);
    EXPECT_THAT(what_of([&] { read_all(*open_bytes(folder / "damaged")); }),
                HasSubstr((folder / "damaged").string()));
  }
}

// The beginning of what was read at one go was called the place of the damage.
TEST(OpenBytes, SaysOfADamageInAFrameOnlyAfterWhichByteItWasNoticed) {
  const test::TempFolder folder;
  std::string text;
  for (std::uint64_t n = 0; n < 100'000; ++n) text += std::to_string(n * 2'654'435'761) + "\n";
  std::string packed = test::zstd_packed(text);
  const std::size_t at = packed.size() / 2;
  for (std::size_t n = 0; n < 64; ++n) packed[at + n] = '\xff';
  folder.write("a.zst", packed);
  const std::string what = what_of([&] { read_all(*open_bytes(folder / "a.zst")); });
  EXPECT_THAT(what, HasSubstr("noticed after byte "));
  EXPECT_THAT(what, testing::Not(HasSubstr("at byte")));
  folder.write("b.zst", test::zstd_packed("text") + "rest");
  EXPECT_THAT(what_of([&] { read_all(*open_bytes(folder / "b.zst")); }),
              HasSubstr("noticed at byte "));
}

TEST(OpenBytes, NamesAFileThatIsNotThere) {
  EXPECT_THAT(what_of([] { open_bytes("/nowhere/a.txt"); }),
              HasSubstr("/nowhere/a.txt: cannot be read: No such file"));
}

// ---- commands

std::string all_of(CommandOptions options) { return read_all(*open_command(std::move(options))); }

TEST(OpenCommand, GivesWhatTheProgramPrints) {
  const test::TempFolder folder;
  folder.write("a.txt", "from a file\n");
  EXPECT_EQ(all_of({.words = {"cat", "a.txt"}, .folder = folder.path()}), "from a file\n");
  const std::string many = all_of({.words = {"sh", "-c", "yes | head -n 100000"}});
  EXPECT_EQ(many.size(), 200'000u);
}

TEST(OpenCommand, SaysWhatAProgramSaidThatFailsHalfWay) {
  EXPECT_THAT(what_of([] {
                all_of({.words = {"sh", "-c", "echo text; echo no access >&2; exit 3"}});
              }),
              testing::AllOf(HasSubstr("exited with 3"), HasSubstr("it said: no access"),
                             HasSubstr("read: `sh -c 'echo text")));
  EXPECT_THAT(what_of([] {
                all_of({.words = {"sh", "-c", "echo text; kill -9 $$"}});
              }),
              HasSubstr("was ended by signal 9"));
  EXPECT_THAT(what_of([] { all_of({.words = {"/nowhere/reader"}}); }),
              HasSubstr("cannot be started: No such file"));
}

TEST(OpenCommand, EndsAProgramThatHangsAndWhatItStarted) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(what_of([] {
                all_of({.words = {"sh", "-c", "echo text; sleep 600 & wait"}, .silence = 0.3});
              }),
              HasSubstr("printed nothing for"));
  EXPECT_THAT(what_of([] {
                all_of({.words = {"sh", "-c", "echo text; exec >&-; sleep 600"}, .silence = 0.3});
              }),
              HasSubstr("closed its output and went on for"));
  // A stream that is closed early ends its program too.
  open_command({.words = {"sleep", "600"}});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

}  // namespace
}  // namespace bimix::corpus
