#include <bimix/core/file_kind.hpp>

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace bimix::core {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

std::string name_of(const std::string& bytes) {
  const auto kind = file_kind(bytes);
  return kind ? std::string(kind->name) : "text";
}

TEST(FileKind, IsToldByTheFirstBytesOfFilesAsTheirWritersMakeThem) {
  const std::vector<std::pair<std::string, std::string>> heads{
      {"\x1f\x8b\x08\x00\xbb\x27\x0b\x6b\x02\xff"s, "compressed by gzip"},
      {"\x28\xb5\x2f\xfd\x04\x58"s, "compressed by zstd"},
      {"\x50\x2a\x4d\x18\x04\x00\x00\x00"s, "compressed by zstd"},
      {"\xfd\x37\x7a\x58\x5a\x00\x00\x04"s, "compressed by xz"},
      {"BZh91AY&SY\xc1"s, "compressed by bzip2"},
      {"BZh9\x17\x72\x45\x38\x50\x90"s, "compressed by bzip2"},
      {"\x1f\x9d\x90"s, "compressed by compress"},
      {"PK\x03\x04"s + std::string(22, '\0') + "\x05\0\0\0a.txt"s, "a zip archive"},
      {"PK\x03\x04"s + std::string(22, '\0') + "\x0b\0\0\0arr_0.npy.."s, "a zip archive"},
      {"PK\x03\x04"s + std::string(22, '\0') + "\x09\0\0\0arr_0.npy"s,
       "an archive of NumPy arrays"},
      {"PK\x03\x04"s + std::string(22, '\0') + "\x10\0\0\0archive/data.pkl"s,
       "a zip archive of PyTorch"},
      {std::string(257, 'a') + "ustar\0"s + "00", "a tar archive"},
      {"PAR1\x15\x04"s, "a Parquet table"},
      {"ARROW1\0\0"s, "an Arrow table"},
      {"\xff\xff\xff\xff\x78\x01\0\0"s, "an Arrow stream"},
      {"\x93NUMPY\x01\0"s, "a NumPy array"},
      {"SQLite format 3\0\x10"s, "an SQLite database"},
      {"\x89HDF\r\n\x1a\n"s, "an HDF5 file"},
      {"\x80\x02]q\0"s, "a pickle of Python"},
      {"\x80\x04\x95\x09\0\0\0\0\0\0\0"s, "a pickle of Python"},
      {"\x40\0\0\0\0\0\0\0{\"weight\""s, "a model's weights"},
      {"MMIDIDX\0\0\x01"s, "the index of Megatron's packed tokens"},
      {"\x98\xd8\x34\x01\x01\0\0\0"s, "a shard of uint16 tokens as llm.c writes them"},
      {"%PDF-1.7"s, "a PDF document"},
      {"\x7f"s + "ELF\x02", "a program"},
      {"\x89PNG\r\n\x1a\n"s, "a picture"},
      {"\xff\xd8\xff\xe0"s, "a picture"},
      {"\xff\xfe" + "h\0i\0"s, "text in UTF-16"},
      {"\xfe\xff\0h"s, "text in UTF-16"},
      {"\xff\xfe\0\0h\0\0\0"s, "text in UTF-32"},
      {"version https://git-lfs.github.com/spec/v1\noid"s, "a pointer of Git LFS"},
  };
  for (const auto& [bytes, name] : heads) EXPECT_EQ(name_of(bytes), name) << bytes;
}

// The checksum of a record of 24 bytes, as TensorFlow wrote it.
TEST(FileKind, KnowsATfRecordByItsChecksum) {
  const std::string head = "\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22"s;
  EXPECT_EQ(name_of(head), "a TFRecord file");
  std::string other = head;
  other.front() = '\x19';
  EXPECT_EQ(name_of(other), "text");
}

TEST(FileKind, TakesTextForText) {
  for (const std::string& text : {""s,
                                  "a"s,
                                  "run,tokens,domain,share,loss_nats\n"s,
                                  "{\"text\": \"a\"}\n"s,
                                  "\xef\xbb\xbfrun,tokens\n"s,
                                  "BZhang wrote this"s,
                                  "ORCA whales"s,
                                  "GGUF is a format"s,
                                  "PKZIP"s,
                                  "MZ"s,
                                  "RIFFRAFF WEBP"s,
                                  "ID3 is"s,
                                  "\xe6\x96\x87\xe7\xab\xa0"s,
                                  "Gr\xf6\xdf"s,
                                  "DUCK DUCK DUCK"s,
                                  "one two DUCK and more"s,
                                  "CDF"s,
                                  "Obj"s,
                                  "\x1f"s,
                                  "\x80"s,
                                  "\0"s})
    EXPECT_EQ(name_of(text), "text") << text;
}

TEST(FileKind, TellsUtf16WithoutAMarkByItsZeros) {
  const auto little = kind_if_no_text("r\0u\0n\0,\0\n\0"s), big = kind_if_no_text("\0r\0u\0n"s);
  ASSERT_TRUE(little && big);
  EXPECT_THAT(remedy_for(*little, "a.csv", Wanted::table), HasSubstr("iconv -f UTF-16LE"));
  EXPECT_THAT(remedy_for(*big, "a.csv", Wanted::table), HasSubstr("iconv -f UTF-16BE"));
  for (const std::string& text : {""s, "r\0"s, "run,a\n"s, "\0\0\0\0"s, "r\0u\0\1\0"s, "run\0a"s})
    EXPECT_FALSE(kind_if_no_text(text)) << text;
}

// Recognition sees whatever a user names: every prefix of every head must be judged in peace.
TEST(FileKind, JudgesTornHeadsWithoutReadingBehindThem) {
  const std::string head = "PK\x03\x04"s + std::string(22, '\0') + "\xff\xff\0\0short"s;
  for (std::size_t size = 0; size <= head.size(); ++size)
    EXPECT_NO_THROW((void)file_kind(std::string_view(head).substr(0, size)));
}

TEST(RemedyFor, IsACommandThatCanBeTyped) {
  const auto gzip = file_kind("\x1f\x8b\x08\x00"s);
  EXPECT_EQ(remedy_for(*gzip, "logs/a.csv.gz", Wanted::table),
            "Unpack it with `gunzip -c logs/a.csv.gz > logs/a.csv`");
  EXPECT_EQ(remedy_for(*gzip, "my texts/a", Wanted::text),
            "Unpack it with `gunzip -c 'my texts/a' > 'my texts/a.txt'`");
  EXPECT_EQ(remedy_for(*gzip, "-a.csv.gz", Wanted::text),
            "Unpack it with `gunzip -c ./-a.csv.gz > ./-a.csv`");
  for (const char* archive : {"a.tgz", "a.tar.gz", "A.TAR.GZ"})
    EXPECT_EQ(remedy_for(*gzip, archive, Wanted::text),
              "Unpack it with `tar -xf " + std::string(archive) + "`");
  const auto zstd = file_kind("\x28\xb5\x2f\xfd"s);
  EXPECT_EQ(remedy_for(*zstd, "a.jsonl.zst", Wanted::text),
            "Unpack it with `zstd -d a.jsonl.zst -o a.jsonl`");
  const auto parquet = file_kind("PAR1\x15"s);
  EXPECT_THAT(remedy_for(*parquet, "a.parquet", Wanted::text),
              HasSubstr("sep='\\n\\n')\" a.parquet > a.txt`"));
  EXPECT_THAT(remedy_for(*parquet, "a.parquet", Wanted::table),
              HasSubstr("index=False)\" a.parquet a.csv`"));
  const auto utf16 = file_kind("\xff\xfeh\0"s);
  EXPECT_EQ(remedy_for(*utf16, "a.txt", Wanted::text),
            "Convert it with `iconv -f UTF-16 -t UTF-8 a.txt > a.utf8.txt`");
}

}  // namespace
}  // namespace bimix::core
