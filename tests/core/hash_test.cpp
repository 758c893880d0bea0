#include <bimix/core/hash.hpp>

#include <gtest/gtest.h>

namespace bimix::core {
namespace {

// The reference value of XXH3_128bits for no input, seed 0, from the xxHash test vectors.
TEST(ContentHash, IsXxh3Of128Bits) {
  EXPECT_EQ(content_hash(""), "99aa06d3014798d86001c324468d497f");
}

TEST(ContentHash, TellsOneChangedByte) { EXPECT_NE(content_hash("abc"), content_hash("abd")); }

}  // namespace
}  // namespace bimix::core
