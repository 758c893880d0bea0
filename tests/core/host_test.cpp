#include <bimix/core/host.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace bimix::core {
namespace {

TEST(Host, HasANameAndProcessors) {
  EXPECT_FALSE(host_name().empty());
  const std::vector<int> processors = allowed_processors();
  EXPECT_FALSE(processors.empty());
  EXPECT_TRUE(std::is_sorted(processors.begin(), processors.end()));
  EXPECT_LE(processors.size(), std::thread::hardware_concurrency());
}

}  // namespace
}  // namespace bimix::core
