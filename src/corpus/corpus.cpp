#include "mapped_file.hpp"
#include "shard.hpp"
#include "store/manifest.hpp"
#include "subset.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/corpus/corpus.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bimix::corpus {
namespace {

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
          .documents = domain.documents,
          .bytes = domain.train.bytes + domain.eval.bytes,
          .tokens = domain.train.tokens + domain.eval.tokens,
          .pool = domain.train.tokens,
          .eval_tokens = domain.eval.tokens,
          .eval_bytes = domain.eval.bytes,
          .longest = domain.longest,
          .duplicates = domain.duplicates,
          .evaluated_on = domain.evaluated_on,
          .in_other_domains = domain.in_other_domains,
          .unwanted = domain.unwanted,
          .damaged = domain.damaged};
}

[[noreturn]] void refuse_folder(const std::filesystem::path& folder) {
  throw core::DataError({.place = folder.string(),
                         .problem = "its files are not of the sizes that it tells of",
                         .remedy = "Remove the folder: it is prepared again"});
}

/// A file that tokens lie in.
struct LyingTokens {
  std::string file{};
  MappedFile mapped{};
  TokenSpan tokens{};
};

/// A prepared folder that is being opened.
class Opening {
 public:
  explicit Opening(const std::filesystem::path& folder)
      : folder_(folder), manifest_(read_manifest(folder)) {
    for (const std::string& file : manifest_.files) {
      MappedFile mapped = map_file(file);
      const TokenSpan tokens = shard_tokens(file, mapped.bytes, manifest_.tokens);
      files_->push_back({file, std::move(mapped), tokens});
    }
  }

  const Manifest& manifest() const { return manifest_; }

  /// @throws DataError if its files are not of the sizes that the manifest tells of
  PackedTokens part(std::size_t domain, Part part) {
    const PreparedDomain& prepared = manifest_.domains[domain];
    const PreparedPart& wanted = part == Part::train ? prepared.train : prepared.eval;
    const auto ends = values<std::uint64_t>(ends_file(folder_, {domain, part}));
    if (ends.size() != wanted.documents || ends.empty() || ends.back() != wanted.tokens)
      refuse_folder(folder_);
    return PackedTokens(manifest_.files.empty() ? stored({domain, part}, wanted.tokens)
                                                : lying({domain, part}, ends),
                        ends, manifest_.tokens.vocabulary);
  }

  /// What keeps the tokens alive.
  std::vector<std::shared_ptr<const void>> owners() && {
    owners_.push_back(std::move(files_));
    return std::move(owners_);
  }

 private:
  template <class T>
  std::span<const T> values(const std::filesystem::path& path) {
    MappedFile mapped = map_file(path);
    owners_.push_back(std::move(mapped.owner));
    return {reinterpret_cast<const T*>(mapped.bytes.data()), mapped.bytes.size() / sizeof(T)};
  }

  /// Tokens that are in the folder.
  std::vector<Stretch> stored(const Side& side, std::uint64_t tokens) {
    const auto path = tokens_file(folder_, side);
    const auto bytes = values<std::uint8_t>(path);
    if (bytes.size() != tokens * static_cast<std::uint64_t>(manifest_.tokens.width))
      refuse_folder(folder_);
    const auto name = std::make_shared<const std::string>(path.string());
    owners_.push_back(name);
    return {{TokenSpan(bytes, manifest_.tokens.width), *name}};
  }

  /// Tokens that lie in other files: documents that follow one another there are one stretch.
  std::vector<Stretch> lying(const Side& side, std::span<const std::uint64_t> ends) {
    const auto places = values<DocumentPlace>(places_file(folder_, side));
    if (places.size() != ends.size()) refuse_folder(folder_);
    std::vector<Stretch> stretches;
    std::uint64_t begin = 0;
    for (std::size_t d = 0; d < places.size(); ++d) {
      const auto& [number, first] = places[d];
      if (number >= files_->size() || ends[d] <= begin) refuse_folder(folder_);
      const LyingTokens& file = (*files_)[number];
      const std::uint64_t count = ends[d] - std::exchange(begin, ends[d]);
      if (first > file.tokens.size() || count > file.tokens.size() - first) refuse_folder(folder_);
      append_stretch(stretches, {file.tokens.subspan(first, count), file.file, first});
    }
    return stretches;
  }

  std::filesystem::path folder_;
  Manifest manifest_;
  std::shared_ptr<std::vector<LyingTokens>> files_ = std::make_shared<std::vector<LyingTokens>>();
  std::vector<std::shared_ptr<const void>> owners_{};
};

}  // namespace

Corpus Corpus::prepared(const std::filesystem::path& folder, const Selection& selection) {
  Opening opening(folder);
  const Manifest& manifest = opening.manifest();
  Corpus corpus;
  corpus.format_ = manifest.tokens;
  corpus.pack_ = selection.pack;
  for (std::size_t d = 0; d < manifest.domains.size(); ++d) {
    const PreparedDomain& domain = manifest.domains[d];
    corpus.names_.push_back(domain.name);
    corpus.table_.rows.push_back(row_of(domain));
    for (const std::string& note : notes_on(domain))
      corpus.notes_.push_back(fmt::format("domain '{}': {}", domain.name, note));
    corpus.domains_.push_back(
        {opening.part(d, Part::train), opening.part(d, Part::eval), domain.fingerprint});
  }
  corpus.mappings_ = std::move(opening).owners();
  for (std::size_t d = 0; d < corpus.domains_.size(); ++d) {
    std::string selected;
    if (const double fraction = selection.fraction.empty() ? 1.0 : selection.fraction[d];
        fraction < 1.0) {
      corpus.take_part(d, fraction, selection.seed);
      selected = fmt::format(" fraction {} {}", fraction, selection.seed);
    }
    if (selection.pack != SequencePacking::across)
      selected += fmt::format(" pack {}", core::word_of(selection.pack));
    std::string& fingerprint = corpus.domains_[d].fingerprint;
    if (!selected.empty()) fingerprint = core::content_hash(fingerprint + selected);
  }
  return corpus;
}

Corpus Corpus::part(double fraction, std::uint64_t seed) const {
  Corpus part = *this;
  for (std::size_t d = 0; d < domains_.size(); ++d) {
    part.take_part(d, fraction, seed);
    std::string& fingerprint = part.domains_[d].fingerprint;
    fingerprint = core::content_hash(fingerprint + fmt::format(" part {} {}", fraction, seed));
  }
  return part;
}

void Corpus::take_part(std::size_t d, double fraction, std::uint64_t seed) {
  Domain& domain = domains_[d];
  Subset subset = subset_of(domain.train, fraction, seed, names_[d]);
  domain.train = std::move(subset.tokens);
  mappings_.push_back(std::move(subset.ends));
  table_.rows[d].pool = static_cast<std::uint64_t>(domain.train.size());
}

const PackedTokens& Corpus::tokens(std::size_t domain, Part part) const {
  core::require(domain < domains_.size(), "Corpus::tokens of a domain it has");
  return part == Part::train ? domains_[domain].train : domains_[domain].eval;
}

data::CorpusTable Corpus::table(int context) const {
  data::CorpusTable table = table_;
  if (context == 0) return table;
  const data::Pools drawn = pools(context);
  for (std::size_t d = 0; d < drawn.size(); ++d)
    table.rows[d].pool = static_cast<std::uint64_t>(drawn[d]);
  return table;
}

data::Pools Corpus::pools(int context) const {
  data::Pools pools;
  for (std::size_t d = 0; d < domain_count(); ++d)
    pools.push_back(static_cast<double>(pack_ == SequencePacking::across
                                            ? tokens(d, Part::train).size()
                                            : slots(d, Part::train, context).count() * context));
  return pools;
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
      if (slots(d, part, context).count() > 0) continue;
      const char* const of = part == Part::train ? "training" : "evaluation";
      throw core::DataError(
          {.place = "domain '" + names_[d] + "'",
           .problem = pack_ == SequencePacking::across
                          ? fmt::format("its {} part has {} tokens", of, tokens(d, part).size())
                          : fmt::format("no document of its {} part is as long as a sequence", of),
           .rule = fmt::format("one sequence takes context + 1 = {}", std::int64_t{context} + 1),
           .remedy =
               pack_ == SequencePacking::across
                   ? "Add text to it, choose a shorter context, or, where they are given, raise "
                     "`fraction` or lower the target of `match_epochs`"
                   : "Choose a shorter context, or say `corpus: {pack: across}`"});
    }
}

}  // namespace bimix::corpus
