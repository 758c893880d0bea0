#include "content_check.hpp"
#include "mapped_file.hpp"
#include "shard.hpp"
#include "split.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/glob.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/corpus/corpus.hpp>

#include <fmt/format.h>

#include <map>
#include <set>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;

/// A file as the patterns of one part of a domain gave it.
struct Found {
  core::Match match{};
  std::string real_path{};  ///< links resolved: one file has one
};

std::vector<Found> find_files(const std::vector<std::string>& patterns, const fs::path& base) {
  std::vector<Found> found;
  std::set<std::string> known;
  for (const std::string& pattern : patterns)
    for (core::Match& match : core::files_matching(pattern, base)) {
      std::string real_path = fs::canonical(match.path).string();
      if (known.insert(real_path).second) found.push_back({std::move(match), std::move(real_path)});
    }
  return found;
}

void check_options(const CorpusOptions& options) {
  if (options.domains.empty())
    throw core::UsageError({.place = "domains",
                            .problem = "no domain is given",
                            .rule = "a mixture needs something to mix",
                            .remedy = "Name at least one with its training files"});
  if (!(options.eval_fraction > 0 && options.eval_fraction <= 0.5))
    throw core::UsageError({.place = "eval_fraction",
                            .problem = fmt::format("{} is outside (0, 0.5]", options.eval_fraction),
                            .rule = "something must be left to train on",
                            .remedy = "Try 0.1"});
  core::require(options.tokens.vocabulary >= 2 &&
                    options.tokens.vocabulary <= most_vocabulary(options.tokens.width),
                "a vocabulary that goes with the tokens");
  std::set<std::string> names;
  for (const DomainFiles& domain : options.domains) {
    if (domain.train_patterns.empty())
      throw core::UsageError({.place = "domains." + domain.name,
                              .problem = "no training files are given",
                              .rule = "",
                              .remedy = "Add `train: PATTERN`"});
    if (!names.insert(domain.name).second)
      throw core::UsageError({.place = "domains." + domain.name,
                              .problem = "the name is given twice",
                              .rule = "names tell domains apart",
                              .remedy = "Rename one"});
  }
}

/// What a file is used for, over all domains, to tell when it is on both sides.
class Usage {
 public:
  void note(const Found& file, const std::string& domain, Part part) {
    const auto [known, is_new] = uses_.insert({file.real_path, {domain, part}});
    if (is_new || known->second.part == part) return;
    throw core::DataError(
        {.place = file.match.path.string(),
         .problem = fmt::format("is both trained and evaluated on (domains '{}' and '{}')",
                                known->second.domain, domain),
         .rule = "evaluation text must be unseen",
         .remedy = "Give each side its own files"});
  }

 private:
  struct Use {
    std::string domain;
    Part part;
  };
  std::map<std::string, Use> uses_;
};

std::string content_fingerprint(const TokenSpan& tokens) {
  const auto hash_of = [&](const Block& block) {
    const auto bytes = tokens.subspan(block.from, block.count).bytes();
    return core::content_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  const std::vector<Block> blocks = sample_blocks(tokens);
  if (blocks.size() == 1) return hash_of(blocks.front());
  std::string hashes;
  for (const Block& block : blocks) hashes += hash_of(block);
  return core::content_hash(hashes);
}

void describe(const PackedTokens& tokens, const char* part, std::string& text) {
  for (const Document& document : tokens.documents())
    text += fmt::format("{} {} {} {}\n", part, document.tokens.size(),
                        content_fingerprint(document.tokens), document.name);
}

}  // namespace

Corpus::Corpus(const CorpusOptions& options) : format_(options.tokens) {
  check_options(options);
  Usage usage;
  for (const DomainFiles& files : options.domains) {
    const Content content = files.binary ? Content::as_it_is : Content::checked;
    const auto documents_of = [&](const std::vector<Found>& found) {
      std::vector<Document> documents;
      for (const Found& file : found) {
        MappedFile mapped = map_file(file.match.path);
        mappings_.push_back(std::move(mapped.owner));
        const std::string place = file.match.path.string();
        if (content == Content::checked) refuse_container(place, mapped.bytes, format_.width);
        const TokenSpan tokens = shard_tokens(place, mapped.bytes, format_);
        documents.push_back({file.match.name, tokens, place});
        check_sample(documents.back(), format_.vocabulary, content);
      }
      return documents;
    };
    const std::vector<Found> train = find_files(files.train_patterns, options.base);
    for (const Found& file : train) usage.note(file, files.name, Part::train);
    Split split{.train = documents_of(train), .eval = {}};
    if (const auto note = files.binary ? std::nullopt : note_on_json_lines(split.train.front()))
      notes_.push_back(fmt::format("domain '{}': {}", files.name, *note));
    if (files.eval_patterns.empty()) {
      split = split_documents(split.train, options.eval_fraction, options.seed);
    } else {
      const std::vector<Found> eval = find_files(files.eval_patterns, options.base);
      for (const Found& file : eval) usage.note(file, files.name, Part::eval);
      split.eval = documents_of(eval);
    }
    Domain domain{PackedTokens(std::move(split.train), format_.vocabulary),
                  PackedTokens(std::move(split.eval), format_.vocabulary), ""};
    std::string description = files.name + "\n";
    if (format_.width > 1) description += fmt::format("tokens {}\n", token_word(format_.width));
    describe(domain.train, "train", description);
    describe(domain.eval, "eval", description);
    domain.fingerprint = core::content_hash(description);
    names_.push_back(files.name);
    domains_.push_back(std::move(domain));
  }
}

const PackedTokens& Corpus::tokens(std::size_t domain, Part part) const {
  core::require(domain < domains_.size(), "Corpus::tokens of a domain it has");
  return part == Part::train ? domains_[domain].train : domains_[domain].eval;
}

const std::string& Corpus::fingerprint(std::size_t domain) const {
  core::require(domain < domains_.size(), "Corpus::fingerprint of a domain it has");
  return domains_[domain].fingerprint;
}

std::string Corpus::fingerprint() const {
  std::string all;
  for (const Domain& domain : domains_) all += domain.fingerprint;
  return core::content_hash(all);
}

void Corpus::require_sequences(int context) const {
  for (std::size_t d = 0; d < domains_.size(); ++d)
    for (const Part part : {Part::train, Part::eval}) {
      const std::int64_t size = tokens(d, part).size();
      if (size >= std::int64_t{context} + 1) continue;
      throw core::DataError(
          {.place = "domain '" + names_[d] + "'",
           .problem = fmt::format("its {} part has {} tokens",
                                  part == Part::train ? "training" : "evaluation", size),
           .rule = fmt::format("one sequence takes context + 1 = {}", std::int64_t{context} + 1),
           .remedy = "Add text to it, or choose a shorter context"});
    }
}

}  // namespace bimix::corpus
