#include "gradient_tree.hpp"

#include <bimix/core/error.hpp>

#include <algorithm>

namespace bimix::proxy {
namespace {

Leaves left_of(Leaves node) { return {node.first, node.first + (node.count() + 1) / 2}; }
Leaves right_of(Leaves node) { return {left_of(node).last, node.last}; }

void collect(Leaves node, Leaves part, std::vector<Leaves>& nodes) {
  if (node.last <= part.first || part.last <= node.first) return;
  if (part.first <= node.first && node.last <= part.last) {
    nodes.push_back(node);
    return;
  }
  collect(left_of(node), part, nodes);
  collect(right_of(node), part, nodes);
}

}  // namespace

Leaves part_of(Leaves all, Index number, Index parts) {
  return {all.first + all.count() * number / parts, all.first + all.count() * (number + 1) / parts};
}

std::vector<Leaves> nodes_within(Leaves all, Leaves part) {
  std::vector<Leaves> nodes;
  collect(all, part, nodes);
  return nodes;
}

void sum_node(Leaves node, const std::function<void(Index, const Buffer&)>& leaf,
              const Buffer* buffers, AddFunction add) {
  if (node.count() == 1) {
    leaf(node.first, buffers[0]);
    return;
  }
  sum_node(left_of(node), leaf, buffers, add);
  sum_node(right_of(node), leaf, buffers + 1, add);
  add(buffers[1].data(), buffers[0].data(), buffers[0].size());
}

int levels_of(Leaves node) { return node.count() == 1 ? 1 : 1 + levels_of(left_of(node)); }

const Buffer& sum_up(Leaves all, const std::vector<NodeSum>& nodes, Index offset, Index count,
                     AddFunction add) {
  const auto known = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const NodeSum& node) { return node.leaves == all; });
  if (known != nodes.end()) return known->sum;
  core::require(all.count() > 1, "the parts hold every leaf");
  const Buffer& left = sum_up(left_of(all), nodes, offset, count, add);
  const Buffer& right = sum_up(right_of(all), nodes, offset, count, add);
  add(right.at(offset), left.at(offset), count);
  return left;
}

}  // namespace bimix::proxy
