#include "fields.hpp"
#include "reader.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

namespace bimix::config {
namespace {

/// Doubles in shortest round-trip form.
std::string shown(double value) { return fmt::format("{}", value); }

std::string words_text(const std::vector<std::string>& words) {
  YAML::Emitter out;
  out << YAML::Flow << words;
  return out.c_str();
}

/// Writes what Reader reads.
class Writer {
 public:
  explicit Writer(YAML::Emitter& out) : out_(out) {}
  void text(const char* key, const std::string& value, const char*) { put(key, value); }
  void choice(const char* key, const std::string& value, std::span<const std::string_view> words,
              const char*) {
    if (value != words.front()) put(key, value);
  }
  void whole(const char* key, int value, Range<int>, const char*) {
    put(key, fmt::format("{}", value));
  }
  void count(const char* key, std::int64_t value, Range<std::int64_t>, const char*) {
    put(key, core::format_count(value));
  }
  void number(const char* key, double value, Range<double>, const char*) { put(key, shown(value)); }
  void flag(const char* key, bool value, const char*) { put(key, value ? "true" : "false"); }
  void words(const char* key, const std::vector<std::string>& value, const char*) {
    out_ << YAML::Key << key << YAML::Value << YAML::Flow << value;
  }

 private:
  void put(const char* key, const std::string& value) {
    out_ << YAML::Key << key << YAML::Value << value;
  }
  YAML::Emitter& out_;
};

/// Lists what Reader reads, with meanings and defaults.
class KeyList {
 public:
  KeyList(std::string& out, const std::string& block) : out_(out) { out_ += "\n" + block + "\n"; }
  void text(const char* key, const std::string& value, const char* meaning) {
    put(key, value, meaning);
  }
  void choice(const char* key, const std::string& value, std::span<const std::string_view> words,
              const char* meaning) {
    put(key, value, fmt::format("{} ({})", meaning, fmt::join(words, ", ")));
  }
  void whole(const char* key, int value, Range<int>, const char* meaning) {
    put(key, fmt::format("{}", value), meaning);
  }
  void count(const char* key, std::int64_t value, Range<std::int64_t>, const char* meaning) {
    put(key, core::format_count(value), meaning);
  }
  void number(const char* key, double value, Range<double>, const char* meaning) {
    put(key, shown(value), meaning);
  }
  void flag(const char* key, bool value, const char* meaning) {
    put(key, value ? "true" : "false", meaning);
  }
  void words(const char* key, const std::vector<std::string>& value, const char* meaning) {
    put(key, words_text(value), meaning);
  }

 private:
  void put(const char* key, const std::string& value, std::string_view meaning) {
    out_ += fmt::format("  {:<16} {}", key, meaning);
    if (!value.empty() && value != "[]") out_ += fmt::format("  [{}]", value);
    out_ += "\n";
  }
  std::string& out_;
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

void write_domains(YAML::Emitter& out, const Campaign& campaign) {
  out << YAML::Key << "domains" << YAML::Value << YAML::BeginMap;
  for (std::size_t k = 0; k < campaign.domains.train.size(); ++k) {
    out << YAML::Key << campaign.domains.train[k] << YAML::Value << YAML::BeginMap;
    if (!campaign.corpus.domains.empty()) {
      const corpus::DomainFiles& files = campaign.corpus.domains[k];
      out << YAML::Key << "train" << YAML::Value << YAML::Flow << files.train_patterns;
      if (!files.eval_patterns.empty())
        out << YAML::Key << "eval" << YAML::Value << YAML::Flow << files.eval_patterns;
      if (files.binary) out << YAML::Key << "binary" << YAML::Value << "true";
    }
    out << YAML::Key << "share" << YAML::Value << shown(campaign.default_mixture[k]);
    const double unique = campaign.unique_tokens[k];
    if (unique == unique_tokens_auto)
      out << YAML::Key << "unique_tokens" << YAML::Value << "auto";
    else if (unique > 0)
      out << YAML::Key << "unique_tokens" << YAML::Value
          << core::format_count(static_cast<std::int64_t>(unique));
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

void write_eval_domains(YAML::Emitter& out, const data::DomainSet& domains) {
  out << YAML::Key << "eval_domains" << YAML::Value;
  bool is_same = domains.eval == domains.train;
  for (std::size_t e = 0; is_same && e < domains.share_of.size(); ++e)
    is_same = domains.share_of[e] == static_cast<int>(e);
  if (is_same) {
    out << "same";
    return;
  }
  out << YAML::BeginMap;
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    out << YAML::Key << domains.eval[e] << YAML::Value << YAML::Flow << YAML::BeginMap;
    if (domains.share_of[e] >= 0)
      out << YAML::Key << "share_of" << YAML::Value
          << domains.train[static_cast<std::size_t>(domains.share_of[e])];
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
    out << YAML::Key << "around" << YAML::Value << (group.centre.empty() ? "uniform" : "default");
    out << YAML::Key << "floor" << YAML::Value << shown(group.floor) << YAML::EndMap;
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
  out << YAML::Key << "volumes" << YAML::Value << YAML::BeginMap;
  if (!design.tokens.empty()) {
    std::vector<std::string> values;
    for (const std::int64_t tokens : design.tokens) values.push_back(core::format_count(tokens));
    out << YAML::Key << "values" << YAML::Value << YAML::Flow << values;
  }
  out << YAML::Key << "axis" << YAML::Value
      << (design.axis == plan::VolumeAxis::trajectory ? "trajectory" : "independent")
      << YAML::EndMap;
  out << YAML::Key << "repeats" << YAML::Value << design.repeats;
  out << YAML::Key << "seeds" << YAML::Value
      << (design.seeds == plan::SeedChoice::common ? "common" : "independent") << YAML::EndMap;
}

}  // namespace

std::string resolved_yaml(const Campaign& campaign) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "name" << YAML::Value << campaign.name;
  out << YAML::Key << "seed" << YAML::Value << fmt::format("{}", campaign.seed);
  if (!campaign.base.empty()) out << YAML::Key << "base" << YAML::Value << campaign.base.string();
  write_domains(out, campaign);
  write_eval_domains(out, campaign.domains);
  out << YAML::Key << "tokens" << YAML::Value
      << std::string(corpus::token_word(campaign.corpus.tokens.width));
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
  write_by_domain(out, "floor", campaign.domains.train, optimize.floor);
  write_by_domain(out, "cap", campaign.domains.train, optimize.cap);
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

std::string campaign_keys() {
  Campaign defaults;
  std::string text =
      "Keys of a campaign, with their defaults in brackets. Numbers may be written 250K, 3B, 1e9;\n"
      "keys that start with x- are notes. `bimix init` writes a commented example.\n"
      "\n"
      "name             of the campaign and its run folder\n"
      "seed             all randomness comes from it  [1]\n"
      "normalise        divide given shares by their sum: weights, percentages, tokens  [false]\n"
      "base             where relative paths start  [the campaign's folder]\n"
      "eval_domains     same, or but for a proxy {set: {share_of: domain}, ...}: every evaluation\n"
      "                   set and the training domain whose share its loss follows, {} for none\n"
      "tokens           what files hold: bytes of text, or a tokenizer's numbers as uint16 or "
      "uint32\n"
      "                   (raw, .npy or llm.c shards; needs source.proxy.vocabulary)  [bytes]\n"
      "\n"
      "domains.<name>   (their order is the order everywhere)\n"
      "  train            files or globs of text or tokens; relative ones start at `base`\n"
      "  eval             the same, never trained on; a part of train is held out without it\n"
      "  binary           true: take files as they are, even if they are no text  [false]\n"
      "  share            in the default mixture; all sum to 1\n"
      "  unique_tokens    for max_epochs and repetition: auto, or a number\n"
      "\n"
      "design\n"
      "  mixtures         list of groups, each one of:\n"
      "    preset           default, uniform, entropy-<measure>\n"
      "    simplex          {step, floor}: a regular lattice\n"
      "    dirichlet        {count, strength: [low, high], around: default|uniform, floor}\n"
      "    grid             {domain: [shares]}: the rest in proportion to the default\n"
      "    list             [{domain: share, ...}]\n"
      "    file             CSV with a column for each domain\n"
      "  volumes          {values: [64K, ...]} or {from, to, count}; axis: trajectory|independent\n"
      "  repeats          seeds for each mixture  [1]\n"
      "  seeds            common: mixtures share them, so that trials differ by the mixture "
      "alone;\n"
      "                   or independent  [common]\n";
  const auto list = [&](const char* block, auto options) {
    KeyList keys(text, block);
    describe(keys, options);
  };
  list("source.proxy", defaults.proxy);
  list("source.replay", defaults.replay);
  list("source.command", defaults.command);
  list("entropy", defaults.entropy);
  list("fit", defaults.fit);
  list("optimize   (and weights, floor, cap: maps from domain to number)", defaults.optimize);
  list("check", defaults.check);
  return text;
}

}  // namespace bimix::config
