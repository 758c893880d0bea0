#include "design_block.hpp"
#include "domain_blocks.hpp"
#include "fields.hpp"
#include "paths.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::config {
namespace {

/// `design.mixtures`, group by group.
class GroupParser {
 public:
  GroupParser(const Campaign& campaign, const MixtureRules& rules, Findings& findings)
      : campaign_(campaign), rules_(rules), findings_(findings) {}

  void parse_group(const YAML::Node& node, const std::string& path) {
    Reader group(node, path, findings_);
    const std::size_t before = parsed_.groups.size();
    const auto block = [&](const char* key) {
      return Reader(group.take(key), path + "." + key, findings_);
    };
    if (group.has("preset")) add(presets(group));
    if (group.has("simplex")) add(lattice(block("simplex")));
    if (group.has("dirichlet")) add(dirichlet(block("dirichlet")));
    if (group.has("grid")) add(grid(block("grid")));
    if (group.has("list")) add(list(group.take("list"), path + ".list"));
    if (group.has("file")) {
      std::string file;
      group.text("file", file, "");
      add_file(file, path + ".file");
    }
    group.finish();
    if (parsed_.groups.size() > before + 1)
      findings_.complain(path, {.problem = "holds several kinds of mixtures",
                                .remedy = "Give each its own `-` line"});
  }

  ParsedMixtures parsed() && { return std::move(parsed_); }

 private:
  void add(plan::MixtureGroup group) { parsed_.groups.push_back(std::move(group)); }

  plan::PresetMixtures presets(Reader& group) {
    plan::PresetMixtures presets;
    group.words("preset", presets.names, "");
    group.whole("repeats", presets.repeats, {0, 1'000'000}, "");
    for (const std::string& name : presets.names)
      require_policy(name, group.path_of("preset"), {.besides = {std::string(plan::deletions)}},
                     campaign_, findings_);
    return presets;
  }

  static plan::LatticeMixtures lattice(Reader block) {
    plan::LatticeMixtures lattice;
    block.number("step", lattice.step, {1e-6, 1}, "");
    block.number("floor", lattice.floor, {0, 1}, "");
    block.finish();
    return lattice;
  }

  plan::DirichletMixtures dirichlet(Reader block) {
    plan::DirichletMixtures group;
    block.whole("count", group.count, {1, 1'000'000}, "");
    block.number("floor", group.floor, {0, 1}, "");
    const YAML::Node strength = block.take("strength");
    const std::string path = block.path_of("strength");
    const Range<double> range{1e-9, 1e9};
    if (strength.IsDefined() && strength.IsSequence() && strength.size() == 2) {
      read_number(strength[0], path, range, group.strength_low, findings_);
      read_number(strength[1], path, range, group.strength_high, findings_);
      if (group.strength_low > group.strength_high)
        findings_.complain(path, {.problem = "the first is larger than the second",
                                  .remedy = "Write [low, high]"});
    } else if (strength.IsDefined()) {
      if (read_number(strength, path, range, group.strength_low, findings_))
        group.strength_high = group.strength_low;
    }
    block.text("around", group.around, "");
    require_policy(
        group.around, block.path_of("around"),
        {.what = "centre", .remedy = "Use default or uniform", .without_text = "choose another"},
        campaign_, findings_);
    parse_parts(block, group);
    block.finish();
    return group;
  }

  /// `among` and `within`.
  void parse_parts(Reader& block, plan::DirichletMixtures& group) {
    block.words("among", group.among, "");
    block.text("within", group.within, "");
    const std::vector<std::string>& domains = campaign_.domains.train;
    const std::vector<std::string> all = data::domain_and_node_names(domains);
    const std::vector<std::string> nodes(all.begin() + static_cast<std::ptrdiff_t>(domains.size()),
                                         all.end());
    for (const std::string& name : group.among)
      domain_index(name, block.path_of("among"), all, findings_);
    refuse_overlaps(group.among, block.path_of("among"));
    if (group.within.empty()) return;
    if (nodes.empty())
      findings_.complain(block.path_of("within"), {.problem = "no domain has children",
                                                   .rule = "it names a node of the domains",
                                                   .remedy = "Drop it, or use `among`"});
    else
      domain_index(group.within, block.path_of("within"), nodes, findings_);
    if (!group.among.empty())
      findings_.complain(block.path_of("within"),
                         {.problem = "stands beside `among`",
                          .rule = "the one keeps all shares outside of a node, the other none",
                          .remedy = "Give each a group of its own"});
  }

  /// A domain belongs to one part.
  void refuse_overlaps(const std::vector<std::string>& names, const std::string& path) {
    for (std::size_t i = 0; i < names.size(); ++i)
      for (std::size_t j = 0; j < names.size(); ++j)
        if (const bool is_same = names[i] == names[j];
            is_same ? i < j : data::is_or_lies_in(names[i], names[j]))
          findings_.complain(
              path, {.problem = is_same ? fmt::format("'{}' stands there twice", names[i])
                                        : fmt::format("'{}' lies in '{}', which stands there too",
                                                      names[i], names[j]),
                     .rule = "each part is drawn as one, and a domain belongs to one",
                     .remedy = fmt::format("Leave one '{}' out", names[i])});
  }

  plan::GridMixtures grid(Reader block) {
    plan::GridMixtures group;
    for (const auto& [name, node] : block.take_all()) {
      const std::string path = block.path_of(name);
      const auto index = domain_index(name, path, campaign_.domains.train, findings_);
      std::vector<double> values;
      if (node.IsSequence()) {
        for (const YAML::Node& element : node) {
          double value = 0;
          if (read_number(element, path, {0, 1}, value, findings_)) values.push_back(value);
        }
      }
      if (values.empty())
        findings_.complain(path, {.problem = "is no list of shares", .remedy = "Write [0.2, 0.4]"});
      else if (index) {
        group.domains.push_back(*index);
        group.values.push_back(values);
      }
    }
    return group;
  }

  plan::ListedMixtures list(const YAML::Node& node, const std::string& path) {
    plan::ListedMixtures group;
    if (!node.IsSequence()) {
      findings_.complain(
          path, {.problem = "is not a list", .remedy = "Write [{prose: 0.4, code: 0.6}, ...]"});
      return group;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::string place = fmt::format("{}[{}]", path, i);
      const std::size_t before = findings_.count();
      data::Mixture shares = numbers_by_domain(
          node[i], place,
          {.names = campaign_.domains.train, .high = rules_.normalise ? infinity : 1}, findings_);
      if (findings_.count() == before)
        settle_shares(place, "its shares", rules_.normalise, shares, findings_);
      group.mixtures.push_back(std::move(shares));
    }
    return group;
  }

  void add_file(const std::filesystem::path& file, const std::string& key) {
    parsed_.has_relative_list = parsed_.has_relative_list || file.is_relative();
    read_named_table(
        {file, key, campaign_.base, rules_.look}, findings_,
        [&](const std::filesystem::path& path) {
          add(plan::ListedMixtures{
              "file", replay::read_mixtures(path, campaign_.domains.train, rules_.normalise)});
        });
  }

  const Campaign& campaign_;
  const MixtureRules& rules_;
  Findings& findings_;
  ParsedMixtures parsed_{};
};

}  // namespace

ParsedMixtures parse_mixtures(const YAML::Node& node, const Campaign& campaign,
                              const MixtureRules& rules, Findings& findings) {
  GroupParser parser(campaign, rules, findings);
  if (node.IsDefined() && !node.IsSequence())
    findings.complain("design.mixtures",
                      {.problem = "is not a list", .remedy = "Write `- preset: [default]`"});
  else if (node.IsDefined())
    for (std::size_t g = 0; g < node.size(); ++g)
      parser.parse_group(node[g], fmt::format("design.mixtures[{}]", g));
  return std::move(parser).parsed();
}

}  // namespace bimix::config
