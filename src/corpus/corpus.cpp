#include "content_check.hpp"
#include "mapped_file.hpp"
#include "shard.hpp"
#include "sources.hpp"
#include "split.hpp"
#include "store/manifest.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/corpus/corpus.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::corpus {
namespace {

std::string content_fingerprint(const TokenSpan& tokens) {
  const auto hash_of = [&](const Block& block) {
    return core::content_hash(text_of(tokens.subspan(block.from, block.count).bytes()));
  };
  const std::vector<Block> blocks = sample_blocks(tokens);
  if (blocks.size() == 1) return hash_of(blocks.front());
  std::string hashes;
  for (const Block& block : blocks) hashes += hash_of(block);
  return core::content_hash(hashes);
}

void describe(const PackedTokens& tokens, const char* part, std::string& text) {
  for (const Stretch& document : tokens.stretches())
    text += fmt::format("{} {} {} {}\n", part, document.tokens.size(),
                        content_fingerprint(document.tokens), document.name);
}

/// "1 document", "2 documents"
std::string documents(std::uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "document" : "documents");
}

/// What a person should know of the texts of a domain.
std::vector<std::string> notes_on(const PreparedDomain& domain) {
  std::vector<std::string> notes;
  if (domain.duplicates > 0)
    notes.push_back(documents(domain.duplicates) + " left out that stood there before");
  if (domain.evaluated_on > 0)
    notes.push_back(documents(domain.evaluated_on) +
                    " left out of training that some domain is evaluated on");
  if (domain.in_other_domains > 0)
    notes.push_back(documents(domain.in_other_domains) + " that other domains train on as well");
  if (domain.damaged > 0)
    notes.push_back(fmt::format("{} left out that could not be read; the first: {}",
                                documents(domain.damaged), domain.first_damage));
  if (!domain.note.empty()) notes.push_back(domain.note);
  return notes;
}

data::CorpusRow row_of(const PreparedDomain& domain) {
  return {.domain = domain.name,
          .documents = domain.train.documents + domain.eval.documents,
          .bytes = domain.train.bytes + domain.eval.bytes,
          .tokens = domain.train.tokens + domain.eval.tokens,
          .pool = domain.train.tokens,
          .longest = std::max(domain.train.longest, domain.eval.longest),
          .duplicates = domain.duplicates,
          .evaluated_on = domain.evaluated_on,
          .in_other_domains = domain.in_other_domains,
          .unwanted = domain.unwanted,
          .damaged = domain.damaged};
}

/// Of files of tokens, of which each is a document.
data::CorpusRow row_of(const std::string& name, const PackedTokens& train,
                       const PackedTokens& eval) {
  data::CorpusRow row{.domain = name, .pool = static_cast<std::uint64_t>(train.size())};
  for (const PackedTokens* part : {&train, &eval})
    for (const Stretch& document : part->stretches()) {
      ++row.documents;
      row.tokens += document.tokens.size();
      row.longest = std::max<std::uint64_t>(row.longest, document.tokens.size());
    }
  return row;
}

/// A part of a prepared domain, and what keeps its tokens alive.
struct MappedPart {
  /// @throws DataError if its files are not of the sizes that the manifest tells of
  MappedPart(const std::filesystem::path& folder, const Manifest& manifest, const Side& side) {
    const PreparedDomain& domain = manifest.domains[side.domain];
    const PreparedPart& prepared = side.part == Part::train ? domain.train : domain.eval;
    const std::filesystem::path file = tokens_file(folder, side);
    const MappedFile mapped = map_file(file), ends_mapped = map_file(ends_file(folder, side));
    const std::span<const std::uint64_t> ends(
        reinterpret_cast<const std::uint64_t*>(ends_mapped.bytes.data()),
        ends_mapped.bytes.size() / sizeof(std::uint64_t));
    const auto width = static_cast<std::uint64_t>(manifest.tokens.width);
    if (mapped.bytes.size() != prepared.tokens * width || ends.size() != prepared.documents ||
        ends.empty() || ends.back() != prepared.tokens)
      throw core::DataError({.place = folder.string(),
                             .problem = "its files are not of the sizes that it tells of",
                             .remedy = "Remove the folder: it is prepared again"});
    tokens = PackedTokens({.name = domain.name,
                           .tokens = TokenSpan(mapped.bytes, manifest.tokens.width),
                           .file = file.string()},
                          ends, manifest.tokens.vocabulary);
    owners = {mapped.owner, ends_mapped.owner};
  }

  PackedTokens tokens{};
  std::vector<std::shared_ptr<const void>> owners{};
};

}  // namespace

Corpus::Corpus(const CorpusOptions& options) : format_(options.tokens) {
  core::require(format_.width > 1, "texts are prepared");
  check_options(options);
  Usage usage;
  for (const DomainFiles& files : options.domains) {
    const Content content = files.binary ? Content::as_it_is : Content::checked;
    const auto documents_of = [&](const std::vector<Found>& found) {
      std::vector<Stretch> documents;
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
    const std::vector<Found> train = find_sources(files.train_patterns, options.base);
    for (const Found& file : train) usage.note(file, files.name, Part::train);
    Split split{.train = documents_of(train), .eval = {}};
    if (files.eval_patterns.empty()) {
      split = split_documents(split.train, options.eval_fraction, options.seed);
    } else {
      const std::vector<Found> eval = find_sources(files.eval_patterns, options.base);
      for (const Found& file : eval) usage.note(file, files.name, Part::eval);
      split.eval = documents_of(eval);
    }
    Domain domain{PackedTokens(std::move(split.train), format_.vocabulary),
                  PackedTokens(std::move(split.eval), format_.vocabulary), ""};
    std::string description = fmt::format("{}\ntokens {}\n", files.name, token_word(format_.width));
    describe(domain.train, "train", description);
    describe(domain.eval, "eval", description);
    domain.fingerprint = core::content_hash(description);
    names_.push_back(files.name);
    table_.rows.push_back(row_of(files.name, domain.train, domain.eval));
    domains_.push_back(std::move(domain));
  }
}

Corpus Corpus::prepared(const std::filesystem::path& folder) {
  const Manifest manifest = read_manifest(folder);
  Corpus corpus;
  corpus.format_ = manifest.tokens;
  for (std::size_t d = 0; d < manifest.domains.size(); ++d) {
    const PreparedDomain& domain = manifest.domains[d];
    corpus.names_.push_back(domain.name);
    corpus.table_.rows.push_back(row_of(domain));
    for (const std::string& note : notes_on(domain))
      corpus.notes_.push_back(fmt::format("domain '{}': {}", domain.name, note));
    MappedPart train(folder, manifest, {d, Part::train}), eval(folder, manifest, {d, Part::eval});
    corpus.domains_.push_back(
        {std::move(train.tokens), std::move(eval.tokens), domain.fingerprint});
    for (MappedPart* part : {&train, &eval})
      corpus.mappings_.insert(corpus.mappings_.end(), part->owners.begin(), part->owners.end());
  }
  return corpus;
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
