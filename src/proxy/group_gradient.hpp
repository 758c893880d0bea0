#pragma once

#include "gradient_tree.hpp"

#include <bimix/core/process_group.hpp>

#include <vector>

namespace bimix::proxy {

/// [first, last) of `count` numbers that part `number` of `parts` looks after where work on them is
/// divided: whole cache lines, so that no two parts write to the same one.
Leaves slice_of(Index count, Index number, Index parts);

/// The gradients of a step whose micro-batches are divided over the members of a group. Each member
/// adds up one slice of the parameters over all members' sums, along the tree, and gives the result
/// to the others: no more is sent than in a ring, and every member has the same bits.
class GroupGradient {
 public:
  /// @param all the micro-batches @param parameters numbers of a gradient
  GroupGradient(Arena& arena, const core::ProcessGroup& group, Leaves all, Index parameters,
                AddFunction add);

  /// Member `number`'s micro-batches.
  Leaves part_of(int number) const;

  /// @collective
  /// @param own the sums of nodes_within(all, own part), each over all parameters
  /// @param total where the sum over all micro-batches goes; may be one of `own`
  void sum(const std::vector<NodeSum>& own, const Buffer& total) const;

 private:
  core::ProcessGroup group_;
  Leaves all_;
  Index parameters_;
  AddFunction add_;
  std::vector<std::vector<NodeSum>> slices_{};  ///< of each member's sums, this member's slice
};

}  // namespace bimix::proxy
