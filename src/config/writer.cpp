#include "eval_sets.hpp"
#include "fields.hpp"
#include "reader.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <map>

namespace bimix::config {
namespace {

/// Doubles in shortest round-trip form.
std::string shown(double value) { return fmt::format("{}", value); }

/// Writes what Reader reads.
class Writer {
 public:
  explicit Writer(YAML::Emitter& out) : out_(out) {}
  void text(const char* key, const std::string& value, const char*) { put(key, value); }
  template <core::Worded E>
  void word(const char* key, E value, const char*) {
    put(key, core::word_of(value));
  }
  template <core::Worded E>
  void choice(const char* key, E value, const char*) {
    if (value != core::all_values<E>().front()) put(key, core::word_of(value));
  }
  void whole(const char* key, int value, Range<int>, const char*) {
    put(key, fmt::format("{}", value));
  }
  void count(const char* key, std::int64_t value, Range<std::int64_t>, const char*) {
    put(key, core::format_count(value));
  }
  void number(const char* key, double value, Range<double>, const char*) { put(key, shown(value)); }
  void number(const char* key, std::optional<double> value, Range<double>, const char*) {
    if (value) put(key, shown(*value));
  }
  void target(const char* key, std::int64_t value, const char*) {
    if (value > 0)
      out_ << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginMap << YAML::Key
           << "target" << YAML::Value << core::format_count(value) << YAML::EndMap;
  }
  template <class T>
  void parsed(const char* key, const T& value, const char*) {
    put(key, value.text());
  }
  void flag(const char* key, bool value, const char*) { put(key, value ? "true" : "false"); }
  void words(const char* key, const std::vector<std::string>& value, const char*) {
    out_ << YAML::Key << key << YAML::Value << YAML::Flow << value;
  }
  template <core::Worded E>
  void words(const char* key, const std::vector<E>& value, const char* meaning) {
    words(key, core::words_of(value), meaning);
  }

 private:
  void put(const char* key, const std::string& value) {
    out_ << YAML::Key << key << YAML::Value << value;
  }
  YAML::Emitter& out_;
};

template <class Options>
void write_block(YAML::Emitter& out, const char* key, Options options) {
  out << YAML::Key << key << YAML::Value << YAML::BeginMap;
  Writer writer(out);
  describe(writer, options);
  out << YAML::EndMap;
}

void write_by_domain(YAML::Emitter& out, const char* key, const std::vector<std::string>& names,
                     const std::vector<double>& values) {
  if (values.empty()) return;
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginMap;
  for (std::size_t k = 0; k < values.size(); ++k)
    out << YAML::Key << names[k] << YAML::Value << shown(values[k]);
  out << YAML::EndMap;
}

/// Each set in its group; what they were called is not kept.
void write_groups(YAML::Emitter& out, const std::vector<std::string>& sets,
                  const std::vector<int>& group) {
  if (group.empty()) return;
  std::map<int, std::vector<std::string>> members;
  for (std::size_t e = 0; e < group.size(); ++e) members[group[e]].push_back(sets[e]);
  out << YAML::Key << "groups" << YAML::Value << YAML::BeginMap;
  for (const auto& [number, names] : members)
    out << YAML::Key << fmt::format("group-{}", number + 1) << YAML::Value << YAML::Flow << names;
  out << YAML::EndMap;
}

void write_where(YAML::Emitter& out, const corpus::Where& where) {
  if (where.empty()) return;
  out << YAML::Key << "where" << YAML::Value << YAML::Flow << YAML::BeginMap;
  for (const corpus::FieldFilter& filter : where)
    out << YAML::Key << filter.field << YAML::Value << YAML::Flow << filter.values;
  out << YAML::EndMap;
}

void write_domains(YAML::Emitter& out, const Campaign& campaign) {
  out << YAML::Key << "domains" << YAML::Value << YAML::BeginMap;
  for (std::size_t k = 0; k < campaign.domains.train.size(); ++k) {
    out << YAML::Key << campaign.domains.train[k] << YAML::Value << YAML::BeginMap;
    if (!campaign.corpus.domains.empty()) {
      const corpus::DomainFiles& files = campaign.corpus.domains[k];
      if (!files.train_patterns.empty())
        out << YAML::Key << "train" << YAML::Value << YAML::Flow << files.train_patterns;
      if (!files.eval_patterns.empty())
        out << YAML::Key << "eval" << YAML::Value << YAML::Flow << files.eval_patterns;
      if (files.binary) out << YAML::Key << "binary" << YAML::Value << "true";
      if (!files.command.empty())
        out << YAML::Key << "read" << YAML::Value << YAML::Flow << files.command;
      if (!files.text_key.empty()) out << YAML::Key << "text" << YAML::Value << files.text_key;
      write_where(out, files.where);
      if (files.fraction < 1)
        out << YAML::Key << "fraction" << YAML::Value << shown(files.fraction);
    }
    out << YAML::Key << "share" << YAML::Value << shown(campaign.default_mixture[k]);
    const double unique = campaign.unique_tokens[k];
    if (unique == unique_tokens_auto)
      out << YAML::Key << "unique_tokens" << YAML::Value << "auto";
    else if (std::isinf(unique))
      out << YAML::Key << "unique_tokens" << YAML::Value << "none";
    else if (unique > 0)
      out << YAML::Key << "unique_tokens" << YAML::Value
          << core::format_count(static_cast<std::int64_t>(unique));
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

/// Writes each kind of mixture group.
struct GroupWriter {
  YAML::Emitter& out;
  const Campaign& campaign;

  void operator()(const plan::PresetMixtures& group) const {
    out << YAML::Key << "preset" << YAML::Value << YAML::Flow << group.names;
    if (group.repeats > 0) out << YAML::Key << "repeats" << YAML::Value << group.repeats;
  }
  void operator()(const plan::LatticeMixtures& group) const {
    out << YAML::Key << "simplex" << YAML::Value << YAML::Flow << YAML::BeginMap << YAML::Key
        << "step" << YAML::Value << shown(group.step) << YAML::Key << "floor" << YAML::Value
        << shown(group.floor) << YAML::EndMap;
  }
  void operator()(const plan::DirichletMixtures& group) const {
    out << YAML::Key << "dirichlet" << YAML::Value << YAML::Flow << YAML::BeginMap;
    out << YAML::Key << "count" << YAML::Value << group.count;
    out << YAML::Key << "strength" << YAML::Value << YAML::Flow
        << std::vector{shown(group.strength_low), shown(group.strength_high)};
    out << YAML::Key << "around" << YAML::Value << group.around;
    out << YAML::Key << "floor" << YAML::Value << shown(group.floor);
    if (!group.among.empty())
      out << YAML::Key << "among" << YAML::Value << YAML::Flow << group.among;
    if (!group.within.empty()) out << YAML::Key << "within" << YAML::Value << group.within;
    out << YAML::EndMap;
  }
  void operator()(const plan::GridMixtures& group) const {
    out << YAML::Key << "grid" << YAML::Value << YAML::Flow << YAML::BeginMap;
    for (std::size_t d = 0; d < group.domains.size(); ++d) {
      std::vector<std::string> values;
      for (const double value : group.values[d]) values.push_back(shown(value));
      out << YAML::Key << campaign.domains.train[group.domains[d]] << YAML::Value << YAML::Flow
          << values;
    }
    out << YAML::EndMap;
  }
  void operator()(const plan::ListedMixtures& group) const {
    out << YAML::Key << "list" << YAML::Value << YAML::BeginSeq;
    for (const data::Mixture& mixture : group.mixtures) {
      out << YAML::Flow << YAML::BeginMap;
      for (std::size_t k = 0; k < mixture.size(); ++k)
        out << YAML::Key << campaign.domains.train[k] << YAML::Value << shown(mixture[k]);
      out << YAML::EndMap;
    }
    out << YAML::EndSeq;
  }
};

void write_utilities(YAML::Emitter& out, const data::Utilities& utilities,
                     const std::vector<std::string>& domains) {
  if (utilities.empty()) return;
  out << YAML::Key << "utilities" << YAML::Value << YAML::BeginMap;
  for (std::size_t k = 0; k < domains.size(); ++k) {
    out << YAML::Key << domains[k] << YAML::Value << YAML::Flow << YAML::BeginMap;
    for (std::size_t t = 0; t < utilities.tasks.size(); ++t) {
      out << YAML::Key << utilities.tasks[t] << YAML::Value;
      const std::string value = shown(utilities.value(k, t));
      if (std::isnan(utilities.sd(k, t)))
        out << value;
      else
        out << std::vector{value, shown(utilities.sd(k, t))};
    }
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

void write_adaptive(YAML::Emitter& out, std::optional<plan::AdaptiveOptions> adaptive) {
  if (!adaptive) return;
  out << YAML::Key << "adaptive" << YAML::Value << YAML::BeginMap;
  Writer writer(out);
  describe(writer, *adaptive);
  write_block(out, "until", adaptive->until);
  out << YAML::EndMap;
}

void write_design(YAML::Emitter& out, const Campaign& campaign) {
  const plan::DesignOptions& design = campaign.design;
  out << YAML::Key << "design" << YAML::Value << YAML::BeginMap;
  if (!design.mixtures.empty()) {
    out << YAML::Key << "mixtures" << YAML::Value << YAML::BeginSeq;
    for (const plan::MixtureGroup& group : design.mixtures) {
      out << YAML::BeginMap;
      std::visit(GroupWriter{out, campaign}, group);
      out << YAML::EndMap;
    }
    out << YAML::EndSeq;
  }
  write_adaptive(out, design.adaptive);
  write_utilities(out, design.utilities, campaign.domains.train);
  out << YAML::Key << "volumes" << YAML::Value << YAML::BeginMap;
  if (!design.tokens.empty()) {
    std::vector<std::string> values;
    for (const std::int64_t tokens : design.tokens) values.push_back(core::format_count(tokens));
    out << YAML::Key << "values" << YAML::Value << YAML::Flow << values;
  }
  out << YAML::Key << "axis" << YAML::Value << core::word_of(design.axis) << YAML::EndMap;
  out << YAML::Key << "repeats" << YAML::Value << design.repeats;
  out << YAML::Key << "seeds" << YAML::Value << core::word_of(design.seeds);
  if (!design.reuse.empty())
    out << YAML::Key << "reuse" << YAML::Value << YAML::Flow << design.reuse;
  out << YAML::EndMap;
}

}  // namespace

std::string resolved_yaml(const Campaign& campaign) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "name" << YAML::Value << campaign.name;
  out << YAML::Key << "seed" << YAML::Value << fmt::format("{}", campaign.seed);
  if (!campaign.base.empty()) out << YAML::Key << "base" << YAML::Value << campaign.base.string();
  write_domains(out, campaign);
  out << YAML::Key << "eval_domains" << YAML::Value;
  if (are_same(campaign.domains))
    out << "same";
  else
    write_eval_sets(out, campaign.domains);
  out << YAML::Key << "tokens" << YAML::Value
      << std::string(corpus::token_word(campaign.corpus.tokens.width));
  // Only where it says something, so that this key leaves the hashes of older campaigns alone.
  const corpus::CorpusOptions usual{.domains = campaign.corpus.domains,
                                    .base = campaign.corpus.base,
                                    .seed = campaign.corpus.seed,
                                    .tokens = campaign.corpus.tokens,
                                    .tokenizer = campaign.corpus.tokenizer,
                                    .shares = campaign.corpus.shares};
  if (campaign.corpus.tokenizer.is_given())
    write_block(out, "tokenizer", campaign.corpus.tokenizer);
  if (campaign.corpus != usual) write_block(out, "corpus", campaign.corpus);
  write_design(out, campaign);
  out << YAML::Key << "source" << YAML::Value << YAML::BeginMap;
  if (campaign.source == SourceKind::proxy)
    write_block(out, "proxy", campaign.proxy);
  else if (campaign.source == SourceKind::replay)
    write_block(out, "replay", campaign.replay);
  else
    write_block(out, "command", campaign.command);
  out << YAML::EndMap;
  write_block(out, "entropy", campaign.entropy);
  write_block(out, "fit", campaign.fit);
  out << YAML::Key << "optimize" << YAML::Value << YAML::BeginMap;
  Writer writer(out);
  mix::OptimizeOptions optimize = campaign.optimize;
  describe(writer, optimize);
  write_by_domain(out, "weights", campaign.domains.eval, optimize.weights);
  write_groups(out, campaign.domains.eval, optimize.group);
  const std::vector<std::string> limited = data::domain_and_node_names(campaign.domains.train);
  write_by_domain(out, "floor", limited, optimize.floor);
  write_by_domain(out, "cap", limited, optimize.cap);
  out << YAML::EndMap;
  write_block(out, "check", campaign.check);
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

std::string with_more_mixtures(const std::string& text, const std::vector<std::string>& domains,
                               const std::vector<data::Mixture>& mixtures) {
  YAML::Node list;
  for (const data::Mixture& mixture : mixtures) {
    YAML::Node shares;
    shares.SetStyle(YAML::EmitterStyle::Flow);
    for (std::size_t k = 0; k < mixture.size(); ++k) shares[domains[k]] = shown(mixture[k]);
    list.push_back(shares);
  }
  YAML::Node root = YAML::Load(text), group;
  group["list"] = list;
  root["design"]["mixtures"].push_back(group);
  YAML::Emitter out;
  out << root;
  return std::string(out.c_str()) + "\n";
}

std::string with_base(const std::string& given_text, const std::filesystem::path& base) {
  constexpr std::string_view mark_of_order = "\xEF\xBB\xBF";
  const bool has_mark = given_text.starts_with(mark_of_order);
  const std::string text = given_text.substr(has_mark ? mark_of_order.size() : 0);
  YAML::Emitter quoted;
  quoted << YAML::DoubleQuoted << base.string();
  const std::string value = quoted.c_str();
  YAML::Node root = YAML::Load(text);
  const auto put = [&](const YAML::Mark& mark, std::size_t length, const std::string& piece) {
    std::size_t at = 0;
    for (int line = 0; line < mark.line; ++line) at = text.find('\n', at) + 1;
    at = std::min(at + static_cast<std::size_t>(mark.column), text.size());
    return text.substr(0, at) + piece + text.substr(std::min(at + length, text.size()));
  };
  std::string copy;
  if (const YAML::Node given = root["base"]) {
    const bool is_quoted = given.Tag() == "!";
    copy = put(given.Mark(), given.Scalar().size() + (is_quoted ? 2 : 0), value);
  } else if (root.Style() == YAML::EmitterStyle::Flow) {
    copy = put(root.Mark(), 1, "{base: " + value + ", ");
  } else {
    const std::string indent(static_cast<std::size_t>(root.Mark().column), ' ');
    copy = put(root.Mark(), 0, "base: " + value + "  # where relative paths start\n" + indent);
  }
  // What is written in an unusual way is written anew, without its comments.
  root["base"] = base.string();
  try {
    const YAML::Node read = YAML::Load(copy);
    if (read["base"].Scalar() == base.string() && read.size() == root.size()) return copy;
  } catch (const YAML::Exception&) {
  }
  YAML::Emitter anew;
  anew << root;
  return std::string(anew.c_str()) + "\n";
}

}  // namespace bimix::config
