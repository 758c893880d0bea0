#include "derived_blocks.hpp"
#include "design_block.hpp"
#include "document.hpp"
#include "domain_blocks.hpp"
#include "fields.hpp"
#include "paths.hpp"
#include "source_block.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace bimix::config {
namespace {

void parse_name_and_seed(Reader& root, Campaign& campaign) {
  root.text("name", campaign.name, "");
  auto seed = static_cast<std::int64_t>(campaign.seed);
  root.count("seed", seed, {0, any_count}, "");
  campaign.seed = static_cast<std::uint64_t>(seed);
}

/// Where relative paths start, from `base:` and the campaign's file.
std::filesystem::path parse_base(Reader& root, const std::string& file, Look look) {
  std::string given;
  root.text("base", given, "");
  std::filesystem::path base = base_of(file, given);
  std::error_code ignored;
  if (look >= Look::data && !std::filesystem::is_directory(base, ignored))
    root.findings().miss("base", {.problem = fmt::format("there is no folder {}", base.string()),
                                  .rule = "relative paths start there",
                                  .remedy = "Correct it, or leave it out: then they start at the "
                                            "campaign's folder"});
  return base;
}

void parse_entropy(Reader& root, entropy::EntropyOptions& options) {
  Reader block(root.take("entropy"), "entropy", root.findings());
  describe(block, options);
  block.finish();
  if (block.unknown_words() == 0) root.findings().adopt("", entropy::complaints(options));
}

void parse_corpus(Reader& root, corpus::CorpusOptions& options) {
  Reader block(root.take("corpus"), "corpus", root.findings());
  describe(block, options);
  block.finish();
}

void parse_tokenizer(Reader& root, Look look, Campaign& campaign) {
  Findings& findings = root.findings();
  Reader block(root.take("tokenizer"), "tokenizer", findings);
  corpus::TokenizerOptions& options = campaign.corpus.tokenizer;
  describe(block, options);
  block.finish();
  if (!options.is_given()) return;
  constexpr int least = 300;  // all bytes are pieces of it
  if (!options.sentencepiece.empty() && options.train > 0)
    findings.complain("tokenizer", {.problem = "names a model and trains one",
                                    .rule = "texts are encoded by one",
                                    .remedy = "Drop `sentencepiece` or `train`"});
  if (options.train > 0 && options.train < least)
    findings.complain("tokenizer.train",
                      {.problem = fmt::format("{} is too small", options.train),
                       .rule = fmt::format("at least {}: all bytes are in it", least),
                       .remedy = "Try 4096"});
  if (campaign.corpus.tokens.width > 1)
    findings.complain("tokenizer", {.problem = "does not go with files of tokens",
                                    .rule = "it encodes texts",
                                    .remedy = "Drop it, or `tokens:`"});
  const std::filesystem::path model = campaign.base / options.sentencepiece;
  if (!options.sentencepiece.empty() && look >= Look::data && !std::filesystem::exists(model))
    findings.miss("tokenizer.sentencepiece",
                  {.problem = fmt::format("{} is not there", core::shown_text(model.string())),
                   .remedy = "Check the path"});
}

void check_end_of_document(const corpus::CorpusOptions& options, Findings& findings) {
  if (options.end_of_document < 0) return;
  if (options.tokens.width == 1)
    findings.complain("corpus.end_of_document",
                      {.problem = "is given, but the files hold texts",
                       .rule = "each of these is a document, or JSON Lines tell",
                       .remedy = "Drop it, or say `tokens: uint16` or `tokens: uint32`"});
  else if (options.end_of_document >= options.tokens.vocabulary)
    findings.complain(
        "corpus.end_of_document",
        {.problem = fmt::format("{} is no token", options.end_of_document),
         .rule = fmt::format("tokens are below the vocabulary of {}", options.tokens.vocabulary),
         .remedy = "Write the tokenizer's, for example 50256 of GPT-2; or correct the vocabulary"});
}

void check_name(const std::string& name, Findings& findings) {
  const bool plain = !name.empty() && name.size() <= 100 &&
                     std::all_of(name.begin(), name.end(),
                                 [](char c) {
                                   return std::isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                                          c == '_' || c == '.';
                                 }) &&
                     name.front() != '.';
  if (!plain)
    findings.complain("name", {.problem = fmt::format("'{}' is no name", core::shown_text(name)),
                               .rule = "it names the run folder: at most 100 letters, digits, "
                                       "- _ and .",
                               .remedy = "Write for example `name: demo`"});
}

/// Logged runs on one domain tell of volumes, model sizes and repeated data.
void check_domain_count(const Campaign& campaign, Findings& findings) {
  const std::size_t least = campaign.source == SourceKind::replay ? 1 : 2;
  if (campaign.domains.train.size() < least)
    findings.complain(
        "domains",
        {.problem = fmt::format("{} {} given", campaign.domains.train.size(),
                                campaign.domains.train.size() == 1 ? "domain is" : "domains are"),
         .rule = "a mixture has at least two",
         .remedy = "Add domains, each with train and share"});
}

/// Of a proxy's texts the pools are counted, unless the campaign says something else.
void settle_unique_tokens(Campaign& campaign) {
  if (campaign.source == SourceKind::proxy)
    std::replace(campaign.unique_tokens.begin(), campaign.unique_tokens.end(), 0.0,
                 unique_tokens_auto);
}

/// The blocks in the order in which they need one another.
Campaign parse_blocks(Reader& root, const std::string& file, Look look) {
  Findings& findings = root.findings();
  Campaign campaign;
  bool normalise = false;
  parse_name_and_seed(root, campaign);
  root.flag("normalise", normalise, "");
  campaign.base = parse_base(root, file, look);
  campaign.corpus.tokens = parse_tokens(root);
  parse_corpus(root, campaign.corpus);
  parse_domains(root, normalise, campaign);
  parse_tokenizer(root, look, campaign);
  if (campaign.corpus.tokenizer.train > 0) campaign.corpus.shares = campaign.default_mixture;
  parse_source(root, look, campaign);
  check_domain_count(campaign, findings);
  if (look != Look::stored) settle_unique_tokens(campaign);
  check_end_of_document(campaign.corpus, findings);
  parse_eval_domains(root, campaign);
  const bool has_relative_list =
      parse_design(root, {.look = look, .normalise = normalise}, campaign);
  check_source_with_design(campaign, look, findings);
  parse_entropy(root, campaign.entropy);
  parse_fit(root, campaign);
  parse_optimize(root, campaign);
  parse_check(root, campaign);
  refuse_target_below_volumes(campaign, findings);
  root.finish();
  check_name(campaign.name, findings);
  campaign.corpus.base = campaign.replay.base = campaign.base;
  if (look >= Look::data) look_for_data(campaign, findings);
  if (look >= Look::programs) look_for_program(campaign, findings);
  if (!names_relative_paths(campaign) && !has_relative_list) campaign.base.clear();
  return campaign;
}

}  // namespace

Campaign parse_campaign(std::string_view text, const std::string& file, Look look) {
  const YAML::Node document = load_document(text, file);
  Findings findings(file);
  Reader root(document, "", findings);
  Campaign campaign = parse_blocks(root, file, look);
  findings.throw_if_any();
  return campaign;
}

Campaign read_campaign(const std::filesystem::path& path, Look look) {
  return parse_campaign(
      core::read_file(path, "Check the name; `bimix init FILE` writes a campaign"), path.string(),
      look);
}

}  // namespace bimix::config
