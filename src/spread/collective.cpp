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

#include <cmath>
#include <optional>

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

void add_bootstrap(const par::Comm& comm, const data::Observations& observations,
                   const law::FitOptions& options, data::LawFit& fit) {
  if (options.bootstrap == 0) return;
  std::optional<law::Bootstrap> bootstrap;
  par::collectively(comm, [&] { bootstrap.emplace(observations, options, fit); });
  const auto samples = static_cast<std::size_t>(options.bootstrap);
  if (comm.is_root()) fit.bootstrap.resize(samples);
  par::map_to_root(
      comm, samples,
      [&](std::size_t n) { return par::bytes_of(bootstrap->sample(static_cast<int>(n)).values); },
      [&](std::size_t n, std::string_view sample) {
        fit.bootstrap[n] = table_of(sample, fit.parameters.size());
      });
}

/// @collective evaluate_split for every law and split: [law][split], on the root. Shared out by
/// domain, so that ranks have like amounts to do.
std::vector<std::vector<law::HeldOutPart>> evaluate_splits(
    const par::Comm& comm, const data::Observations& observations, const law::FitOptions& options,
    const std::vector<std::string>& laws, const std::vector<const law::Split*>& splits) {
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
  par::map_to_root(
      comm, pieces.size(),
      [&](std::size_t n) {
        const auto& [law, split, domain] = pieces[n];
        const law::HeldOutPart part =
            domain ? law::evaluate_domain(observations, options, laws[law], *splits[split], *domain)
                   : law::evaluate_split(observations, options, laws[law], *splits[split]);
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
void add_held_out(const par::Comm& comm, const data::Observations& observations,
                  const law::FitOptions& options, std::vector<data::LawFit>& fits) {
  const int folds = law::fold_count(observations, options);
  std::vector<law::Split> splits;
  std::vector<const law::Split*> each;
  for (int fold = 0; fold < folds; ++fold)
    splits.push_back(law::fold_split(observations, options, fold, folds));
  for (const law::Split& split : splits) each.push_back(&split);
  std::vector<std::string> laws;
  for (const data::LawFit& fit : fits) laws.push_back(fit.law);
  auto parts = evaluate_splits(comm, observations, options, laws, each);
  par::on_root(comm, [&] {
    for (std::size_t n = 0; n < fits.size(); ++n) {
      fits[n].held_out = law::merge_folds(observations.domains, parts[n]);
      fits[n].trust =
          law::trust_in(fits[n].held_out, observations.domains, parts[n], options.weights);
    }
  });
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
                            const law::FitOptions& options) {
  std::vector<data::LawFit> fit;
  par::collectively(comm, [&] { fit.push_back(law::fit_law(observations, options)); });
  add_bootstrap(comm, observations, options, fit.front());
  add_held_out(comm, observations, options, fit);
  return std::move(fit.front());
}

LawFits fit_laws_over_ranks(const par::Comm& comm, const data::Observations& observations,
                            const law::FitOptions& options) {
  LawFits fits;
  law::FitOptions one = options;
  std::vector<std::string> names;
  par::collectively(comm, [&] { names = law::laws_to_fit(observations, options); });
  for (const std::string& name : names) {
    one.law = name;
    par::collectively(comm, [&] { fits.laws.push_back(law::fit_law(observations, one)); });
  }
  add_held_out(comm, observations, options, fits.laws);
  std::uint64_t used = 0;
  par::on_root(comm, [&] { used = used_law(options, fits.laws); });
  fits.used = par::value_of<std::uint64_t>(comm.broadcast(par::bytes_of(used)));
  for (std::size_t n = 0; n < fits.laws.size(); ++n) {
    one.law = fits.laws[n].law;
    if (n == fits.used || one.law == law::reference_law)
      add_bootstrap(comm, observations, one, fits.laws[n]);
  }
  return fits;
}

std::vector<data::LawFit> believed_fits_over_ranks(const par::Comm& comm,
                                                   const data::Observations& observations,
                                                   const law::FitOptions& options) {
  law::FitOptions one = options;
  std::vector<data::LawFit> fits;
  par::collectively(comm, [&] {
    for (const std::string& name : law::believed_laws(observations, options)) {
      one.law = name;
      fits.push_back(law::fit_law(observations, one));
    }
  });
  add_held_out(comm, observations, options, fits);
  for (data::LawFit& fit : fits) {
    one.law = fit.law;
    add_bootstrap(comm, observations, one, fit);
  }
  par::on_root(comm, [&] { law::put_used_first(options, fits); });
  return fits;
}

data::LawFit used_fit_over_ranks(const par::Comm& comm, const data::Observations& observations,
                                 const law::FitOptions& options) {
  if (!law::wants_every_law(options)) return fit_over_ranks(comm, observations, options);
  LawFits fits = fit_laws_over_ranks(comm, observations, options);
  return fits.laws[fits.used];
}

law::Evaluation evaluate_over_ranks(const par::Comm& comm, const data::Observations& all,
                                    const law::FitOptions& fit, law::EvaluateOptions options) {
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
  auto parts = evaluate_splits(comm, observations, fit, options.laws, splits);
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
