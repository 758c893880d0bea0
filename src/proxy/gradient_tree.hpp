#pragma once

#include "arena.hpp"

#include <functional>
#include <vector>

/// The order in which the gradients of a step's micro-batches are added: one binary tree over them,
/// halved from the top. A thread or process that computes a part of the leaves adds up the
/// nodes of the tree within it, and what remains is added when all parts are there: the same
/// additions, so the same bits, however the leaves are divided among threads and processes.
namespace bimix::proxy {

/// Leaves [first, last) of the tree.
struct Leaves {
  Index first = 0, last = 0;
  Index count() const { return last - first; }
  bool operator==(const Leaves&) const = default;
};

/// What part `number` of `parts` gets where leaves are divided.
Leaves part_of(Leaves all, Index number, Index parts);

/// The sum over one node's leaves.
struct NodeSum {
  Leaves leaves{};
  Buffer sum;
};

/// The largest nodes that lie within `part`, from left to right, of the tree over `all`.
std::vector<Leaves> nodes_within(Leaves all, Leaves part);

/// Adds `count` numbers of `from` to `to`.
using AddFunction = void (*)(const float* from, float* to, Index count);

/// The sum over one node's leaves, into the first of the buffers.
/// @param leaf computes the gradient of one leaf into a buffer, overwriting it
/// @param buffers levels_of(node) of them
void sum_node(Leaves node, const std::function<void(Index, const Buffer&)>& leaf,
              const Buffer* buffers, AddFunction add);
/// Buffers that sum_node needs: 1 for a leaf, one more for each level above.
int levels_of(Leaves node);

/// Adds up the tree's upper part, numbers [offset, offset + count) of each sum, in place.
/// @param nodes that together hold every leaf of `all` once, from left to right
/// @return where the total is: nodes.front().sum
const Buffer& sum_up(Leaves all, const std::vector<NodeSum>& nodes, Index offset, Index count,
                     AddFunction add);

}  // namespace bimix::proxy
