#include "bytes.hpp"

#include <bimix/core/error.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/held_out.hpp>
#include <bimix/law/law.hpp>
#include <bimix/sweep/collective.hpp>

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace bimix {
namespace {

Table table_of(const std::string& bytes, std::size_t columns) {
  Table table;
  table.values = values_of<double>(bytes);
  table.columns = columns;
  table.rows = table.values.size() / columns;
  return table;
}

std::vector<CountEntropy> count_bytes_over_ranks(const Comm& comm, const Corpus& corpus,
                                                 const EntropyOptions& options) {
  // One part a rank and domain: each rank merges its own before anything is sent.
  const auto parts = static_cast<std::size_t>(comm.size());
  const std::size_t domains = corpus.domain_count();
  std::vector<BigramCounts> counts(domains);
  const auto pieces = map_over_ranks(comm, domains * parts, [&](std::size_t i) {
    return bytes_of(
        count_part(corpus, i / parts, options, static_cast<int>(i % parts), static_cast<int>(parts))
            .bigrams());
  });
  for (std::size_t i = 0; i < pieces.size(); ++i)
    counts[i / parts].merge(BigramCounts(values_of<Bigram>(pieces[i])));
  std::vector<CountEntropy> entropies;
  for (const BigramCounts& count : counts) entropies.push_back(count_entropy(count, options));
  return entropies;
}

/// The pairs of a large vocabulary may take gigabytes: they stay on the rank that counts them, a
/// whole domain at a time.
std::vector<CountEntropy> count_tokens_over_ranks(const Comm& comm, const Corpus& corpus,
                                                  const EntropyOptions& options) {
  const auto pieces = map_over_ranks(comm, corpus.domain_count(), [&](std::size_t domain) {
    return bytes_of(std::vector{count_entropy(count_part(corpus, domain, options), options)});
  });
  std::vector<CountEntropy> entropies;
  for (const std::string& piece : pieces)
    entropies.push_back(values_of<CountEntropy>(piece).front());
  return entropies;
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
  std::vector<CountEntropy> counts;
  const int width = corpus.format().width;
  if (wants_counts(options))
    counts = width == 1 ? count_bytes_over_ranks(comm, corpus, options)
                        : count_tokens_over_ranks(comm, corpus, options);
  std::vector<SampleEntropy> samples;
  if (wants_samples(options)) samples = sample_over_ranks(comm, corpus, options, seed);
  return finish(corpus.names(), options, counts, samples, width);
}

namespace {

void add_bootstrap(const Comm& comm, const Observations& observations, const FitOptions& options,
                   LawFit& fit) {
  if (options.bootstrap == 0) return;
  std::optional<Bootstrap> bootstrap;
  collectively(comm, [&] { bootstrap.emplace(observations, options, fit); });
  const auto samples =
      map_over_ranks(comm, static_cast<std::size_t>(options.bootstrap), [&](std::size_t sample) {
        return bytes_of(bootstrap->sample(static_cast<int>(sample)).values);
      });
  for (const std::string& sample : samples)
    fit.bootstrap.push_back(table_of(sample, fit.parameters.size()));
}

void add_held_out(const Comm& comm, const Observations& observations, const FitOptions& options,
                  LawFit& fit) {
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
}

/// Which of the fits is used, with a flag that says why.
std::size_t used_law(const FitOptions& options, std::vector<LawFit>& fits) {
  if (options.law != automatic_law) {
    for (std::size_t n = 0; n < fits.size(); ++n)
      if (fits[n].law == options.law) return n;
    return 0;
  }
  std::vector<HeldOut> held;
  for (const LawFit& fit : fits) held.push_back(fit.held_out);
  const std::size_t best = best_of(held);
  if (std::isnan(mean_error(held[best]))) {
    fits[best].flags.push_back(
        to_string(Complaint{"law auto", "no law could be held against mixtures left out",
                            fmt::format("{} is used", fits[best].law), "Add mixtures"}));
    return best;
  }
  fits[best].flags.push_back(to_string(Complaint{
      "law auto",
      fmt::format("{} predicts held-out mixtures best: {:.2f} % error, regret {:.4f} nats",
                  fits[best].law, 100.0 * mean_error(held[best]), held[best].regret_nats),
      fmt::format("{}: {:.2f} %, {:.4f}", fits.front().law, 100.0 * mean_error(held.front()),
                  held.front().regret_nats),
      ""}));
  return best;
}

}  // namespace

LawFit fit_over_ranks(const Comm& comm, const Observations& observations,
                      const FitOptions& options) {
  LawFit fit;
  collectively(comm, [&] { fit = fit_law(observations, options); });
  add_bootstrap(comm, observations, options, fit);
  add_held_out(comm, observations, options, fit);
  return fit;
}

LawFits fit_laws_over_ranks(const Comm& comm, const Observations& observations,
                            const FitOptions& options) {
  LawFits fits;
  FitOptions one = options;
  std::vector<std::string> names;
  collectively(comm, [&] { names = laws_to_fit(observations, options); });
  for (const std::string& name : names) {
    one.law = name;
    collectively(comm, [&] { fits.laws.push_back(fit_law(observations, one)); });
    add_held_out(comm, observations, one, fits.laws.back());
  }
  fits.used = used_law(options, fits.laws);
  for (std::size_t n = 0; n < fits.laws.size(); ++n) {
    one.law = fits.laws[n].law;
    if (n == fits.used || one.law == "bimix") add_bootstrap(comm, observations, one, fits.laws[n]);
  }
  return fits;
}

LawFit used_fit_over_ranks(const Comm& comm, const Observations& observations,
                           const FitOptions& options) {
  if (!wants_every_law(options)) return fit_over_ranks(comm, observations, options);
  LawFits fits = fit_laws_over_ranks(comm, observations, options);
  return fits.laws[fits.used];
}

Evaluation evaluate_over_ranks(const Comm& comm, const Observations& observations,
                               const FitOptions& fit, EvaluateOptions options) {
  if (options.laws.empty()) options.laws = law_names();
  collectively(comm, [&] {
    std::string text;
    for (const Complaint& complaint : complaints(options, observations))
      text += (text.empty() ? "" : "\n") + to_string(complaint);
    if (!text.empty()) throw UsageError(text);
  });
  if (options.protocol == "extrapolation") {
    std::vector<std::string> anchored;
    for (const std::string& law : options.laws)
      if (law == automatic_law || (law != run_power && !find_law(law).last_volume_only()))
        anchored.push_back(anchored_prefix + law);
    options.laws.insert(options.laws.end(), anchored.begin(), anchored.end());
    options.laws.push_back(run_power);
  }
  Evaluation evaluation{
      options.protocol, observations.domains, splits_of(observations, fit, options), {}};
  std::vector<const Split*> splits;
  for (const auto& group : evaluation.splits)
    for (const Split& split : group) splits.push_back(&split);
  const auto pieces =
      map_over_ranks(comm, options.laws.size() * splits.size(), [&](std::size_t piece) {
        return bytes_of(evaluate_split(observations, fit, options.laws[piece / splits.size()],
                                       *splits[piece % splits.size()])
                            .point.values);
      });
  std::size_t next = 0;
  for (const std::string& law : options.laws) {
    LawScore score{law, {}, {}};
    for (const auto& group : evaluation.splits) {
      std::vector<HeldOutPart> parts;
      for (std::size_t n = 0; n < group.size(); ++n)
        parts.push_back({.fold = static_cast<int>(n),
                         .point = table_of(pieces[next++], HeldOutPart::column_count)});
      score.groups.push_back(merge_folds(observations.domains, std::move(parts)));
    }
    score.mean = mean_of_groups(score.groups);
    evaluation.laws.push_back(std::move(score));
  }
  return evaluation;
}

}  // namespace bimix
