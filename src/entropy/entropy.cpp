#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/entropy/entropy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::entropy {
namespace {

/// -sum p ln p, the sum taken by how often things occur, rare ones first: so it has the same bits
/// in whatever parts they were counted.
double entropy_of(const Occurrences& occurrences, std::int64_t total) {
  core::StableSum sum;
  for (const auto& [times, things] : occurrences) {
    const double p = static_cast<double>(times) / static_cast<double>(total);
    sum.add(-static_cast<double>(things) * p * std::log(p));
  }
  return sum.value();
}

std::int64_t different(const Occurrences& occurrences) {
  std::int64_t sum = 0;
  for (const auto& [times, things] : occurrences) sum += things;
  return sum;
}

double measure_of(Measure measure, const CountEntropy& counts) {
  if (measure == Measure::shannon) return counts.shannon;
  return measure == Measure::joint ? counts.joint : counts.conditional;
}

}  // namespace

bool wants_counts(const EntropyOptions& options) {
  return std::any_of(options.measures.begin(), options.measures.end(),
                     [](Measure measure) { return measure != Measure::von_neumann; });
}

bool wants_samples(const EntropyOptions& options) {
  return std::find(options.measures.begin(), options.measures.end(), Measure::von_neumann) !=
         options.measures.end();
}

const core::WordTable<Measure>& word_table(Measure) {
  static const core::WordTable<Measure> table{
      {{Measure::shannon, "shannon"},
       {Measure::joint, "joint"},
       {Measure::conditional, "conditional"},
       {Measure::von_neumann, "von-neumann"}},
      [](const std::string& word, const std::vector<std::string>& known) {
        return core::Complaint{.problem = fmt::format("'{}' is no measure", word),
                               .rule = "known are " + core::join_words(known),
                               .remedy = core::did_you_mean(word, known)};
      }};
  return table;
}

std::vector<core::Complaint> complaints(const EntropyOptions& options) {
  std::vector<core::Complaint> found;
  if (options.measures.empty())
    found.push_back({.place = "entropy.measures",
                     .problem = "no measure is given",
                     .remedy = "Choose from " + core::join_words(core::all_words<Measure>())});
  for (const Measure measure : core::all_values<Measure>())
    if (std::count(options.measures.begin(), options.measures.end(), measure) > 1)
      found.push_back({.place = "entropy.measures",
                       .problem = fmt::format("'{}' is given twice", core::word_of(measure)),
                       .remedy = "Leave one out"});
  for (const auto& [key, value] : {std::pair{"samples", options.samples},
                                   {"sample_tokens", options.sample_tokens},
                                   {"dimension", options.dimension}})
    if (value <= 0)
      found.push_back({.place = fmt::format("entropy.{}", key),
                       .problem = fmt::format("{} is not positive", value),
                       .remedy = "Leave it out for the default"});
  return found;
}

void check(const EntropyOptions& options) { core::refuse_if_any(complaints(options)); }

data::EntropyTable finish(const std::vector<std::string>& domains, const EntropyOptions& options,
                          std::span<const CountEntropy> counts,
                          std::span<const SampleEntropy> samples, int width) {
  check(options);
  core::require(!wants_counts(options) || counts.size() == domains.size(),
                "counts of every domain");
  core::require(!wants_samples(options) || samples.size() == domains.size(),
                "samples of every domain");
  data::EntropyTable table{.domains = domains, .measures = core::words_of(options.measures)};
  table.nats = table.mixture = data::Table(options.measures.size(), domains.size());
  for (std::size_t m = 0; m < options.measures.size(); ++m) {
    std::vector<double> nats;
    for (std::size_t d = 0; d < domains.size(); ++d)
      nats.push_back(options.measures[m] == Measure::von_neumann
                         ? samples[d].nats
                         : measure_of(options.measures[m], counts[d]));
    const data::Mixture mixture = mixture_from_entropy(nats);
    for (std::size_t d = 0; d < domains.size(); ++d) {
      table.nats(m, d) = nats[d];
      table.mixture(m, d) = mixture[d];
    }
  }
  if (wants_counts(options))
    for (const CountEntropy& count : counts) table.bigrams.push_back(count.pairs);
  if (wants_samples(options)) {
    for (const SampleEntropy& sample : samples) table.samples.push_back(sample.samples);
    table.embedding = embedding_name(options, width);
  }
  return table;
}

data::EntropyTable entropy_table(const corpus::Corpus& corpus, const EntropyOptions& options,
                                 std::uint64_t seed) {
  check(options);
  std::vector<CountEntropy> counts;
  std::vector<SampleEntropy> samples;
  for (std::size_t d = 0; d < corpus.domain_count(); ++d) {
    if (wants_counts(options))
      counts.push_back(count_entropy(whole_tally(corpus, d, options), options));
    if (wants_samples(options)) samples.push_back(von_neumann(corpus, d, options, seed));
  }
  return finish(corpus.names(), options, counts, samples, corpus.format().width);
}

CountEntropy count_entropy(const PairTally& tally, const EntropyOptions& options) {
  CountEntropy entropy{.shannon = shannon_entropy(tally),
                       .joint = joint_entropy(tally),
                       .conditional = conditional_entropy(tally),
                       .pairs = tally.total()};
  if (!options.miller_madow) return entropy;
  const double shannon_bias = miller_madow_correction(different(tally.firsts), entropy.pairs);
  const double joint_bias = miller_madow_correction(different(tally.pairs), entropy.pairs);
  entropy.shannon += shannon_bias;
  entropy.joint += joint_bias;
  // Corrected joint less corrected Shannon: the chain rule stands.
  entropy.conditional = entropy.conditional + joint_bias - shannon_bias;
  return entropy;
}

double shannon_entropy(const PairTally& tally) { return entropy_of(tally.firsts, tally.total()); }

double joint_entropy(const PairTally& tally) { return entropy_of(tally.pairs, tally.total()); }

double conditional_entropy(const PairTally& tally) {
  return std::max(0.0, joint_entropy(tally) - shannon_entropy(tally));
}

double miller_madow_correction(std::int64_t distinct_count, std::int64_t count) {
  if (count == 0) return 0;
  return static_cast<double>(distinct_count - 1) / (2 * static_cast<double>(count));
}

data::Mixture mixture_from_entropy(std::span<const double> nats) {
  const double highest = *std::max_element(nats.begin(), nats.end());
  data::Mixture weights;
  for (const double h : nats) weights.push_back(std::exp(h - highest));
  return core::normalised(weights);
}

}  // namespace bimix::entropy
