#include "proxy/fingerprint_map.hpp"

#include <bimix/core/random.hpp>

#include <gtest/gtest.h>

#include <map>

namespace bimix::proxy {
namespace {

/// Many keys twice, some that share their place, and the one that marks an empty slot.
std::vector<Fingerprint> awkward_keys() {
  core::RandomStream random(7, core::Purpose::test);
  std::vector<Fingerprint> keys{0, 1, ~Fingerprint{0}, ~Fingerprint{0} - 1};
  for (int i = 0; i < 5000; ++i) keys.push_back(random.below(3000) << 3 | random.below(2) << 60);
  return keys;
}

TEST(FingerprintMap, LosesNoEntryWhenItGrows) {
  FingerprintMap<int> map;
  std::map<Fingerprint, int> plain;
  for (const Fingerprint key : awkward_keys()) {
    ++map[key];
    ++plain[key == ~Fingerprint{0} ? key - 1 : key];
  }
  ASSERT_EQ(map.size(), plain.size());
  for (const auto& [key, count] : plain) {
    ASSERT_NE(map.find(key), nullptr) << key;
    EXPECT_EQ(*map.find(key), count) << key;
  }
  const std::vector<std::pair<Fingerprint, int>> sorted = map.sorted();
  EXPECT_TRUE(std::equal(sorted.begin(), sorted.end(), plain.begin(), plain.end(),
                         [](const auto& a, const auto& b) {
                           return a.first == b.first && a.second == b.second;
                         }));
}

TEST(FingerprintMap, FindsNothingThatWasNotThere) {
  FingerprintMap<int> map;
  EXPECT_EQ(map.find(5), nullptr);
  map[21] = 1;  // in the slot that 5 would have
  EXPECT_EQ(map.find(5), nullptr);
  EXPECT_EQ(map.find(~Fingerprint{0}), nullptr);
}

}  // namespace
}  // namespace bimix::proxy
