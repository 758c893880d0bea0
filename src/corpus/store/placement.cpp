#include "placement.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>

namespace bimix::corpus {
namespace {

using Json = nlohmann::ordered_json;

/// The fingerprint of a domain: of its documents in their order, training part first.
class Fingerprint {
 public:
  explicit Fingerprint(const std::string& of) : state_(XXH3_createState()) {
    XXH3_128bits_reset(state_.get());
    XXH3_128bits_update(state_.get(), of.data(), of.size());
  }

  void add(Part part, const DocumentRecord& record, std::uint64_t from, std::uint64_t count) {
    const std::uint64_t words[] = {index_of(part), record.content.high, record.content.low, from,
                                   count};
    XXH3_128bits_update(state_.get(), words, sizeof words);
    if (record.lead > 0) XXH3_128bits_update(state_.get(), &record.lead, sizeof record.lead);
  }
  std::string digits() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  struct Freed {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Freed> state_;
};

void add(PreparedPart& part, std::uint64_t tokens, std::uint64_t bytes) {
  ++part.documents;
  part.tokens += tokens;
  part.bytes += bytes;
}

/// What of the documents of a unit did not become texts of a side.
/// @param taken documents that the side took
void add_passed(const Passed& passed, const Unit& unit, std::size_t side, std::uint64_t taken,
                PreparedDomain& domain) {
  domain.not_taken += passed.documents - taken;
  if (domain.note.empty()) domain.note = passed.note;
  if (unit.takers.front().side != side) return;  // each counts once, however many read the unit
  domain.unwanted += passed.unwanted;
  domain.damaged += passed.damaged;
  if (domain.first_damage.empty()) domain.first_damage = passed.first_damage;
}

Json to_json(const Place& place) {
  return {place.tokens[0], place.tokens[1], place.documents[0], place.documents[1]};
}

Place place_from(const Json& json) { return {{json.at(0), json.at(1)}, {json.at(2), json.at(3)}}; }

}  // namespace

Placement placement_of(const CorpusOptions& options, const ReadingPlan& plan,
                       const Gathered& gathered) {
  Placement placement{.manifest = {.signature = plan.signature,
                                   .tokens = gathered.tokens,
                                   .encoded_by = gathered.encoded_by}};
  const bool are_texts = options.tokens.width == 1;
  const auto width = static_cast<std::uint64_t>(options.tokens.width);
  std::vector<Fingerprint> fingerprints;
  for (const DomainFiles& domain : options.domains) {
    placement.manifest.domains.push_back({.name = domain.name});
    fingerprints.emplace_back(fmt::format("{}\ntokens {} {}\n", domain.name,
                                          token_word(gathered.tokens.width), gathered.encoded_by));
  }
  for (std::size_t s = 0; s < plan.sides.size(); ++s) {
    PreparedDomain& domain = placement.manifest.domains[plan.sides[s].domain];
    Fingerprint& fingerprint = fingerprints[plan.sides[s].domain];
    const SettledSide& side = gathered.settled[s];
    domain.duplicates += side.duplicates;
    domain.evaluated_on += side.evaluated_on;
    domain.in_other_domains += side.in_other_domains;
    std::vector<Place>& places = placement.places.emplace_back();
    Place at;
    for (std::size_t n = 0; n < gathered.records[s].pieces.size(); ++n) {
      places.push_back(at);
      std::size_t document = side.first[n], kept = 0;
      for (const DocumentRecord& record : gathered.records[s].pieces[n]) {
        std::uint64_t of_document = 0;
        for_each_part(
            side.fate[document], side.cut, document, record.bytes,
            [&](Part part, std::uint64_t from, std::uint64_t bytes) {
              const std::uint64_t tokens =
                  gathered.counts.empty() ? bytes / width : gathered.counts[s][n].at(kept++);
              if (tokens == 0) return;  // a text that the tokenizer drops
              add(part == Part::train ? domain.train : domain.eval, tokens, are_texts ? bytes : 0);
              of_document += tokens;
              at.tokens[index_of(part)] += tokens;
              ++at.documents[index_of(part)];
              fingerprint.add(part, record, from, bytes);
            });
        domain.documents += of_document > 0;
        domain.longest = std::max(domain.longest, of_document);
        ++document;
      }
      const std::size_t unit = plan.units_of[s][n];
      add_passed(gathered.passed[unit], plan.units[unit], s, gathered.records[s].pieces[n].size(),
                 domain);
    }
  }
  for (std::size_t d = 0; d < fingerprints.size(); ++d)
    placement.manifest.domains[d].fingerprint = fingerprints[d].digits();
  return placement;
}

Json to_json(const Placement& placement) {
  Json places = Json::array();
  for (const auto& side : placement.places) {
    Json row = Json::array();
    for (const Place& place : side) row.push_back(to_json(place));
    places.push_back(row);
  }
  return {{"manifest", to_json(placement.manifest)}, {"places", places}};
}

Placement placement_from(const Json& json, const std::string& place) {
  try {
    Placement placement{.manifest = manifest_from(json.at("manifest"), place)};
    for (const Json& row : json.at("places")) {
      auto& side = placement.places.emplace_back();
      for (const Json& entry : row) side.push_back(place_from(entry));
    }
    return placement;
  } catch (const Json::exception& cause) {
    throw core::DataError({.place = place,
                           .problem = fmt::format("is damaged: {}", cause.what()),
                           .remedy = "Remove its folder: it is prepared again"});
  }
}

}  // namespace bimix::corpus
