#include "document.hpp"
#include "fields.hpp"
#include "paths.hpp"
#include "reader.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/proxy/schedule.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace bimix::config {
namespace {

/// Reads the blocks of one campaign in the order in which they need one another.
class CampaignParser {
 public:
  CampaignParser(const YAML::Node& root, const std::string& file, Look look, Findings& findings)
      : root_(root, "", findings), findings_(findings), file_(file), look_(look) {}

  Campaign parse() {
    root_.text("name", campaign_.name, "");
    std::int64_t seed = 1;
    root_.count("seed", seed, {0, any_count}, "");
    campaign_.seed = static_cast<std::uint64_t>(seed);
    root_.flag("normalise", normalise_, "");
    parse_base();
    parse_tokens();
    parse_domains();
    parse_source();
    parse_eval_domains();
    parse_design();
    refuse_decay_on_a_trajectory();
    refuse_shared_tables();
    parse_block("entropy", campaign_.entropy);
    parse_fit();
    parse_optimize();
    parse_check();
    root_.finish();
    check_name();
    campaign_.corpus.base = campaign_.replay.base = campaign_.base;
    if (look_ >= Look::data) look_for_data(campaign_, findings_);
    if (look_ >= Look::programs) look_for_program(campaign_, findings_);
    if (!names_relative_paths(campaign_) && !has_relative_list_) campaign_.base.clear();
    return campaign_;
  }

 private:
  void parse_base() {
    std::string given;
    root_.text("base", given, "");
    campaign_.base = base_of(file_, given);
    std::error_code ignored;
    if (look_ >= Look::data && !std::filesystem::is_directory(campaign_.base, ignored))
      findings_.miss("base",
                     {.problem = fmt::format("there is no folder {}", campaign_.base.string()),
                      .rule = "relative paths start there",
                      .remedy = "Correct it, or leave it out: then they start at the "
                                "campaign's folder"});
  }

  void parse_tokens() {
    std::string word(corpus::token_word(1));
    root_.text("tokens", word, "");
    const int width = corpus::token_width(word);
    campaign_.corpus.tokens = {std::max(width, 1), corpus::most_vocabulary(std::max(width, 1))};
    if (width > 0) return;
    const std::vector<std::string> known{"bytes", "uint16", "uint32"};
    findings_.complain(
        "tokens",
        {.problem = fmt::format("'{}' is not in this version", core::shown_text(word)),
         .rule = "there is " + core::join_words(known),
         .remedy = core::did_you_mean(word, known,
                                      "Use bytes for text; a tokenizer's files, such as those "
                                      "of Megatron, are uint16 or uint32")});
  }

  /// A proxy and its texts have one vocabulary. Other sources train elsewhere; there tokens may be
  /// as large as files can hold.
  void settle_vocabulary(bool is_given) {
    corpus::TokenFormat& tokens = campaign_.corpus.tokens;
    const int vocabulary = campaign_.proxy.vocabulary, most = corpus::most_vocabulary(tokens.width);
    const std::string key = "source.proxy.vocabulary";
    const std::string word(corpus::token_word(tokens.width));
    if (tokens.width == 1 && vocabulary != most)
      findings_.complain(key,
                         {.problem = fmt::format("{} does not go with tokens: bytes", vocabulary),
                          .rule = "there are 256 bytes",
                          .remedy = "Leave it out, or say `tokens: uint16` and name files of "
                                    "token numbers"});
    else if (!is_given && tokens.width > 1)
      findings_.complain(key,
                         {.problem = "is missing",
                          .rule = fmt::format("tokens: {} have no vocabulary of their own", word),
                          .remedy = "Write that of the tokenizer, for example 50257"});
    else if (vocabulary > most)
      findings_.complain(key, {.problem = fmt::format("{} is beyond tokens: {}", vocabulary, word),
                               .rule = fmt::format("they are below {}", most),
                               .remedy = "Say `tokens: uint32` if that is what the files hold"});
    else
      tokens.vocabulary = vocabulary;
  }

  void check_name() {
    const bool plain = !campaign_.name.empty() && campaign_.name.size() <= 100 &&
                       std::all_of(campaign_.name.begin(), campaign_.name.end(),
                                   [](char c) {
                                     return std::isalnum(static_cast<unsigned char>(c)) ||
                                            c == '-' || c == '_' || c == '.';
                                   }) &&
                       campaign_.name.front() != '.';
    if (!plain)
      findings_.complain(
          "name", {.problem = fmt::format("'{}' is no name", core::shown_text(campaign_.name)),
                   .rule = "it names the run folder: at most 100 letters, digits, - _ and .",
                   .remedy = "Write for example `name: demo`"});
  }

  template <class Options>
  void parse_block(const char* key, Options& options) {
    Reader block(root_.take(key), key, findings_);
    describe(block, options);
    block.finish();
  }

  void parse_domains() {
    const std::size_t before = findings_.count();
    Reader domains(root_.take("domains"), "domains", findings_);
    for (const auto& [name, node] : domains.take_all()) {
      const std::string path = "domains." + name;
      check_domain_name("domains", name);
      Reader block(node, path, findings_);
      corpus::DomainFiles files{.name = name};
      double share = 0.0;
      if (!block.has("share"))
        findings_.complain(path, {.problem = "has no share",
                                  .rule = "the default mixture needs one of every domain",
                                  .remedy = "Add `share: 0.2`"});
      block.number("share", share, {0, normalise_ ? infinity : 1}, "");
      block.words("train", files.train_patterns, "");
      block.words("eval", files.eval_patterns, "");
      block.flag("binary", files.binary, "");
      campaign_.unique_tokens.push_back(unique_tokens(block));
      block.finish();
      campaign_.domains.train.push_back(name);
      campaign_.domains.share_of.push_back(static_cast<int>(campaign_.default_mixture.size()));
      campaign_.default_mixture.push_back(share);
      campaign_.corpus.domains.push_back(std::move(files));
    }
    campaign_.domains.eval = campaign_.domains.train;
    campaign_.corpus.seed = campaign_.seed;
    if (campaign_.domains.train.size() < 2)
      findings_.complain("domains", {.problem = fmt::format("{} domains are given",
                                                            campaign_.domains.train.size()),
                                     .rule = "a mixture has at least two",
                                     .remedy = "Add domains, each with train and share"});
    // Shares that could not be read would be summed as zeros.
    if (!campaign_.default_mixture.empty() && findings_.count() == before)
      settle("domains", "the default shares", campaign_.default_mixture);
  }

  void check_domain_name(const std::string& block, const std::string& name) {
    constexpr std::size_t most = 200;
    const bool is_printable = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (!is_printable)
      findings_.complain(block, {.problem = "a domain's name is empty or not printable",
                                 .remedy = "Use letters, digits and signs"});
    if (name.size() > most)
      findings_.complain(block + "." + name,
                         {.problem = fmt::format("the name has {} bytes", name.size()),
                          .rule = fmt::format("at most {}, as tables show it", most),
                          .remedy = "Shorten it"});
  }

  /// `same`, or every evaluation set with the training domain whose share its loss follows.
  void parse_eval_domains() {
    if (const YAML::Node node = root_.take("eval_domains"); node.IsDefined() && !node.IsMap()) {
      if (!node.IsScalar() || node.Scalar() != "same")
        findings_.complain("eval_domains",
                           {.problem = "is neither same nor a map",
                            .remedy = "Write `same`, or `{news: {share_of: web}, exams: {}}`"});
    } else if (node.IsDefined() && campaign_.source == SourceKind::proxy) {
      findings_.complain("eval_domains",
                         {.problem = "sets of its own are not in this version for a proxy",
                          .remedy = "Use same, and `eval:` texts in the domains"});
    } else if (node.IsDefined()) {
      campaign_.domains.eval.clear();
      campaign_.domains.share_of.clear();
      Reader sets(node, "eval_domains", findings_);
      for (const auto& [name, entry] : sets.take_all()) {
        check_domain_name("eval_domains", name);
        Reader block(entry, "eval_domains." + name, findings_);
        std::string own;
        block.text("share_of", own, "");
        block.finish();
        const auto index =
            own.empty() ? std::nullopt : domain_index(own, block.path_of("share_of"));
        campaign_.domains.eval.push_back(name);
        campaign_.domains.share_of.push_back(index ? static_cast<int>(*index) : -1);
      }
      if (campaign_.domains.eval.empty())
        findings_.complain("eval_domains",
                           {.problem = "names no set", .remedy = "Write `same`, or name one"});
    }
  }

  double unique_tokens(Reader& block) {
    std::string text = "unknown";
    block.text("unique_tokens", text, "");
    if (text == "auto") return unique_tokens_auto;
    if (text == "unknown") return 0.0;
    const auto count = core::parse_count(text);
    if (!count || *count < 1)
      findings_.complain(
          block.path_of("unique_tokens"),
          {.problem = fmt::format("'{}' is no number of tokens", core::shown_text(text)),
           .remedy = "Write auto, or for example 3B"});
    return static_cast<double>(count.value_or(0));
  }

  /// Makes shares a point of the simplex, or complains.
  void settle(const std::string& path, const std::string& what, data::Mixture& shares) {
    if (core::is_on_simplex(shares)) return;
    const double sum = core::stable_sum(shares);
    if (normalise_ && std::isfinite(sum) && sum > 0) {
      shares = core::normalised(shares);
      return;
    }
    findings_.complain(path, {.problem = fmt::format("{} add up to {:.10g}", what, sum),
                              .rule = "shares must sum to 1 within 1e-9",
                              .remedy = "Mend them, or say `normalise: true`"});
  }

  void parse_source() {
    Reader source(root_.take("source"), "source", findings_);
    const bool proxy = source.has("proxy"), replay = source.has("replay"),
               command = source.has("command");
    if (proxy + replay + command != 1)
      findings_.complain("source", {.problem = proxy || replay || command ? "names several sources"
                                                                          : "names no source",
                                    .rule = "exactly one of proxy, replay and command",
                                    .remedy = "Write `source: {proxy: {...}}`"});
    if (command) {
      campaign_.source = SourceKind::command;
      Reader block(source.take("command"), "source.command", findings_);
      describe(block, campaign_.command);
      block.finish();
      findings_.adopt("source.", trial::complaints(campaign_.command, campaign_.domains.train));
    }
    if (replay) {
      campaign_.source = SourceKind::replay;
      Reader block(source.take("replay"), "source.replay", findings_);
      describe(block, campaign_.replay);
      block.finish();
      if (campaign_.replay.unit == data::unit_symbol(data::LossUnit::bits_per_byte))
        campaign_.domains.loss_unit = data::LossUnit::bits_per_byte;
      if (campaign_.replay.files.empty())
        findings_.complain("source.replay",
                           {.problem = "names no files", .remedy = "Add `files: logs/*.csv`"});
    }
    if (proxy) {
      const std::size_t before = findings_.count();
      Reader block(source.take("proxy"), "source.proxy", findings_);
      describe(block, campaign_.proxy);
      const bool has_vocabulary = block.has("vocabulary");
      block.finish();
      if (findings_.count() == before) settle_vocabulary(has_vocabulary);
      // Values that were not read would be judged by their defaults.
      if (findings_.count() == before)
        findings_.adopt("source.", proxy::complaints(campaign_.proxy));
      for (const corpus::DomainFiles& files : campaign_.corpus.domains)
        if (files.train_patterns.empty())
          findings_.complain("domains." + files.name, {.problem = "names no training text",
                                                       .remedy = "Add `train: path/*.txt`"});
    }
    source.finish();
    // A replay campaign may leave its texts out; then there is no corpus at all.
    const bool no_text =
        std::all_of(campaign_.corpus.domains.begin(), campaign_.corpus.domains.end(),
                    [](const corpus::DomainFiles& files) { return files.train_patterns.empty(); });
    if (no_text) campaign_.corpus.domains.clear();
  }

  void refuse_decay_on_a_trajectory() {
    if (campaign_.source != SourceKind::proxy || !proxy::rate_decays(campaign_.proxy) ||
        campaign_.design.axis != plan::VolumeAxis::trajectory)
      return;
    findings_.complain(
        "source.proxy.schedule",
        {.problem = fmt::format("'{}' does not go with volumes along one trajectory",
                                campaign_.proxy.schedule),
         .rule = "the rate falls at the end of a run only, so smaller volumes on its way would be "
                 "those of an unfinished run: laws would compare what is not comparable",
         .remedy = "Set design.volumes.axis: independent (wsd trains the common part of the runs "
                   "once), or schedule: constant"});
  }

  void refuse_shared_tables() {
    if (campaign_.source != SourceKind::command || look_ == Look::stored) return;
    const std::vector<std::string>& domains = campaign_.domains.train;
    if (!trial::complaints(campaign_.command, domains).empty()) return;  // told already
    const bool all = campaign_.design.axis == plan::VolumeAxis::trajectory;
    findings_.adopt("source.", trial::table_complaints(
                                   campaign_.command, domains,
                                   all ? trial::VolumesOfTrial::all : trial::VolumesOfTrial::one));
  }

  void parse_design() {
    Reader design(root_.take("design"), "design", findings_);
    const std::size_t before = findings_.count();
    const bool replay = campaign_.source == SourceKind::replay;
    const YAML::Node groups = design.take("mixtures");
    if (groups.IsDefined() && !groups.IsSequence())
      findings_.complain("design.mixtures",
                         {.problem = "is not a list", .remedy = "Write `- preset: [default]`"});
    else if (groups.IsDefined())
      for (std::size_t g = 0; g < groups.size(); ++g)
        parse_group(groups[g], fmt::format("design.mixtures[{}]", g));
    const bool names_some = groups.IsDefined() && groups.size() > 0;
    if (!names_some && !replay)
      findings_.complain("design", {.problem = "names no mixtures",
                                    .remedy = "Add `mixtures: [{preset: [default, uniform]}]`"});
    parse_volumes(design.take("volumes"), replay);
    design.whole("repeats", campaign_.design.repeats, {1, 1'000'000}, "");
    std::string seeds = "common";
    design.text("seeds", seeds, "");
    if (seeds == "independent")
      campaign_.design.seeds = plan::SeedChoice::independent;
    else if (seeds != "common")
      findings_.complain("design.seeds",
                         {.problem = fmt::format("'{}' is no choice", core::shown_text(seeds)),
                          .remedy = "Use common or independent"});
    design.finish();
    if (findings_.count() == before)
      findings_.adopt("", plan::complaints(campaign_.design, campaign_.domains.train.size()));
  }

  void parse_group(const YAML::Node& node, const std::string& path) {
    Reader group(node, path, findings_);
    const auto before = campaign_.design.mixtures.size();
    const auto block = [&](const char* key) {
      return Reader(group.take(key), path + "." + key, findings_);
    };
    if (group.has("preset")) {
      plan::PresetMixtures presets;
      group.words("preset", presets.names, "");
      check_presets(presets, path);
      campaign_.design.mixtures.emplace_back(presets);
    }
    if (group.has("simplex")) {
      Reader r = block("simplex");
      plan::LatticeMixtures lattice;
      r.number("step", lattice.step, {1e-6, 1}, "");
      r.number("floor", lattice.floor, {0, 1}, "");
      r.finish();
      campaign_.design.mixtures.emplace_back(lattice);
    }
    if (group.has("dirichlet"))
      campaign_.design.mixtures.emplace_back(dirichlet(block("dirichlet")));
    if (group.has("grid")) campaign_.design.mixtures.emplace_back(grid(block("grid")));
    if (group.has("list")) {
      campaign_.design.mixtures.emplace_back(list(group.take("list"), path + ".list"));
    }
    if (group.has("file")) {
      std::string file;
      group.text("file", file, "");
      parse_list_of(file, path + ".file");
    }
    group.finish();
    if (campaign_.design.mixtures.size() > before + 1)
      findings_.complain(path, {.problem = "holds several kinds of mixtures",
                                .remedy = "Give each its own `-` line"});
  }

  void parse_list_of(const std::filesystem::path& file, const std::string& key) {
    const std::filesystem::path path = campaign_.base / file;
    has_relative_list_ = has_relative_list_ || file.is_relative();
    std::error_code ignored;
    if (look_ <= Look::nowhere && !std::filesystem::exists(path, ignored)) return;
    try {
      campaign_.design.mixtures.emplace_back(plan::ListedMixtures{
          "file", replay::read_mixtures(path, campaign_.domains.train, normalise_)});
    } catch (const core::Error& error) {
      core::Complaint complaint = error.complaint();
      complaint.problem = complaint.place + ": " + complaint.problem;
      if (!std::filesystem::exists(path, ignored))
        complaint.remedy =
            from_working_directory(campaign_.base, file.string(), "Check its name and permissions");
      findings_.complain(key, std::move(complaint));
    }
  }

  void check_presets(const plan::PresetMixtures& presets, const std::string& path) {
    std::vector<std::string> known{"default", "uniform"};
    for (const std::string& measure : entropy::entropy_measures())
      known.push_back("entropy-" + measure);
    for (const std::string& name : presets.names) {
      const bool has_text = !campaign_.corpus.domains.empty();
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        findings_.complain(path + ".preset",
                           {.problem = fmt::format("'{}' is no preset", core::shown_text(name)),
                            .rule = "known: " + core::join_words(known),
                            .remedy = core::did_you_mean(name, known)});
      } else if (name.starts_with("entropy-") && !has_text) {
        findings_.complain(path + ".preset",
                           {.problem = fmt::format("'{}' needs the domains' text", name),
                            .remedy = "Give the domains `train:` files, or leave it out"});
      }
    }
  }

  plan::DirichletMixtures dirichlet(Reader r) {
    plan::DirichletMixtures group;
    r.whole("count", group.count, {1, 1'000'000}, "");
    r.number("floor", group.floor, {0, 1}, "");
    const YAML::Node strength = r.take("strength");
    const std::string path = r.path_of("strength");
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
    std::string around = "uniform";
    r.text("around", around, "");
    if (around == "default")
      group.centre = campaign_.default_mixture;
    else if (around != "uniform")
      findings_.complain(r.path_of("around"),
                         {.problem = fmt::format("'{}' is no centre", core::shown_text(around)),
                          .remedy = "Use default or uniform"});
    r.finish();
    return group;
  }

  std::optional<std::size_t> domain_index(const std::string& name, const std::string& path) {
    return index_of(name, path, campaign_.domains.train);
  }

  std::optional<std::size_t> index_of(const std::string& name, const std::string& path,
                                      const std::vector<std::string>& names) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    findings_.complain(path, {.problem = fmt::format("'{}' is no domain", core::shown_text(name)),
                              .rule = "domains: " + core::join_words(names),
                              .remedy = core::did_you_mean(name, names)});
    return std::nullopt;
  }

  plan::GridMixtures grid(Reader r) {
    plan::GridMixtures group;
    for (const auto& [name, node] : r.take_all()) {
      const std::string path = r.path_of(name);
      const auto index = domain_index(name, path);
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

  /// A map from domain to number; domains that are not named have `missing`.
  std::vector<double> by_domain(const YAML::Node& node, const std::string& path, double missing,
                                double high, const std::vector<std::string>& names) {
    Reader r(node, path, findings_);
    std::vector<double> values(names.size(), missing);
    for (const auto& [name, value] : r.take_all()) {
      const auto index = index_of(name, r.path_of(name), names);
      if (index) read_number(value, r.path_of(name), {0, high}, values[*index], findings_);
    }
    return values;
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
      data::Mixture shares =
          by_domain(node[i], place, 0.0, normalise_ ? infinity : 1, campaign_.domains.train);
      if (findings_.count() == before) settle(place, "its shares", shares);
      group.mixtures.push_back(std::move(shares));
    }
    return group;
  }

  void parse_volumes(const YAML::Node& node, bool replay) {
    Reader r(node, "design.volumes", findings_);
    plan::DesignOptions& design = campaign_.design;
    std::string axis = "trajectory";
    r.text("axis", axis, "");
    if (axis == "independent")
      design.axis = plan::VolumeAxis::independent;
    else if (axis != "trajectory")
      findings_.complain("design.volumes.axis",
                         {.problem = fmt::format("'{}' is no axis", core::shown_text(axis)),
                          .remedy = "Use trajectory or independent"});
    const YAML::Node values = r.take("values");
    std::int64_t from = 0, to = 0;
    int count = 0;
    r.count("from", from, {1, most_tokens}, "");
    r.count("to", to, {1, most_tokens}, "");
    r.whole("count", count, {1, 100'000}, "");
    if (values.IsDefined() && values.IsSequence()) {
      for (const YAML::Node& value : values) {
        std::int64_t tokens = 0;
        if (read_count(value, "design.volumes.values", {1, most_tokens}, tokens, findings_))
          design.tokens.push_back(tokens);
      }
      if (!std::is_sorted(design.tokens.begin(), design.tokens.end(), std::less_equal<>()))
        findings_.complain("design.volumes.values",
                           {.problem = "are not ascending", .remedy = "Sort them, each once"});
    } else if (values.IsDefined()) {
      findings_.complain("design.volumes.values",
                         {.problem = "is not a list", .remedy = "Write [64K, 128K, 256K]"});
    } else if (from > 0 && to >= from && count > 0) {
      design.tokens = plan::log_spaced_volumes(from, to, count);
    } else if (from > 0 || to > 0 || count > 0) {
      findings_.complain("design.volumes", {.problem = "from, to and count do not make a range",
                                            .rule = "0 < from <= to, count >= 1",
                                            .remedy = "Write {from: 64K, to: 2M, count: 7}"});
    }
    r.finish();
    if (design.tokens.empty() && !replay)
      findings_.complain("design.volumes", {.problem = "names no volumes",
                                            .remedy = "Add `values: [64K, 128K, ...]`"});
  }

  void parse_fit() {
    parse_block("fit", campaign_.fit);
    campaign_.fit.seed = campaign_.seed;
    findings_.adopt("", law::complaints(campaign_.fit));
  }

  void parse_optimize() {
    Reader r(root_.take("optimize"), "optimize", findings_);
    mix::OptimizeOptions& options = campaign_.optimize;
    describe(r, options);
    const auto map = [&](const char* key, double missing, double high, std::vector<double>& values,
                         const std::vector<std::string>& names) {
      if (r.has(key))
        values = by_domain(r.take(key), r.path_of(key), missing, high, names);
      else
        r.take(key);
    };
    map("weights", 0.0, infinity, options.weights, campaign_.domains.eval);
    map("floor", 0.0, 1.0, options.floor, campaign_.domains.train);
    map("cap", 1.0, 1.0, options.cap, campaign_.domains.train);
    r.finish();
    campaign_.fit.weights = options.weights;
    // tokens = 0 stands for the largest trained volume, which only the plan knows.
    mix::OptimizeOptions checked = options;
    if (checked.tokens == 0) checked.tokens = 1;
    // What is `auto` is counted when the texts are opened; here it only has to be known to come.
    const bool any_known =
        std::any_of(campaign_.unique_tokens.begin(), campaign_.unique_tokens.end(),
                    [](double n) { return n != 0; });
    if (any_known) checked.unique_tokens.assign(campaign_.unique_tokens.size(), 0.0);
    findings_.adopt("", mix::complaints(checked, campaign_.domains));
  }

  void parse_check() {
    parse_block("check", campaign_.check);
    auto& names = campaign_.check.mixtures;
    for (const std::string& name : names)
      if (name != "default" && name != "optimum")
        findings_.complain("check.mixtures", {.problem = fmt::format("'{}' cannot be checked",
                                                                     core::shown_text(name)),
                                              .remedy = "Use [default, optimum]"});
    for (const char* needed : {"default", "optimum"})
      if (std::find(names.begin(), names.end(), needed) == names.end())
        findings_.complain("check.mixtures", {.problem = fmt::format("'{}' is missing", needed),
                                              .rule = "the check compares the two",
                                              .remedy = "Use [default, optimum]"});
    if (campaign_.source == SourceKind::replay) campaign_.check.enabled = false;
  }

  Reader root_;
  Findings& findings_;
  std::string file_;
  Look look_;
  Campaign campaign_;
  bool normalise_ = false;
  bool has_relative_list_ = false;  // of mixtures, which the campaign does not keep
};

}  // namespace

Campaign parse_campaign(std::string_view text, const std::string& file, Look look) {
  const YAML::Node root = load_document(text, file);
  Findings findings(file);
  Campaign campaign = CampaignParser(root, file, look, findings).parse();
  findings.throw_if_any();
  return campaign;
}

Campaign without_places(Campaign campaign) {
  campaign.base = campaign.corpus.base = campaign.replay.base = std::filesystem::path();
  campaign.replay.files.clear();
  campaign.replay.mixtures.clear();
  for (corpus::DomainFiles& files : campaign.corpus.domains) {
    files.train_patterns.clear();
    files.eval_patterns.clear();
    files.binary = false;
  }
  return campaign;
}

Campaign trained_part(Campaign campaign) {
  const Campaign defaults;
  campaign = without_places(std::move(campaign));
  campaign.fit = defaults.fit;
  campaign.optimize = defaults.optimize;
  campaign.check = defaults.check;
  campaign.proxy.threads_per_trial = defaults.proxy.threads_per_trial;
  campaign.proxy.ranks_per_trial = defaults.proxy.ranks_per_trial;
  campaign.proxy.checkpoint_every = defaults.proxy.checkpoint_every;
  campaign.proxy.keep_models = defaults.proxy.keep_models;
  // What losses are called changes none of them.
  if (campaign.replay.unit == data::unit_symbol(data::LossUnit::bits_per_byte))
    campaign.replay.unit = defaults.replay.unit;
  if (!proxy::depends_on_products(campaign.proxy)) {
    campaign.proxy.isa = defaults.proxy.isa;
    campaign.proxy.precision = defaults.proxy.precision;
    campaign.proxy.micro_batch = defaults.proxy.micro_batch;
  }
  campaign.command.program = defaults.command.program;
  campaign.command.timeout = defaults.command.timeout;
  campaign.command.retries = defaults.command.retries;
  campaign.command.per_node = defaults.command.per_node;
  campaign.command.resumes = defaults.command.resumes;
  campaign.unique_tokens.assign(campaign.unique_tokens.size(), 0.0);
  return campaign;
}

Campaign read_campaign(const std::filesystem::path& path, Look look) {
  return parse_campaign(
      core::read_file(path, "Check the name; `bimix init FILE` writes a campaign"), path.string(),
      look);
}

}  // namespace bimix::config
