#pragma once

#include "reader.hpp"

#include <bimix/config/campaign.hpp>

#include <string>
#include <vector>

/// The `design:` block: the mixtures and volumes that are tried.
namespace bimix::config {

/// How mixtures are read.
struct MixtureRules {
  Look look = Look::mixtures;
  bool normalise = false;  ///< shares are divided by their sum
};

struct ParsedMixtures {
  std::vector<plan::MixtureGroup> groups{};
  bool has_relative_list = false;  ///< of a file, whose name the groups do not keep
};

/// `design.mixtures`: presets, lattices, random mixtures, grids and lists.
/// @param node a list of groups, or undefined
ParsedMixtures parse_mixtures(const YAML::Node& node, const Campaign& campaign,
                              const MixtureRules& rules, Findings& findings);

/// `design.utilities`: a table's file, or `{web: {exams: 0.4}, code: {exams: [0.2, 0.05]}}`, a
/// value or a value and its standard error for each domain and task. Into campaign.design.
/// @return whether it names a file by a path that is not absolute
bool parse_utilities(const YAML::Node& node, const MixtureRules& rules, Campaign& campaign,
                     Findings& findings);

/// The whole block, into campaign.design. After domains and source.
/// @return whether it names a table by a path that is not absolute
bool parse_design(Reader& root, const MixtureRules& rules, Campaign& campaign);

}  // namespace bimix::config
