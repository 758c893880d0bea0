#pragma once

#include <bimix/data/records.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace bimix::plan {

/// Domains that vary as one, and those that do not vary.
struct Parts {
  std::vector<std::vector<std::size_t>> members{};  ///< [part]: indices of its domains
  double mass = 1.0;                                ///< what the parts sum to
  data::Mixture fixed{};                            ///< K: shares that stay; 0 of members
  data::Mixture within{};  ///< K: of each member in its part, summing to 1; 0 of what stays
};

/// Each of the named domains and nodes is a part, and what they leave is one more; without names
/// each domain is one. @param names, domains as the campaign says them
Parts among(const std::vector<std::string>& names, const std::vector<std::string>& domains,
            const data::Mixture& default_share);

/// Each child of the node is a part; all else stays the default's.
Parts within(const std::string& node, const std::vector<std::string>& domains,
             const data::Mixture& default_share);

/// What the parts have of a mixture, summing to 1: even parts where they have nothing.
data::Mixture shares_of_parts(const Parts& parts, const data::Mixture& mixture);

/// The mixture in which the parts have these shares of their mass: K.
data::Mixture whole_of(const Parts& parts, const data::Mixture& share);

}  // namespace bimix::plan
