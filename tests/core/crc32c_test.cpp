#include <bimix/core/crc32c.hpp>

#include <gtest/gtest.h>

#include <string>

namespace bimix::core {
namespace {

// The check value of the catalogue of CRCs and two vectors of RFC 3720, appendix B.4.
TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

}  // namespace
}  // namespace bimix::core
