#include "proxy/gradient_tree.hpp"

#include "proxy/kernels.hpp"

#include <bimix/core/random.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace bimix::proxy {
namespace {

constexpr Index width = 5;
const AddFunction add = reference_kernels().add;

/// A leaf's gradient: numbers whose sum depends on the order.
void leaf(Index index, const Buffer& to) {
  core::RandomStream random(8, core::Purpose::test, static_cast<std::uint64_t>(index));
  for (Index i = 0; i < width; ++i)
    *to.at(i) = static_cast<float>(random.normal() * (index % 3 == 0 ? 1e6 : 1.0));
}

/// The sum of `count` leaves, worked out in `parts` parts and brought together in `slices`.
std::vector<float> sum(Index count, Index parts, Index slices) {
  const Leaves all{0, count};
  Arena arena;
  std::vector<NodeSum> nodes;
  for (Index p = 0; p < parts; ++p)
    for (const Leaves node : nodes_within(all, {count * p / parts, count * (p + 1) / parts})) {
      std::vector<Buffer> buffers;
      for (int level = 0; level < levels_of(node); ++level) buffers.push_back(arena.take(width));
      sum_node(node, leaf, buffers.data(), add);
      nodes.push_back({node, buffers.front()});
    }
  for (Index s = 0; s < slices; ++s) {
    const Index first = width * s / slices, last = width * (s + 1) / slices;
    EXPECT_EQ(sum_up(all, nodes, first, last - first, add).data(), nodes.front().sum.data());
  }
  const float* total = nodes.front().sum.data();
  return {total, total + width};
}

TEST(GradientTree, GivesTheSameBitsHoweverItIsDivided) {
  for (const Index count : {1, 2, 3, 6, 8, 13}) {
    const std::vector<float> whole = sum(count, 1, 1);
    for (Index parts = 1; parts <= count; ++parts) EXPECT_EQ(sum(count, parts, 2), whole) << parts;
  }
}

TEST(GradientTree, SumsEveryLeafOnce) {
  Arena arena;
  const Leaves all{0, 11};
  std::vector<Buffer> buffers;
  for (int level = 0; level < levels_of(all); ++level) buffers.push_back(arena.take(1));
  sum_node(
      all, [](Index index, const Buffer& to) { *to.at(0) = static_cast<float>(1 << index); },
      buffers.data(), add);
  EXPECT_EQ(*buffers.front().at(0), (1 << 11) - 1);
}

TEST(NodesWithin, AreTheLargestThatFit) {
  EXPECT_EQ(nodes_within({0, 8}, {0, 8}), (std::vector<Leaves>{{0, 8}}));
  EXPECT_EQ(nodes_within({0, 8}, {4, 8}), (std::vector<Leaves>{{4, 8}}));
  EXPECT_EQ(nodes_within({0, 6}, {2, 4}), (std::vector<Leaves>{{2, 3}, {3, 4}}));
  EXPECT_TRUE(nodes_within({0, 6}, {3, 3}).empty());
}

}  // namespace
}  // namespace bimix::proxy
