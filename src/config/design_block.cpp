#include "design_block.hpp"

#include "fields.hpp"

#include <algorithm>
#include <functional>

namespace bimix::config {
namespace {

/// Written out, or a range in even steps of the logarithm.
std::vector<std::int64_t> parse_volume_values(Reader& block) {
  Findings& findings = block.findings();
  const YAML::Node values = block.take("values");
  std::int64_t from = 0, to = 0;
  int count = 0;
  block.count("from", from, {1, most_tokens}, "");
  block.count("to", to, {1, most_tokens}, "");
  block.whole("count", count, {1, 100'000}, "");
  std::vector<std::int64_t> volumes;
  if (values.IsDefined() && values.IsSequence()) {
    for (const YAML::Node& value : values) {
      std::int64_t tokens = 0;
      if (read_count(value, "design.volumes.values", {1, most_tokens}, tokens, findings))
        volumes.push_back(tokens);
    }
    if (!std::is_sorted(volumes.begin(), volumes.end(), std::less_equal<>()))
      findings.complain("design.volumes.values",
                        {.problem = "are not ascending", .remedy = "Sort them, each once"});
  } else if (values.IsDefined()) {
    findings.complain("design.volumes.values",
                      {.problem = "is not a list", .remedy = "Write [64K, 128K, 256K]"});
  } else if (from > 0 && to >= from && count > 0) {
    volumes = plan::log_spaced_volumes(from, to, count);
  } else if (from > 0 || to > 0 || count > 0) {
    findings.complain("design.volumes", {.problem = "from, to and count do not make a range",
                                         .rule = "0 < from <= to, count >= 1",
                                         .remedy = "Write {from: 64K, to: 2M, count: 7}"});
  }
  return volumes;
}

/// @param may_be_left_out logs have volumes of their own
void parse_volumes(Reader block, bool may_be_left_out, plan::DesignOptions& design) {
  block.word("axis", design.axis, "");
  design.tokens = parse_volume_values(block);
  block.finish();
  if (design.tokens.empty() && !may_be_left_out)
    block.findings().complain("design.volumes", {.problem = "names no volumes",
                                                 .remedy = "Add `values: [64K, 128K, ...]`"});
}

/// `adaptive:`, where it is given.
void parse_adaptive(Reader& design, Campaign& campaign) {
  if (!design.has("adaptive")) return;
  Findings& findings = design.findings();
  Reader block(design.take("adaptive"), "design.adaptive", findings);
  plan::AdaptiveOptions adaptive;
  describe(block, adaptive);
  Reader until(block.take("until"), "design.adaptive.until", findings);
  describe(until, adaptive.until);
  until.finish();
  block.finish();
  if (campaign.source == SourceKind::replay)
    findings.complain("design.adaptive",
                      {.problem = "this campaign replays logs",
                       .rule = "it can run no mixture that it chooses",
                       .remedy = "Leave `adaptive` out; `bimix plan DIR --next 8` proposes what to "
                                 "train next"});
  if (campaign.source != SourceKind::proxy && adaptive.budget.unit == plan::Budget::Unit::flop)
    findings.complain("design.adaptive.budget",
                      {.problem = "only proxies know how many FLOP they take",
                       .remedy = "Write a number of trials, such as `96 trials`, or a time"});
  if (campaign.domains.train.size() < 2)
    findings.complain("design.adaptive", {.problem = "there is one domain",
                                          .rule = "of one there is nothing to mix",
                                          .remedy = "Leave `adaptive` out"});
  campaign.design.adaptive = adaptive;
}

}  // namespace

bool parse_design(Reader& root, const MixtureRules& rules, Campaign& campaign) {
  Findings& findings = root.findings();
  Reader block(root.take("design"), "design", findings);
  const std::size_t before = findings.count();
  const bool replay = campaign.source == SourceKind::replay;
  const YAML::Node groups = block.take("mixtures");
  ParsedMixtures mixtures = parse_mixtures(groups, campaign, rules, findings);
  parse_adaptive(block, campaign);
  const bool names_some = groups.IsDefined() && groups.size() > 0;
  if (!names_some && !replay && !campaign.design.adaptive)
    findings.complain("design", {.problem = "names no mixtures",
                                 .remedy = "Add `mixtures: [{preset: [default, uniform]}]`"});
  campaign.design.mixtures = std::move(mixtures.groups);
  const bool has_relative_utilities =
      parse_utilities(block.take("utilities"), rules, campaign, findings);
  parse_volumes(Reader(block.take("volumes"), "design.volumes", findings), replay, campaign.design);
  block.whole("repeats", campaign.design.repeats, {1, 1'000'000}, "");
  block.word("seeds", campaign.design.seeds, "");
  block.words("reuse", campaign.design.reuse, "");
  block.finish();
  if (findings.count() == before)
    findings.adopt("", plan::complaints(campaign.design, campaign.domains.train.size()));
  return mixtures.has_relative_list || has_relative_utilities;
}

}  // namespace bimix::config
