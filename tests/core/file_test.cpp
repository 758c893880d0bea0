#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>

#include <gtest/gtest.h>

namespace bimix::core {
namespace {

using test::TempFolder;

TEST(ReadFile, RefusesWhatIsNoFile) {
  const TempFolder folder;
  EXPECT_THROW(read_file(folder.path()), DataError);
  EXPECT_THROW(read_file(folder / "nothing"), DataError);
  EXPECT_EQ(read_file(folder.write("empty", "")), "");
}

TEST(ReadFile, GivesEveryByte) {
  const TempFolder folder;
  const std::string bytes("a\0b\r\n", 5);
  EXPECT_EQ(read_file(folder.write("bytes", bytes)), bytes);
}

}  // namespace
}  // namespace bimix::core
