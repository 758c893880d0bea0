#include <bimix/core/error.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/held_out.hpp>
#include <bimix/sweep/collective.hpp>

#include <cstring>

namespace bimix {
namespace {

// Arrays of numbers travel as their bytes: all ranks run the same program on the same kind of
// machine (one job).
template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::vector<T> values_of(const std::string& bytes) {
  require(bytes.size() % sizeof(T) == 0, "a piece holds whole numbers");
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

Table table_of(const std::string& bytes, std::size_t columns) {
  Table table;
  table.values = values_of<double>(bytes);
  table.columns = columns;
  table.rows = table.values.size() / columns;
  return table;
}

std::vector<BigramCounts> count_over_ranks(const Comm& comm, const Corpus& corpus,
                                           const EntropyOptions& options) {
  // One part a rank and domain: each rank merges its own before anything is sent.
  const auto parts = static_cast<std::size_t>(comm.size());
  const std::size_t domains = corpus.domain_count();
  std::vector<BigramCounts> counts(domains);
  const auto pieces = map_over_ranks(comm, domains * parts, [&](std::size_t i) {
    return bytes_of(
        count_part(corpus, i / parts, options, static_cast<int>(i % parts), static_cast<int>(parts))
            .cells());
  });
  for (std::size_t i = 0; i < pieces.size(); ++i)
    counts[i / parts].merge(BigramCounts(values_of<std::int64_t>(pieces[i])));
  return counts;
}

std::vector<SampleEntropy> sample_over_ranks(const Comm& comm, const Corpus& corpus,
                                             const EntropyOptions& options, std::uint64_t seed) {
  const auto pieces = map_over_ranks(comm, corpus.domain_count(), [&](std::size_t domain) {
    const SampleEntropy entropy = von_neumann(corpus, domain, options, seed);
    return bytes_of(std::vector{entropy.nats, static_cast<double>(entropy.samples)});
  });
  std::vector<SampleEntropy> entropies;
  for (const std::string& piece : pieces) {
    const auto values = values_of<double>(piece);
    entropies.push_back({.nats = values[0], .samples = static_cast<std::int64_t>(values[1])});
  }
  return entropies;
}

}  // namespace

EntropyTable entropy_over_ranks(const Comm& comm, const Corpus& corpus,
                                const EntropyOptions& options, std::uint64_t seed) {
  collectively(comm, [&] { check(options); });
  std::vector<BigramCounts> counts;
  if (wants_counts(options)) counts = count_over_ranks(comm, corpus, options);
  std::vector<SampleEntropy> samples;
  if (wants_samples(options)) samples = sample_over_ranks(comm, corpus, options, seed);
  return finish(corpus.names(), options, counts, samples);
}

LawFit fit_over_ranks(const Comm& comm, const Observations& observations,
                      const FitOptions& options) {
  LawFit fit;
  collectively(comm, [&] { fit = fit_law(observations, options); });

  const std::size_t parameters = fit.parameters.size();
  const auto samples =
      map_over_ranks(comm, static_cast<std::size_t>(options.bootstrap), [&](std::size_t sample) {
        return bytes_of(
            bootstrap_sample(observations, options, fit, static_cast<int>(sample)).values);
      });
  for (const std::string& sample : samples) fit.bootstrap.push_back(table_of(sample, parameters));

  const int folds = fold_count(observations, options);
  const auto parts = map_over_ranks(comm, static_cast<std::size_t>(folds), [&](std::size_t fold) {
    return bytes_of(
        held_out_fold(observations, options, static_cast<int>(fold), folds).point.values);
  });
  std::vector<HeldOutPart> held_out;
  for (std::size_t fold = 0; fold < parts.size(); ++fold)
    held_out.push_back({.fold = static_cast<int>(fold),
                        .point = table_of(parts[fold], HeldOutPart::column_count)});
  fit.held_out = merge_folds(observations.domains, std::move(held_out));
  return fit;
}

}  // namespace bimix
