#include "design_block.hpp"
#include "domain_blocks.hpp"
#include "fields.hpp"
#include "paths.hpp"

#include <bimix/replay/utility_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace bimix::config {
namespace {

constexpr Range<double> utility_range{0, 1};

/// `0.4`, or `[0.4, 0.05]` with a standard error.
void read_utility(const YAML::Node& node, const std::string& place, double& value, double& sd,
                  Findings& findings) {
  if (!node.IsSequence()) {
    read_number(node, place, utility_range, value, findings);
  } else if (node.size() == 2) {
    read_number(node[0], place, utility_range, value, findings);
    read_number(node[1], place, {0, infinity}, sd, findings);
  } else {
    findings.complain(place, {.problem = "is no utility",
                              .remedy = "Write 0.4, or [0.4, 0.05] with its standard error"});
  }
}

/// `{web: {exams: 0.4}, code: {exams: [0.2, 0.05]}}`.
data::Utilities written_out(const YAML::Node& node, const std::vector<std::string>& domains,
                            Findings& findings) {
  const std::string path = "design.utilities";
  Reader rows(node, path, findings);
  data::Utilities utilities;
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<bool> is_given(domains.size(), false);
  for (const auto& [name, tasks] : rows.take_all()) {
    const auto k = domain_index(name, rows.path_of(name), domains, findings);
    Reader row(tasks, rows.path_of(name), findings);
    const auto cells = row.take_all();
    if (utilities.empty()) {
      for (const auto& [task, cell] : cells) utilities.tasks.push_back(task);
      utilities.value = data::Table(domains.size(), utilities.tasks.size(), unknown);
      utilities.sd = utilities.value;
    }
    if (k) is_given[*k] = true;
    for (const auto& [task, cell] : cells) {
      const auto found = std::find(utilities.tasks.begin(), utilities.tasks.end(), task);
      if (found == utilities.tasks.end() || cells.size() != utilities.tasks.size()) {
        findings.complain(row.path_of(task), {.problem = "not every domain has the same tasks",
                                              .remedy = "Give each domain a value of every task"});
        return {};
      }
      const auto t = static_cast<std::size_t>(found - utilities.tasks.begin());
      if (k)
        read_utility(cell, row.path_of(task), utilities.value(*k, t), utilities.sd(*k, t),
                     findings);
    }
  }
  for (std::size_t k = 0; k < domains.size(); ++k)
    if (!is_given[k])
      findings.complain(path, {.problem = fmt::format("says nothing of domain '{}'", domains[k]),
                               .remedy = "Give each domain a value of every task"});
  return utilities;
}

}  // namespace

bool parse_utilities(const YAML::Node& node, const MixtureRules& rules, Campaign& campaign,
                     Findings& findings) {
  if (!node.IsDefined()) return false;
  if (!node.IsScalar()) {
    campaign.design.utilities = written_out(node, campaign.domains.train, findings);
    return false;
  }
  const std::filesystem::path file = node.Scalar();
  read_named_table({file, "design.utilities", campaign.base, rules.look}, findings,
                   [&](const std::filesystem::path& path) {
                     campaign.design.utilities =
                         replay::read_utilities(path, campaign.domains.train);
                   });
  return file.is_relative();
}

}  // namespace bimix::config
