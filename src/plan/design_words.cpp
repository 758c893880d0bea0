#include <bimix/core/text.hpp>
#include <bimix/plan/design.hpp>

#include <fmt/format.h>

namespace bimix::plan {

const core::WordTable<VolumeAxis>& word_table(VolumeAxis) {
  static const core::WordTable<VolumeAxis> table{
      {{VolumeAxis::trajectory, "trajectory"}, {VolumeAxis::independent, "independent"}},
      [](const std::string& word, const std::vector<std::string>&) {
        return core::Complaint{.problem = fmt::format("'{}' is no axis", core::shown_text(word)),
                               .remedy = "Use trajectory or independent"};
      }};
  return table;
}

const core::WordTable<SeedChoice>& word_table(SeedChoice) {
  static const core::WordTable<SeedChoice> table{
      {{SeedChoice::common, "common"}, {SeedChoice::independent, "independent"}},
      [](const std::string& word, const std::vector<std::string>&) {
        return core::Complaint{.problem = fmt::format("'{}' is no choice", core::shown_text(word)),
                               .remedy = "Use common or independent"};
      }};
  return table;
}

}  // namespace bimix::plan
