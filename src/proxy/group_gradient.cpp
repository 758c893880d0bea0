#include "group_gradient.hpp"

#include <bimix/core/error.hpp>

#include <algorithm>
#include <cstring>

namespace bimix::proxy {
namespace {

std::size_t bytes_of(Index floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

void append(std::string& bytes, const Buffer& buffer, Leaves slice) {
  bytes.append(reinterpret_cast<const char*>(buffer.at(slice.first)), bytes_of(slice.count()));
}

}  // namespace

Leaves slice_of(Index count, Index number, Index parts) {
  constexpr Index line = 16;
  const Index lines = (count + line - 1) / line;
  return {std::min(lines * number / parts * line, count),
          std::min(lines * (number + 1) / parts * line, count)};
}

GroupGradient::GroupGradient(Arena& arena, const core::ProcessGroup& group, Leaves all,
                             Index parameters, AddFunction add)
    : group_(group), all_(all), parameters_(parameters), add_(add) {
  if (group_.size == 1) return;
  const Index own = slice_of(parameters_, group_.number, group_.size).count();
  for (int member = 0; member < group_.size; ++member) {
    slices_.emplace_back();
    for (const Leaves node : nodes_within(all_, part_of(member)))
      slices_.back().push_back({node, arena.take(own)});
  }
}

Leaves GroupGradient::part_of(int number) const {
  return proxy::part_of(all_, number, group_.size);
}

void GroupGradient::sum(const std::vector<NodeSum>& own, const Buffer& total) const {
  const auto members = static_cast<std::size_t>(group_.size);
  std::vector<std::string> parts(members);
  for (std::size_t member = 0; member < members; ++member)
    for (const NodeSum& node : own)
      append(parts[member], node.sum,
             slice_of(parameters_, static_cast<Index>(member), group_.size));
  parts = group_.exchange(std::move(parts));

  const Leaves slice = slice_of(parameters_, group_.number, group_.size);
  std::vector<NodeSum> nodes;
  for (std::size_t member = 0; member < members; ++member) {
    const std::size_t size = bytes_of(slice.count());
    core::require(parts[member].size() == slices_[member].size() * size,
                  "members sum the same model");
    for (std::size_t i = 0; i < slices_[member].size(); ++i)
      std::memcpy(slices_[member][i].sum.data(), parts[member].data() + i * size, size);
    nodes.insert(nodes.end(), slices_[member].begin(), slices_[member].end());
  }
  const Buffer& sum = sum_up(all_, nodes, 0, slice.count(), add_);
  std::memcpy(total.at(slice.first), sum.data(), bytes_of(slice.count()));

  core::share_parts(group_, std::span(total.data(), static_cast<std::size_t>(parameters_)),
                    [&](int member) {
                      const Leaves part = slice_of(parameters_, member, group_.size);
                      return core::Stretch{static_cast<std::size_t>(part.first),
                                           static_cast<std::size_t>(part.count())};
                    });
}

}  // namespace bimix::proxy
