#pragma once

#include "reader.hpp"

#include <bimix/config/campaign.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// The blocks that name domains: `tokens:`, `domains:` and `eval_domains:`; and what other blocks
/// say about domains. What is wrong becomes a finding.
namespace bimix::config {

/// The `tokens:` of the files; the vocabulary is the largest that they can hold.
corpus::TokenFormat parse_tokens(Reader& root);

/// Training domains with their files, shares and unique tokens; they are their own evaluation sets.
/// @param normalise shares are divided by their sum
void parse_domains(Reader& root, bool normalise, Campaign& campaign);

/// `same`, or every evaluation set with the training domain whose share its loss follows. After
/// parse_domains and parse_source: sets of its own are not for a proxy.
void parse_eval_domains(Reader& root, Campaign& campaign);

/// Makes shares a point of the simplex, or complains.
/// @param what the shares, as a message calls them
void settle_shares(const std::string& path, const std::string& what, bool normalise,
                   data::Mixture& shares, Findings& findings);

/// Where a name stands among those of domains; nothing and a finding if it does not.
std::optional<std::size_t> domain_index(const std::string& name, const std::string& path,
                                        const std::vector<std::string>& names, Findings& findings);

/// What a key that names a policy's mixture calls it, and says of another.
struct PolicyKey {
  const char* what = "preset";
  std::vector<std::string> besides{};  ///< words that are no policy's, and right as well
  const char* remedy = "";             ///< where no policy's name is near; empty: the usual one
  const char* without_text = "leave it out";
};

/// Complains of a name that no policy has, and of one made from entropies where there is no text.
void require_policy(const std::string& name, const std::string& path, const PolicyKey& key,
                    const Campaign& campaign, Findings& findings);

/// What a map from domain to number may say.
struct NumbersByDomain {
  const std::vector<std::string>& names;
  double missing = 0.0;  ///< of the domains that it does not name
  double high = 1.0;     ///< largest number; the smallest is 0
};

/// Such a map, as [name].
std::vector<double> numbers_by_domain(const YAML::Node& node, const std::string& path,
                                      const NumbersByDomain& form, Findings& findings);

}  // namespace bimix::config
