#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/entropy/entropy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace bimix {
namespace {

constexpr const char* vne = "von-neumann";

double plug_in(const std::vector<std::int64_t>& counts, std::int64_t total) {
  std::vector<double> terms;
  for (const std::int64_t count : counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(total);
    terms.push_back(-p * std::log(p));
  }
  return stable_sum(terms);
}

std::int64_t distinct(const std::vector<std::int64_t>& counts) {
  return std::count_if(counts.begin(), counts.end(), [](std::int64_t c) { return c > 0; });
}

/// "shannon", "joint" or "conditional" of one domain.
double count_measure(const std::string& measure, const BigramCounts& counts, bool miller_madow) {
  double shannon_bias = 0, joint_bias = 0;
  if (miller_madow) {
    shannon_bias = miller_madow_correction(distinct(counts.first_tokens()), counts.total());
    joint_bias = miller_madow_correction(distinct(counts.cells()), counts.total());
  }
  if (measure == "shannon") return shannon_entropy(counts) + shannon_bias;
  if (measure == "joint") return joint_entropy(counts) + joint_bias;
  // Corrected joint less corrected Shannon: the chain rule stands.
  return conditional_entropy(counts) + joint_bias - shannon_bias;
}

}  // namespace

bool wants_counts(const EntropyOptions& options) {
  return std::any_of(options.measures.begin(), options.measures.end(),
                     [](const std::string& measure) { return measure != vne; });
}

bool wants_samples(const EntropyOptions& options) {
  return std::find(options.measures.begin(), options.measures.end(), vne) != options.measures.end();
}

const std::vector<std::string>& entropy_measures() {
  static const std::vector<std::string> names{"shannon", "joint", "conditional", vne};
  return names;
}

void check(const EntropyOptions& options) {
  if (options.measures.empty())
    throw UsageError({.place = "entropy.measures",
                      .problem = "no measure is given",
                      .rule = "",
                      .remedy = "Choose from " + join_words(entropy_measures())});
  std::set<std::string> seen;
  for (const std::string& measure : options.measures) {
    const auto& known = entropy_measures();
    if (std::find(known.begin(), known.end(), measure) == known.end()) {
      const auto nearest = nearest_name(measure, known);
      throw UsageError({.place = "entropy.measures",
                        .problem = fmt::format("'{}' is no measure", measure),
                        .rule = "known are " + join_words(known),
                        .remedy = nearest ? fmt::format("Did you mean '{}'", *nearest) : ""});
    }
    if (!seen.insert(measure).second)
      throw UsageError({.place = "entropy.measures",
                        .problem = fmt::format("'{}' is given twice", measure),
                        .rule = "",
                        .remedy = "Leave one out"});
  }
  for (const auto& [key, value] : {std::pair{"samples", options.samples},
                                   {"sample_tokens", options.sample_tokens},
                                   {"dimension", options.dimension}})
    if (value <= 0)
      throw UsageError({.place = fmt::format("entropy.{}", key),
                        .problem = fmt::format("{} is not positive", value),
                        .rule = "",
                        .remedy = "Leave it out for the default"});
}

EntropyTable finish(const std::vector<std::string>& domains, const EntropyOptions& options,
                    std::span<const BigramCounts> counts, std::span<const SampleEntropy> samples) {
  check(options);
  require(!wants_counts(options) || counts.size() == domains.size(), "counts of every domain");
  require(!wants_samples(options) || samples.size() == domains.size(), "samples of every domain");
  EntropyTable table{.domains = domains, .measures = options.measures};
  table.nats = table.mixture = Table(options.measures.size(), domains.size());
  for (std::size_t m = 0; m < options.measures.size(); ++m) {
    std::vector<double> nats;
    for (std::size_t d = 0; d < domains.size(); ++d)
      nats.push_back(options.measures[m] == vne
                         ? samples[d].nats
                         : count_measure(options.measures[m], counts[d], options.miller_madow));
    const Mixture mixture = mixture_from_entropy(nats);
    for (std::size_t d = 0; d < domains.size(); ++d) {
      table.nats(m, d) = nats[d];
      table.mixture(m, d) = mixture[d];
    }
  }
  if (wants_counts(options))
    for (const BigramCounts& count : counts) table.bigrams.push_back(count.total());
  if (wants_samples(options)) {
    for (const SampleEntropy& sample : samples) table.samples.push_back(sample.samples);
    table.embedding = embedding_name(options);
  }
  return table;
}

EntropyTable entropy_table(const Corpus& corpus, const EntropyOptions& options,
                           std::uint64_t seed) {
  check(options);
  std::vector<BigramCounts> counts;
  std::vector<SampleEntropy> samples;
  for (std::size_t d = 0; d < corpus.domain_count(); ++d) {
    if (wants_counts(options)) counts.push_back(count_part(corpus, d, options));
    if (wants_samples(options)) samples.push_back(von_neumann(corpus, d, options, seed));
  }
  return finish(corpus.names(), options, counts, samples);
}

double shannon_entropy(const BigramCounts& counts) {
  return plug_in(counts.first_tokens(), counts.total());
}

double joint_entropy(const BigramCounts& counts) { return plug_in(counts.cells(), counts.total()); }

double conditional_entropy(const BigramCounts& counts) {
  const std::vector<std::int64_t> first = counts.first_tokens();
  const auto total = static_cast<double>(counts.total());
  std::vector<double> terms;
  for (std::size_t cell = 0; cell < counts.cells().size(); ++cell) {
    const auto count = static_cast<double>(counts.cells()[cell]);
    if (count == 0) continue;
    const auto given = static_cast<double>(first[cell / BigramCounts::alphabet]);
    terms.push_back(-count / total * std::log(count / given));
  }
  return stable_sum(terms);
}

double miller_madow_correction(std::int64_t distinct_count, std::int64_t count) {
  if (count == 0) return 0;
  return static_cast<double>(distinct_count - 1) / (2 * static_cast<double>(count));
}

Mixture mixture_from_entropy(std::span<const double> nats) {
  const double highest = *std::max_element(nats.begin(), nats.end());
  Mixture weights;
  for (const double h : nats) weights.push_back(std::exp(h - highest));
  return normalised(weights);
}

}  // namespace bimix
