#include "derived_blocks.hpp"

#include "domain_blocks.hpp"
#include "fields.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::config {
namespace {

/// The keys of `optimize:` that are maps over domains; a value that is left out stays empty.
void parse_optimize_maps(Reader& block, const data::DomainSet& domains,
                         mix::OptimizeOptions& options) {
  const auto map = [&](const char* key, const NumbersByDomain& form, std::vector<double>& values) {
    if (block.has(key))
      values = numbers_by_domain(block.take(key), block.path_of(key), form, block.findings());
  };
  map("weights", {.names = domains.eval, .high = infinity}, options.weights);
  const std::vector<std::string> limited = data::domain_and_node_names(domains.train);
  map("floor", {.names = limited}, options.floor);
  map("cap", {.names = limited, .missing = 1.0}, options.cap);
}

/// `groups: {code: [python, cpp], text: [web]}`: E numbers, sets in none numbered last, each alone.
std::vector<int> parse_groups(Reader block, const std::vector<std::string>& sets) {
  std::vector<int> group;
  int count = 0;
  for (const auto& [name, ignored] : block.take_all()) {
    std::vector<std::string> members;
    block.words(name.c_str(), members, "");
    group.resize(sets.size(), -1);
    for (const std::string& member : members) {
      const auto e = domain_index(member, block.path_of(name), sets, block.findings());
      if (e && group[*e] >= 0)
        block.findings().complain(
            block.path_of(name),
            {.problem = fmt::format("'{}' is in two groups", core::shown_text(member)),
             .remedy = "Drop it from one of them"});
      if (e) group[*e] = count;
    }
    ++count;
  }
  for (int& g : group)
    if (g < 0) g = count++;
  return group;
}

}  // namespace

void parse_fit(Reader& root, Campaign& campaign) {
  Reader block(root.take("fit"), "fit", root.findings());
  describe(block, campaign.fit);
  block.finish();
  campaign.fit.seed = campaign.seed;
  root.findings().adopt("", law::complaints(campaign.fit));
}

void parse_optimize(Reader& root, Campaign& campaign) {
  Reader block(root.take("optimize"), "optimize", root.findings());
  mix::OptimizeOptions& options = campaign.optimize;
  describe(block, options);
  parse_optimize_maps(block, campaign.domains, options);
  options.group = parse_groups(Reader(block.take("groups"), "optimize.groups", block.findings()),
                               campaign.domains.eval);
  block.finish();
  campaign.fit.weights = options.weights;
  require_policy(options.reference, "optimize.reference",
                 {.besides = {std::string(mix::best_reference)}}, campaign, block.findings());
  require_policy(options.prior, "optimize.prior", {.besides = {"none"}}, campaign,
                 block.findings());
  // tokens = 0 stands for the largest trained volume, which only the plan knows.
  mix::OptimizeOptions checked = options;
  if (checked.tokens == 0) checked.tokens = 1;
  // What is `auto` is counted when the texts are opened; here it only has to be known to come.
  const std::vector<double>& unique = campaign.unique_tokens;
  if (std::any_of(unique.begin(), unique.end(), [](double n) { return n != 0; }))
    checked.unique_tokens.assign(unique.size(), 0.0);
  root.findings().adopt("", mix::complaints(checked, campaign.domains));
}

void parse_check(Reader& root, Campaign& campaign) {
  Findings& findings = root.findings();
  Reader block(root.take("check"), "check", findings);
  describe(block, campaign.check);
  block.finish();
  const std::vector<std::string>& names = campaign.check.mixtures;
  for (const char* needed : {"default", "optimum"})
    if (std::find(names.begin(), names.end(), needed) == names.end())
      findings.complain("check.mixtures", {.problem = fmt::format("'{}' is missing", needed),
                                           .rule = "the check compares the two",
                                           .remedy = "Use [default, optimum]"});
  if (campaign.source == SourceKind::replay) campaign.check.enabled = false;
}

}  // namespace bimix::config
