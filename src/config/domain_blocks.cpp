#include "domain_blocks.hpp"

#include "fields.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::config {
namespace {

void check_domain_name(const std::string& block, const std::string& name, Findings& findings) {
  constexpr std::size_t most = 200;
  const bool is_printable = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!is_printable)
    findings.complain(block, {.problem = "a domain's name is empty or not printable",
                              .remedy = "Use letters, digits and signs"});
  if (name.size() > most)
    findings.complain(block + "." + name,
                      {.problem = fmt::format("the name has {} bytes", name.size()),
                       .rule = fmt::format("at most {}, as tables show it", most),
                       .remedy = "Shorten it"});
}

double unique_tokens(Reader& block) {
  std::string text = "unknown";
  block.text("unique_tokens", text, "");
  if (text == "auto") return unique_tokens_auto;
  if (text == "unknown") return 0.0;
  if (text == "none") return infinity;
  const auto count = core::parse_count(text);
  if (!count || *count < 1)
    block.findings().complain(
        block.path_of("unique_tokens"),
        {.problem = fmt::format("'{}' is no number of tokens", core::shown_text(text)),
         .remedy = "Write auto, none for a stream that never ends, or for example 3B"});
  return static_cast<double>(count.value_or(0));
}

/// Adds fields that a document has to have.
void add_where(Reader& domain, corpus::Where& where) {
  Reader block(domain.take("where"), domain.path_of("where"), domain.findings());
  for (const auto& [field, ignored] : block.take_all()) {
    where.push_back({.field = field});
    block.words(field.c_str(), where.back().values, "");
    if (where.back().values.empty())
      domain.findings().complain(block.path_of(field),
                                 {.problem = "names no value", .remedy = "Name one at least"});
  }
}

/// Adds what `by` asks of documents: the name, as it is written in its node, under a key.
void add_by(Reader& domain, const std::string& name, corpus::Where& where) {
  constexpr const char* rule = "`by` takes the documents whose value is the domain's name";
  if (!domain.has("by")) return;
  std::string by;
  domain.text("by", by, "");
  if (by.empty())
    domain.findings().complain(
        domain.path_of("by"),
        {.problem = "names no key", .rule = rule, .remedy = "Name the key, or drop `by`"});
  else if (std::any_of(where.begin(), where.end(),
                       [&](const auto& filter) { return filter.field == by; }))
    domain.findings().complain(
        domain.path_of("by"), {.problem = fmt::format("asks twice for '{}', in `by` and in `where`",
                                                      core::shown_text(by)),
                               .rule = rule,
                               .remedy = "Drop one of them"});
  else
    where.push_back({by, {name}});
}

/// The keys of a domain that a node gives to all that it holds.
void read_texts(Reader& block, const std::string& name, corpus::DomainFiles& files) {
  block.words("train", files.train_patterns, "");
  block.words("eval", files.eval_patterns, "");
  block.flag("binary", files.binary, "");
  block.words("read", files.command, "");
  block.text("text", files.text_key, "");
  block.number("fraction", files.fraction, {positive, 1}, "");
  add_where(block, files.where);
  add_by(block, name, files.where);
}

/// Reads `domains:`, node by node.
class DomainParser {
 public:
  DomainParser(bool normalise, Campaign& campaign, Findings& findings)
      : normalise_(normalise), campaign_(campaign), findings_(findings) {}

  /// @param part of the whole that the shares are of
  /// @param given what the nodes around say of texts
  void parse(Reader& block, const std::string& prefix, double part,
             const corpus::DomainFiles& given) {
    for (const auto& [key, node] : block.take_all()) {
      const std::string name = prefix + key;
      check_domain_name("domains", name, findings_);
      Reader inner(node, block.path_of(key), findings_);
      if (inner.has("children"))
        add_node({name, key, part}, std::move(inner), given);
      else
        add_domain({name, key, part}, std::move(inner), given);
    }
  }

  bool has_nodes() const { return has_nodes_; }

 private:
  struct Place {
    std::string name{}, key{};  ///< the latter as it is written in the node
    double part = 1.0;
  };

  /// Children have parts of their node's share; where it has none, of what is around.
  void add_node(const Place& place, Reader block, corpus::DomainFiles given) {
    const auto& [name, key, part] = place;
    has_nodes_ = true;
    double share = 1.0;
    const bool has_share = block.has("share");
    block.number("share", share, {0, normalise_ ? infinity : 1}, "");
    read_texts(block, key, given);
    Reader children(block.take("children"), block.path_of("children"), findings_);
    block.finish();
    const std::size_t first = campaign_.default_mixture.size(), before = findings_.count();
    parse(children, name + data::part_separator, has_share ? 1.0 : part, given);
    data::Mixture& all = campaign_.default_mixture;
    if (all.size() == first && findings_.count() == before)
      findings_.complain("domains." + name,
                         {.problem = "has no children",
                          .remedy = "Write `children: {high: {share: 0.6}, low: {share: 0.4}}`"});
    if (!has_share || all.size() == first || findings_.count() > before) return;
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    data::Mixture parts(begin, all.end());
    settle_shares(block.path_of("children"), "its shares, parts of its own,", normalise_, parts,
                  findings_);
    std::transform(parts.begin(), parts.end(), begin,
                   [whole = part * share](double share_of_node) { return whole * share_of_node; });
  }

  void add_domain(const Place& place, Reader block, corpus::DomainFiles files) {
    const auto& [name, key, part] = place;
    files.name = name;
    double share = 0.0;
    if (!block.has("share"))
      findings_.complain("domains." + name,
                         {.problem = "has no share",
                          .rule = "the default mixture needs one of every domain",
                          .remedy = "Add `share: 0.2`"});
    block.number("share", share, {0, normalise_ ? infinity : 1}, "");
    read_texts(block, key, files);
    if (files.binary && (!files.text_key.empty() || !files.where.empty()))
      findings_.complain("domains." + name,
                         {.problem = "says `binary: true` and what is in JSON Lines",
                          .rule = "binary files are taken as they are",
                          .remedy = "Drop `binary`, or `text` and `where`"});
    const bool is_on_texts =
        !files.command.empty() || !files.text_key.empty() || !files.where.empty();
    if (is_on_texts && campaign_.corpus.tokens.width > 1)
      findings_.complain("domains." + name,
                         {.problem = "says `read`, `text`, `where` or `by`, which are about texts",
                          .rule = fmt::format("the files hold tokens: {}",
                                              corpus::token_word(campaign_.corpus.tokens.width)),
                          .remedy = "Drop them, or `tokens:`"});
    campaign_.unique_tokens.push_back(unique_tokens(block));
    block.finish();
    if (std::find(campaign_.domains.train.begin(), campaign_.domains.train.end(), name) !=
        campaign_.domains.train.end())
      findings_.complain("domains." + name, {.problem = "stands there twice",
                                             .rule = "a name with `/` is that of a child",
                                             .remedy = "Rename one of them"});
    campaign_.domains.train.push_back(name);
    campaign_.domains.share_of.push_back(static_cast<int>(campaign_.default_mixture.size()));
    campaign_.default_mixture.push_back(part * share);
    campaign_.corpus.domains.push_back(std::move(files));
  }

  bool normalise_;
  bool has_nodes_ = false;
  Campaign& campaign_;
  Findings& findings_;
};

void parse_eval_sets(const YAML::Node& node, data::DomainSet& domains, Findings& findings) {
  domains.eval.clear();
  domains.share_of.clear();
  Reader sets(node, "eval_domains", findings);
  for (const auto& [name, entry] : sets.take_all()) {
    check_domain_name("eval_domains", name, findings);
    Reader block(entry, "eval_domains." + name, findings);
    std::string own;
    block.text("share_of", own, "");
    block.finish();
    const auto index = own.empty()
                           ? std::nullopt
                           : domain_index(own, block.path_of("share_of"), domains.train, findings);
    domains.eval.push_back(name);
    domains.share_of.push_back(index ? static_cast<int>(*index) : -1);
  }
  if (domains.eval.empty())
    findings.complain("eval_domains",
                      {.problem = "names no set", .remedy = "Write `same`, or name one"});
}

/// A floor or a cap of such a name could mean either.
void refuse_nodes_that_are_domains(const std::vector<std::string>& domains, Findings& findings) {
  for (const std::string& domain : domains)
    for (const std::string& other : domains)
      if (other != domain && data::is_or_lies_in(other, domain))
        findings.complain("domains." + domain,
                          {.problem = fmt::format("is a domain, and '{}' lies in it", other),
                           .rule = "a domain has no children beside its own texts",
                           .remedy = "Rename one of them"});
}

}  // namespace

corpus::TokenFormat parse_tokens(Reader& root) {
  std::string word(corpus::token_word(1));
  root.text("tokens", word, "");
  const int width = corpus::token_width(word);
  const std::vector<std::string> known = corpus::token_words();
  if (width <= 0)
    root.findings().complain(
        "tokens",
        {.problem = fmt::format("'{}' is not in this version", core::shown_text(word)),
         .rule = "there is " + core::join_words(known),
         .remedy = core::did_you_mean(word, known,
                                      "Use bytes for text; a tokenizer's files, such as those "
                                      "of Megatron, are uint16 or uint32")});
  return {std::max(width, 1), corpus::most_vocabulary(std::max(width, 1))};
}

void parse_domains(Reader& root, bool normalise, Campaign& campaign) {
  Findings& findings = root.findings();
  const std::size_t before = findings.count();
  Reader domains(root.take("domains"), "domains", findings);
  DomainParser parser(normalise, campaign, findings);
  parser.parse(domains, "", 1.0, {});
  // Logs may have such names, and then what is named is the domain.
  if (parser.has_nodes()) refuse_nodes_that_are_domains(campaign.domains.train, findings);
  campaign.domains.eval = campaign.domains.train;
  campaign.corpus.seed = campaign.seed;
  // Shares that could not be read would be summed as zeros.
  if (!campaign.default_mixture.empty() && findings.count() == before)
    settle_shares("domains", "the default shares", normalise, campaign.default_mixture, findings);
}

void parse_eval_domains(Reader& root, Campaign& campaign) {
  Findings& findings = root.findings();
  const YAML::Node node = root.take("eval_domains");
  if (!node.IsDefined()) return;
  if (!node.IsMap()) {
    if (!node.IsScalar() || node.Scalar() != "same")
      findings.complain("eval_domains",
                        {.problem = "is neither same nor a map",
                         .remedy = "Write `same`, or `{news: {share_of: web}, exams: {}}`"});
  } else if (campaign.source == SourceKind::proxy) {
    findings.complain("eval_domains",
                      {.problem = "sets of its own are not in this version for a proxy",
                       .remedy = "Use same, and `eval:` texts in the domains"});
  } else {
    parse_eval_sets(node, campaign.domains, findings);
  }
}

void settle_shares(const std::string& path, const std::string& what, bool normalise,
                   data::Mixture& shares, Findings& findings) {
  if (core::is_on_simplex(shares)) return;
  const double sum = core::stable_sum(shares);
  if (normalise && std::isfinite(sum) && sum > 0) {
    shares = core::normalised(shares);
    return;
  }
  findings.complain(path, {.problem = fmt::format("{} add up to {:.10g}", what, sum),
                           .rule = "shares must sum to 1 within 1e-9",
                           .remedy = "Mend them, or say `normalise: true`"});
}

std::optional<std::size_t> domain_index(const std::string& name, const std::string& path,
                                        const std::vector<std::string>& names, Findings& findings) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  findings.complain(path, {.problem = fmt::format("'{}' is no domain", core::shown_text(name)),
                           .rule = "domains: " + core::join_words(names),
                           .remedy = core::did_you_mean(name, names)});
  return std::nullopt;
}

void require_policy(const std::string& name, const std::string& path, const PolicyKey& key,
                    const Campaign& campaign, Findings& findings) {
  if (std::find(key.besides.begin(), key.besides.end(), name) != key.besides.end()) return;
  const std::vector<std::string> measures = core::all_words<entropy::Measure>();
  if (!mix::is_policy_name(name, measures)) {
    std::vector<std::string> known = mix::policy_names(measures);
    known.insert(known.end(), key.besides.begin(), key.besides.end());
    findings.complain(path,
                      {.problem = fmt::format("'{}' is no {}", core::shown_text(name), key.what),
                       .rule = "known: " + core::join_words(known),
                       .remedy = core::did_you_mean(name, known, key.remedy)});
  } else if (mix::needs_entropy(name) && campaign.corpus.domains.empty()) {
    findings.complain(
        path, {.problem = fmt::format("'{}' needs the domains' text", name),
               .remedy = fmt::format("Give the domains `train:` files, or {}", key.without_text)});
  }
}

std::vector<double> numbers_by_domain(const YAML::Node& node, const std::string& path,
                                      const NumbersByDomain& form, Findings& findings) {
  Reader map(node, path, findings);
  std::vector<double> values(form.names.size(), form.missing);
  for (const auto& [name, value] : map.take_all()) {
    const std::string place = map.path_of(name);
    if (const auto index = domain_index(name, place, form.names, findings))
      read_number(value, place, {0, form.high}, values[*index], findings);
  }
  return values;
}

}  // namespace bimix::config
