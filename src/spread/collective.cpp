#include <bimix/core/error.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/law/believed.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/held_out.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/trust.hpp>
#include <bimix/par/bytes.hpp>
#include <bimix/spread/collective.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace bimix::spread {
namespace {

data::Table table_of(std::string_view bytes, std::size_t columns) {
  data::Table table;
  table.values = par::values_of<double>(bytes);
  table.columns = columns;
  table.rows = table.values.size() / columns;
  return table;
}

/// All pairs of bytes of a domain, on the root: each rank counts a part of the texts, and half a
/// megabyte travels, however many ranks there are.
entropy::PairTally tally_bytes(const par::Comm& comm, const corpus::Corpus& corpus,
                               std::size_t domain, const entropy::EntropyOptions& options) {
  std::vector<std::int64_t> cells;
  par::collectively(comm, [&] {
    cells = entropy::byte_cells(corpus, domain, options, {comm.rank(), comm.size()});
  });
  cells = comm.sum(std::move(cells));
  return comm.is_root() ? entropy::tally_of(cells) : entropy::PairTally();
}

/// All pairs of tokens of a domain, on the root: each rank counts a part of the different pairs,
/// which may take gigabytes, and how often they occur travels.
entropy::PairTally tally_tokens(const par::Comm& comm, const corpus::Corpus& corpus,
                                std::size_t domain, const entropy::EntropyOptions& options,
                                entropy::PairCounter& counter) {
  entropy::PairTally own, whole;
  par::collectively(comm, [&] {
    own = entropy::tally_part(corpus, domain, options, counter, {comm.rank(), comm.size()});
  });
  for (const std::string& part : comm.gather(entropy::bytes_of(own)))
    whole.merge(entropy::pair_tally_from(part));
  return whole;
}

std::vector<entropy::CountEntropy> count_over_ranks(const par::Comm& comm,
                                                    const corpus::Corpus& corpus,
                                                    const entropy::EntropyOptions& options) {
  entropy::PairCounter counter(corpus.format().vocabulary);
  std::vector<entropy::CountEntropy> entropies;
  for (std::size_t domain = 0; domain < corpus.domain_count(); ++domain) {
    const entropy::PairTally pairs = corpus.format().width == 1
                                         ? tally_bytes(comm, corpus, domain, options)
                                         : tally_tokens(comm, corpus, domain, options, counter);
    if (comm.is_root()) entropies.push_back(entropy::count_entropy(pairs, options));
  }
  return par::values_of<entropy::CountEntropy>(comm.broadcast(par::bytes_of(entropies)));
}

std::vector<entropy::SampleEntropy> sample_over_ranks(const par::Comm& comm,
                                                      const corpus::Corpus& corpus,
                                                      const entropy::EntropyOptions& options,
                                                      std::uint64_t seed) {
  const auto pieces = par::map_over_ranks(comm, corpus.domain_count(), [&](std::size_t domain) {
    const entropy::SampleEntropy entropy = entropy::von_neumann(corpus, domain, options, seed);
    return par::bytes_of(std::vector{entropy.nats, static_cast<double>(entropy.samples)});
  });
  std::vector<entropy::SampleEntropy> entropies;
  for (const std::string& piece : pieces) {
    const auto values = par::values_of<double>(piece);
    entropies.push_back({.nats = values[0], .samples = static_cast<std::int64_t>(values[1])});
  }
  return entropies;
}

}  // namespace

data::EntropyTable entropy_over_ranks(const par::Comm& comm, const corpus::Corpus& corpus,
                                      const entropy::EntropyOptions& options, std::uint64_t seed) {
  par::collectively(comm, [&] { entropy::check(options); });
  std::vector<entropy::CountEntropy> counts;
  if (entropy::wants_counts(options)) counts = count_over_ranks(comm, corpus, options);
  std::vector<entropy::SampleEntropy> samples;
  if (entropy::wants_samples(options)) samples = sample_over_ranks(comm, corpus, options, seed);
  return entropy::finish(corpus.names(), options, counts, samples, corpus.format().width);
}

namespace {

/// Tells of the root's pieces: ranks have like amounts to do. @param all of all ranks
CountedProgress counted_on_root(const par::Comm& comm, const Progress& progress, std::string what,
                                std::size_t all) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  return {comm.is_root() ? progress : Progress(), std::move(what), (all + ranks - 1) / ranks};
}

/// @collective fit_law; all ranks do the same.
data::LawFit fit_alone(const par::Comm& comm, const data::Observations& observations,
                       const law::FitOptions& options, const Progress& progress) {
  std::optional<data::LawFit> fit;
  CountedProgress counted(comm.is_root() ? progress : Progress(), "fit of " + options.law,
                          observations.domains.eval.size());
  par::collectively(
      comm, [&] { fit = law::fit_law(observations, options, [&] { counted.one_more(); }); });
  return *std::move(fit);
}

/// A law's coefficients without each of these splits of whole mixtures, on every rank:
/// [split][evaluation domain].
using WithoutSplits = std::vector<std::vector<std::vector<double>>>;

/// @collective For each law: shared out by split and domain.
std::vector<WithoutSplits> fit_splits(const par::Comm& comm, const data::Observations& observations,
                                      const law::FitOptions& options,
                                      const std::vector<std::string>& laws,
                                      const std::vector<law::Split>& splits,
                                      const Progress& progress) {
  const std::size_t domains = observations.domains.eval.size();
  const std::size_t of_law = splits.size() * domains;
  CountedProgress counted = counted_on_root(comm, progress, "held-out folds", laws.size() * of_law);
  const std::vector<std::string> fitted =
      par::map_over_ranks(comm, laws.size() * of_law, [&](std::size_t n) {
        law::FitOptions one = options;
        one.law = laws[n / of_law];
        const std::vector<double> found = law::coefficients_of_split(
            observations, one, splits[n % of_law / domains], n % domains);
        counted.one_more();
        return par::bytes_of(found);
      });
  std::vector<WithoutSplits> all(laws.size(), WithoutSplits(splits.size()));
  for (std::size_t n = 0; n < fitted.size(); ++n)
    all[n / of_law][n % of_law / domains].push_back(par::values_of<double>(fitted[n]));
  return all;
}

/// @collective What the law is without the folds of a bootstrap, on every rank.
/// @param known without the folds of the held-out figures; empty: not known
law::FoldFits bootstrap_folds(const par::Comm& comm, const data::Observations& observations,
                              const law::FitOptions& options, const WithoutSplits& known,
                              const Progress& progress) {
  law::FitOptions splitting = options;
  splitting.folds = 0;
  const int folds = law::fold_count(observations, splitting);
  law::FoldFits fits{.fold_of = law::fold_of_mixture(observations, splitting, folds)};
  fits.without = known;  // folds of one seed and number are the same
  if (known.size() != static_cast<std::size_t>(folds))
    fits.without = std::move(fit_splits(comm, observations, options, {options.law},
                                        law::splits_of(fits.fold_of, folds), progress)
                                 .front());
  return fits;
}

/// @collective @param known as of bootstrap_folds
void add_bootstrap(const par::Comm& comm, const data::Observations& observations,
                   const law::FitOptions& options, const WithoutSplits& known,
                   const Progress& progress, data::LawFit& fit) {
  if (options.bootstrap == 0) return;
  const law::FoldFits folds = bootstrap_folds(comm, observations, options, known, progress);
  std::optional<law::Bootstrap> bootstrap;
  par::collectively(comm, [&] { bootstrap.emplace(observations, options, fit, folds); });
  const auto samples = static_cast<std::size_t>(options.bootstrap);
  if (comm.is_root()) fit.bootstrap.resize(samples);
  CountedProgress counted = counted_on_root(comm, progress, "bootstrap of " + fit.law, samples);
  par::map_to_root(
      comm, samples,
      [&](std::size_t n) {
        const data::Table sample = bootstrap->sample(static_cast<int>(n));
        counted.one_more();
        return par::bytes_of(sample.values);
      },
      [&](std::size_t n, std::string_view sample) {
        fit.bootstrap[n] = table_of(sample, fit.parameters.size());
      });
}

/// @collective evaluate_split for every law and split: [law][split], on the root. Shared out by
/// domain, so that ranks have like amounts to do.
/// @param fitted by law what it is without the splits, if that is known
std::vector<std::vector<law::HeldOutPart>> evaluate_splits(
    const par::Comm& comm, const data::Observations& observations, const law::FitOptions& options,
    const std::vector<std::string>& laws, const std::vector<const law::Split*>& splits,
    const Progress& progress, const std::vector<WithoutSplits>* fitted = nullptr) {
  struct Piece {
    std::size_t law = 0, split = 0;
    std::optional<std::size_t> domain{};  ///< none: all of them
  };
  std::vector<Piece> pieces;
  for (std::size_t law = 0; law < laws.size(); ++law)
    for (std::size_t split = 0; split < splits.size(); ++split) {
      if (law::chooses_by_every_domain(laws[law])) {
        pieces.push_back({law, split});
        continue;
      }
      for (std::size_t e = 0; e < observations.domains.eval.size(); ++e)
        pieces.push_back({law, split, e});
    }
  std::vector<std::string> found(comm.is_root() ? pieces.size() : 0);
  CountedProgress counted = counted_on_root(comm, progress, "evaluation", pieces.size());
  par::map_to_root(
      comm, pieces.size(),
      [&](std::size_t n) {
        const auto& [law, split, domain] = pieces[n];
        law::HeldOutPart part;
        if (fitted != nullptr) {
          law::FitOptions one = options;
          one.law = laws[law];
          part = law::held_out_domain(observations, one, *splits[split], *domain,
                                      (*fitted)[law][split][*domain]);
        } else {
          part = domain ? law::evaluate_domain(observations, options, laws[law], *splits[split],
                                               *domain)
                        : law::evaluate_split(observations, options, laws[law], *splits[split]);
        }
        counted.one_more();
        return par::bytes_of(part.point.values);
      },
      [&](std::size_t n, std::string_view points) { found[n] = points; });
  std::vector<std::vector<law::HeldOutPart>> parts(laws.size());
  if (!comm.is_root()) return parts;
  std::vector<std::vector<std::string>> bytes(laws.size(), std::vector<std::string>(splits.size()));
  for (std::size_t n = 0; n < pieces.size(); ++n) bytes[pieces[n].law][pieces[n].split] += found[n];
  for (std::size_t law = 0; law < laws.size(); ++law)
    for (std::size_t split = 0; split < splits.size(); ++split)
      parts[law].push_back({.fold = static_cast<int>(split),
                            .point = table_of(bytes[law][split], law::HeldOutPart::column_count)});
  return parts;
}

/// @collective Held-out figures of fits, from the folds of mixtures; on the root.
/// @return by law what it is without these folds, on every rank; empty where single rows are held
/// out
std::vector<WithoutSplits> add_held_out(const par::Comm& comm,
                                        const data::Observations& observations,
                                        const law::FitOptions& options, const Progress& progress,
                                        std::vector<data::LawFit>& fits) {
  const std::vector<law::Split> splits = law::fold_splits(observations, options);
  std::vector<std::string> laws;
  for (const data::LawFit& fit : fits) laws.push_back(fit.law);
  std::vector<WithoutSplits> without(laws.size());
  const bool by_mixture = std::all_of(splits.begin(), splits.end(),
                                      [](const law::Split& split) { return split.rows.empty(); });
  if (by_mixture) without = fit_splits(comm, observations, options, laws, splits, progress);
  std::vector<const law::Split*> each;
  for (const law::Split& split : splits) each.push_back(&split);
  auto parts = evaluate_splits(comm, observations, options, laws, each,
                               by_mixture ? Progress() : progress, by_mixture ? &without : nullptr);
  par::on_root(comm, [&] {
    for (std::size_t n = 0; n < fits.size(); ++n) {
      fits[n].held_out = law::merge_folds(observations.domains, parts[n]);
      fits[n].trust =
          law::trust_in(fits[n].held_out, observations.domains, parts[n], options.weights);
    }
  });
  return without;
}

/// The root: which of the fits is used, with a flag that says why.
std::size_t used_law(const law::FitOptions& options, std::vector<data::LawFit>& fits) {
  if (options.law != law::automatic_law) {
    for (std::size_t n = 0; n < fits.size(); ++n)
      if (fits[n].law == options.law) return n;
    return 0;
  }
  const std::size_t best = law::best_of(fits);
  const auto& first = fits.front().held_out;
  const auto& held = fits[best].held_out;
  if (std::isnan(law::mean_error(held))) {
    fits[best].flags.push_back(core::to_string(
        core::Complaint{"law auto", "no law could be held against mixtures left out",
                        fmt::format("{} is used", fits[best].law), "Add mixtures"}));
    return best;
  }
  fits[best].flags.push_back(core::to_string(core::Complaint{
      "law auto",
      fmt::format("{} predicts held-out mixtures best: {:.2f} % error, regret {:.4f} {}",
                  fits[best].law, 100.0 * law::mean_error(held), held.regret_nats,
                  data::unit_text(fits[best].domains.loss_unit)),
      fmt::format("{}: {:.2f} %, {:.4f}", fits.front().law, 100.0 * law::mean_error(first),
                  first.regret_nats),
      ""}));
  return best;
}

}  // namespace

data::LawFit fit_over_ranks(const par::Comm& comm, const data::Observations& observations,
                            const law::FitOptions& options, const Progress& progress) {
  std::vector<data::LawFit> fit;
  fit.push_back(fit_alone(comm, observations, options, progress));
  const auto without = add_held_out(comm, observations, options, progress, fit);
  add_bootstrap(comm, observations, options, without.front(), progress, fit.front());
  return std::move(fit.front());
}

LawFits fit_laws_over_ranks(const par::Comm& comm, const data::Observations& observations,
                            const law::FitOptions& options, const Progress& progress) {
  LawFits fits;
  law::FitOptions one = options;
  std::vector<std::string> names;
  par::collectively(comm, [&] { names = law::laws_to_fit(observations, options); });
  for (const std::string& name : names) {
    one.law = name;
    fits.laws.push_back(fit_alone(comm, observations, one, progress));
  }
  const auto without = add_held_out(comm, observations, options, progress, fits.laws);
  std::uint64_t used = 0;
  par::on_root(comm, [&] { used = used_law(options, fits.laws); });
  fits.used = par::value_of<std::uint64_t>(comm.broadcast(par::bytes_of(used)));
  for (std::size_t n = 0; n < fits.laws.size(); ++n) {
    one.law = fits.laws[n].law;
    if (n == fits.used || one.law == law::reference_law)
      add_bootstrap(comm, observations, one, without[n], progress, fits.laws[n]);
  }
  return fits;
}

std::vector<data::LawFit> believed_fits_over_ranks(const par::Comm& comm,
                                                   const data::Observations& observations,
                                                   const law::FitOptions& options,
                                                   const Progress& progress) {
  law::FitOptions one = options;
  std::vector<std::string> names;
  par::collectively(comm, [&] { names = law::believed_laws(observations, options); });
  std::vector<data::LawFit> fits;
  for (const std::string& name : names) {
    one.law = name;
    fits.push_back(fit_alone(comm, observations, one, progress));
  }
  const auto without = add_held_out(comm, observations, options, progress, fits);
  for (std::size_t n = 0; n < fits.size(); ++n) {
    one.law = fits[n].law;
    add_bootstrap(comm, observations, one, without[n], progress, fits[n]);
  }
  par::on_root(comm, [&] { law::put_used_first(options, fits); });
  return fits;
}

data::LawFit used_fit_over_ranks(const par::Comm& comm, const data::Observations& observations,
                                 const law::FitOptions& options, const Progress& progress) {
  if (!law::wants_every_law(options)) return fit_over_ranks(comm, observations, options, progress);
  LawFits fits = fit_laws_over_ranks(comm, observations, options, progress);
  return fits.laws[fits.used];
}

law::Evaluation evaluate_over_ranks(const par::Comm& comm, const data::Observations& all,
                                    const law::FitOptions& fit, law::EvaluateOptions options,
                                    const Progress& progress) {
  const data::Observations observations = law::counted(all, options);
  par::collectively(comm, [&] {
    core::refuse_if_any(law::complaints(options, observations));
    if (!options.laws.empty()) return;
    law::FitOptions every = fit;
    every.law = law::automatic_law;  // which is sought among all
    options.laws = law::laws_to_fit(observations, every);
  });
  if (options.protocol == law::Protocol::extrapolation) {
    std::vector<std::string> anchored;
    for (const std::string& law : options.laws)
      if (law == law::automatic_law ||
          (law != law::run_power && !law::find_law(law).last_volume_only()))
        anchored.push_back(law::anchored_prefix + law);
    options.laws.insert(options.laws.end(), anchored.begin(), anchored.end());
    options.laws.push_back(law::run_power);
  }
  law::Evaluation evaluation{
      options.protocol, observations.domains, law::splits_of(observations, fit, options), {}};
  std::vector<const law::Split*> splits;
  for (const auto& group : evaluation.splits)
    for (const law::Split& split : group) splits.push_back(&split);
  auto parts = evaluate_splits(comm, observations, fit, options.laws, splits, progress);
  if (!comm.is_root()) return evaluation;
  for (std::size_t law = 0; law < options.laws.size(); ++law) {
    law::LawScore score{.law = options.laws[law]};
    auto part = std::make_move_iterator(parts[law].begin());
    for (const auto& group : evaluation.splits) {
      const auto end = part + static_cast<std::ptrdiff_t>(group.size());
      score.parts.emplace_back(part, end);
      score.groups.push_back(law::merge_folds(observations.domains, score.parts.back()));
      part = end;
    }
    score.mean = law::mean_of_groups(score.groups);
    evaluation.laws.push_back(std::move(score));
  }
  return evaluation;
}

}  // namespace bimix::spread
