#include "parts.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/data/domain_tree.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace bimix::plan {
namespace {

/// The domains that a name stands for: itself, or what lies in the node.
std::vector<std::size_t> domains_in(const std::string& name,
                                    const std::vector<std::string>& domains) {
  std::vector<std::size_t> inside;
  for (std::size_t k = 0; k < domains.size(); ++k)
    if (data::is_or_lies_in(domains[k], name)) inside.push_back(k);
  return inside;
}

/// Adds a part, in the default's proportions, or even ones where the default has nothing of it.
void add_part(std::vector<std::size_t> members, const data::Mixture& default_share, Parts& parts) {
  if (members.empty()) return;
  std::vector<double> share;
  for (const std::size_t k : members) share.push_back(default_share[k]);
  if (!(core::stable_sum(share) > 0.0)) share.assign(members.size(), 1.0);
  share = core::normalised(share);
  for (std::size_t n = 0; n < members.size(); ++n) {
    parts.within[members[n]] = share[n];
    parts.fixed[members[n]] = 0.0;
  }
  parts.members.push_back(std::move(members));
}

}  // namespace

Parts among(const std::vector<std::string>& names, const std::vector<std::string>& domains,
            const data::Mixture& default_share) {
  const std::size_t count = default_share.size();
  Parts parts{.fixed = data::Mixture(count, 0.0), .within = data::Mixture(count, 0.0)};
  std::vector<bool> is_taken(count, false);
  for (const std::string& name : names) {
    std::vector<std::size_t> members = domains_in(name, domains);
    std::erase_if(members, [&](std::size_t k) { return is_taken[k]; });
    for (const std::size_t k : members) is_taken[k] = true;
    add_part(std::move(members), default_share, parts);
  }
  std::vector<std::size_t> rest;
  for (std::size_t k = 0; k < count; ++k) {
    if (is_taken[k]) continue;
    if (names.empty())
      add_part({k}, default_share, parts);
    else
      rest.push_back(k);
  }
  add_part(std::move(rest), default_share, parts);
  return parts;
}

Parts within(const std::string& node, const std::vector<std::string>& domains,
             const data::Mixture& default_share) {
  Parts parts{.fixed = default_share, .within = data::Mixture(default_share.size(), 0.0)};
  std::vector<std::string> children;  // in the order of the domains
  for (const std::size_t k : domains_in(node, domains)) {
    const std::string& name = domains[k];
    if (name == node) continue;
    const std::string child = name.substr(0, name.find(data::part_separator, node.size() + 1));
    if (std::find(children.begin(), children.end(), child) == children.end())
      children.push_back(child);
  }
  parts.mass = 0.0;
  for (const std::string& child : children) {
    for (const std::size_t k : domains_in(child, domains)) parts.mass += default_share[k];
    add_part(domains_in(child, domains), default_share, parts);
  }
  return parts;
}

data::Mixture shares_of_parts(const Parts& parts, const data::Mixture& mixture) {
  data::Mixture share;
  for (const std::vector<std::size_t>& members : parts.members) {
    double sum = 0.0;
    for (const std::size_t k : members) sum += mixture[k];
    share.push_back(sum);
  }
  const double all = core::stable_sum(share);
  if (!(all > 0.0)) return data::Mixture(share.size(), 1.0 / static_cast<double>(share.size()));
  return core::is_on_simplex(share) ? share : core::normalised(share);
}

data::Mixture whole_of(const Parts& parts, const data::Mixture& share) {
  data::Mixture whole = parts.fixed;
  for (std::size_t n = 0; n < parts.members.size(); ++n)
    for (const std::size_t k : parts.members[n]) whole[k] = parts.mass * share[n] * parts.within[k];
  return whole;
}

}  // namespace bimix::plan
