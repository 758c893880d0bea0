#include "worst_group.hpp"

#include <memory>

namespace bimix::mix {
namespace {

/// The largest mean rise of a group of sets: `groups` in a campaign. A set in none is its own.
class Groups final : public WorstGroup {
 public:
  explicit Groups(std::vector<int> group = {}) : WorstGroup("groups", std::move(group)) {}
  bool needs_groups() const override { return true; }
  std::unique_ptr<const Objective> with(const ObjectiveSetting& setting) const override {
    return std::make_unique<Groups>(setting.group);
  }
};

}  // namespace

const Objective& objective_groups() {
  static const Groups objective;
  return objective;
}

}  // namespace bimix::mix
