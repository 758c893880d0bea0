#include "fields.hpp"
#include "reader.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/core/text.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

namespace bimix::config {
namespace {

std::string words_text(const std::vector<std::string>& words) {
  YAML::Emitter out;
  out << YAML::Flow << words;
  return out.c_str();
}

/// Lists what Reader reads, with meanings and defaults.
class KeyList {
 public:
  KeyList(std::string& out, const std::string& block) : out_(out) { out_ += "\n" + block + "\n"; }
  void text(const char* key, const std::string& value, const char* meaning) {
    put(key, value, meaning);
  }
  template <core::Worded E>
  void word(const char* key, E value, const char* meaning) {
    put(key, core::word_of(value), meaning);
  }
  template <core::Worded E>
  void choice(const char* key, E value, const char* meaning) {
    put(key, core::word_of(value),
        fmt::format("{} ({})", meaning, fmt::join(core::all_words<E>(), ", ")));
  }
  void whole(const char* key, int value, Range<int>, const char* meaning) {
    put(key, fmt::format("{}", value), meaning);
  }
  void count(const char* key, std::int64_t value, Range<std::int64_t>, const char* meaning) {
    put(key, core::format_count(value), meaning);
  }
  void number(const char* key, double value, Range<double>, const char* meaning) {
    put(key, fmt::format("{}", value), meaning);
  }
  void number(const char* key, std::optional<double>, Range<double>, const char* meaning) {
    put(key, "", meaning);
  }
  void target(const char* key, std::int64_t, const char* meaning) {
    put(key, "none; {target: 20M}", meaning);
  }
  template <class T>
  void parsed(const char* key, const T& value, const char* meaning) {
    put(key, value.text(), meaning);
  }
  void flag(const char* key, bool value, const char* meaning) {
    put(key, value ? "true" : "false", meaning);
  }
  void words(const char* key, const std::vector<std::string>& value, const char* meaning) {
    put(key, words_text(value), meaning);
  }
  template <core::Worded E>
  void words(const char* key, const std::vector<E>& value, const char* meaning) {
    words(key, core::words_of(value), meaning);
  }

 private:
  void put(const char* key, const std::string& value, std::string_view meaning) {
    out_ += fmt::format("  {:<16} {}", key, meaning);
    if (!value.empty() && value != "[]") out_ += fmt::format("  [{}]", value);
    out_ += "\n";
  }
  std::string& out_;
};

}  // namespace

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
      "                   (raw, .npy, llm.c; documents by the index of Megatron-LM, datatrove or\n"
      "                   Dolma beside a file; needs source.proxy.vocabulary)  [bytes]\n"
      "\n"
      "domains.<name>   (their order is the order everywhere)\n"
      "  train            files or globs of text or tokens; relative ones start at `base`.\n"
      "                   Text: plain or JSON Lines, as it is or packed by gzip or zstd\n"
      "  read             [program, argument, ...] that prints JSON Lines to train on\n"
      "  text             the key of JSON Lines that holds the text  [text, or else content]\n"
      "  where            {key: value or [values]}: the documents of JSON Lines to take\n"
      "  by               key: the documents of JSON Lines whose value there is the domain's name\n"
      "  eval             the same, never trained on; a part of train is held out without it\n"
      "  binary           true: take files as they are, even if they are no text  [false]\n"
      "  fraction         of its training tokens to use: documents in a seeded order  [1]\n"
      "  share            in the default mixture; all sum to 1\n"
      "  children         {name: {...}, ...}: domains within this one, which is then a node; they\n"
      "                   have its keys but for share, which is part of it (of the whole where "
      "the\n"
      "                   node has none), and unique_tokens; names are joined by /\n"
      "  unique_tokens    the pool to draw from: auto (counted in the texts, the default for "
      "proxies),\n"
      "                   none (it never ends), or a number\n"
      "\n"
      "design\n"
      "  mixtures         list of groups, each one of:\n"
      "    preset           " +
      fmt::format("{}", fmt::join(mix::policy_names({"<measure>"}), ", ")) +
      "\n"
      "                       (temperature(3): r ~ pool^(1/3), 2 unless said; unimax(8): at most "
      "8\n"
      "                       epochs, 4 unless said; utilimax(7): from `utilities`, kappa 7, the "
      "number\n"
      "                       of domains unless said; quality(7): within each node, whose "
      "children\n"
      "                       stand from the worst to the best, the better the oftener, the best "
      "7\n"
      "                       times; deletions: the default without each domain;\n"
      "                       repeats: N gives them more seeds than the others)\n"
      "    simplex          {step, floor}: a regular lattice\n"
      "    dirichlet        {count, strength: [low, high], around: a preset, floor}; of domains "
      "and\n"
      "                       nodes each as one with `among: [names]`, the others as one more; of "
      "the\n"
      "                       children of a node, all else as in the default, with `within: node`\n"
      "    grid             {domain: [shares]}: the rest in proportion to the default\n"
      "    list             [{domain: share, ...}]\n"
      "    file             CSV with a column for each domain\n"
      "  utilities        what domains are worth for tasks, 0 to 1: CSV with domain, task, value, "
      "sd;\n"
      "                   or {domain: {task: value}}, with a standard error {task: [value, sd]}\n"
      "  volumes          {values: [64K, ...]} or {from, to, count}; axis: trajectory|independent\n"
      "  repeats          seeds for each mixture  [1]\n"
      "  seeds            common: mixtures share them, so that trials differ by the mixture "
      "alone;\n"
      "                   or independent  [common]\n"
      "  reuse            folders of runs, perhaps of other domains, whose trials count here as "
      "well\n";
  const auto list = [&](const char* block, auto options) {
    KeyList keys(text, block);
    describe(keys, options);
  };
  list("design.adaptive   (the campaign chooses more mixtures itself, round by round)",
       plan::AdaptiveOptions());
  list("design.adaptive.until", plan::Until());
  list("corpus", defaults.corpus);
  list("tokenizer   (of texts; without it their bytes are the tokens)", defaults.corpus.tokenizer);
  list("source.proxy", defaults.proxy);
  list("source.replay", defaults.replay);
  list("source.command", defaults.command);
  list("entropy", defaults.entropy);
  list("fit", defaults.fit);
  list(
      "optimize   (and weights, floor, cap: maps from domain to number, the latter two from nodes "
      "too; groups: {name: [sets]})",
      defaults.optimize);
  list("check", defaults.check);
  return text;
}

}  // namespace bimix::config
