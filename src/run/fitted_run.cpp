#include <bimix/core/error.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/law.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fit_teller.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <optional>
#include <utility>

namespace bimix::run {
namespace {

/// Numbers to the bit, with their count, so that two lists never read as one.
template <class T>
void add(std::string& bytes, const std::vector<T>& values) {
  const std::size_t count = values.size();
  bytes.append(reinterpret_cast<const char*>(&count), sizeof count);
  bytes.append(reinterpret_cast<const char*>(values.data()), count * sizeof(T));
}

/// Every option of the fit, the version of its method, and the laws that are compared, since a
/// later version may have more. An option that is added is named here, or this does not compile.
std::string text_of(const law::FitOptions& options) {
  const auto& [law, residual, huber, shrinkage, bootstrap, level, seed, min_tokens, weights,
               folds] = options;
  const std::vector<std::string> compared =
      law::wants_every_law(options) ? law::law_names() : std::vector<std::string>();
  return fmt::format("method {}|{} {}|{}|{}|{}|{}|{}|{}|{}|{}|{}", law::fit_method, law,
                     fmt::join(compared, " "), core::word_of(residual), huber, shrinkage, bootstrap,
                     level, seed, min_tokens, fmt::join(weights, " "), folds);
}

/// The kept fits, if they are of the journal's results and these options. Root only.
std::optional<spread::LawFits> kept_fits(Screen& screen, const StoredRun& run,
                                         const std::string& wanted) {
  const std::filesystem::path file = run.path / "results.h5";
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    store::StoredFits kept = store::read_fits(file);
    if (kept.fitted_to == wanted) return spread::LawFits{std::move(kept.laws), kept.used};
    if (!kept.fitted_to.empty())
      screen.say(
          fmt::format("The fits in {} are of other results or options of the fit; fitting again",
                      file.string()));
  } catch (const core::DataError& error) {
    screen.say(fmt::format("{} Fitting again", error.what()));
  }
  return std::nullopt;
}

/// @collective What kept_fits finds on the root; there are none in it on other ranks.
std::optional<spread::LawFits> kept_fits_of_root(const par::Comm& comm, Screen& screen,
                                                 const StoredRun& run, const std::string& wanted) {
  std::optional<spread::LawFits> found;
  par::on_root(comm, [&] { found = kept_fits(screen, run, wanted); });
  if (comm.broadcast(found ? "kept" : "").empty()) return std::nullopt;
  return comm.is_root() ? std::move(found) : spread::LawFits();
}

}  // namespace

std::string fitted_to(const data::Observations& observations, const law::FitOptions& options) {
  const data::DomainSet& domains = observations.domains;
  std::string bytes =
      fmt::format("{}\n{}\n{}\n{}\n", text_of(options), fmt::join(domains.train, "\t"),
                  fmt::join(domains.eval, "\t"), data::unit_symbol(domains.loss_unit));
  add(bytes, domains.share_of);
  for (const data::Mixture& mixture : observations.mixtures) add(bytes, mixture);
  add(bytes, observations.mixture_id);
  add(bytes, observations.repeat);
  add(bytes, observations.tokens);
  add(bytes, observations.model_size);
  for (const data::Pools& pools : observations.pools) add(bytes, pools);
  add(bytes, observations.pool_id);
  add(bytes, observations.loss_nats.values);
  add(bytes, std::vector<int>{observations.same_runs});
  return core::content_hash(bytes);
}

data::LawFit used_fit_of(const par::Comm& comm, Screen& screen, const StoredRun& run,
                         const data::Observations& observations, const law::FitOptions& options) {
  auto kept = kept_fits_of_root(comm, screen, run, fitted_to(observations, options));
  FitTeller teller(screen);
  if (!kept) return spread::used_fit_over_ranks(comm, observations, options, teller.progress());
  return comm.is_root() ? std::move(kept->laws.at(kept->used)) : data::LawFit();
}

void tell_of_assumed_pools(Screen& screen, const StoredRun& run,
                           const data::Observations& observations) {
  if (!observations.pool_id.empty() && observations_of(run).pool_id.empty())
    screen.say(
        "The runs do not tell what they drew from: the unique tokens that are said are taken for "
        "theirs as well");
}

data::LawFit used_fit_of(const par::Comm& comm, Screen& screen, const StoredRun& run,
                         const data::Pools& said) {
  const data::Observations observations = observations_of(run, said);
  tell_of_assumed_pools(screen, run, observations);
  data::LawFit fit = used_fit_of(comm, screen, run, observations, run.campaign.fit);
  warn_if_in_doubt(screen, fit);
  return fit;
}

data::RunRecord derive_anew(const par::Comm& comm, Screen& screen, const StoredRun& run) {
  FitTeller teller(screen);
  const data::Observations observations = observations_of(run);
  spread::LawFits fits =
      spread::fit_laws_over_ranks(comm, observations, run.campaign.fit, teller.progress());
  data::RunRecord record;
  par::collectively(comm, [&] {
    record = record_of(run, std::move(fits), fitted_to(observations, run.campaign.fit),
                       comm.is_root() ? teller.progress() : spread::Progress());
  });
  return record;
}

namespace {

/// @collective What follows from the kept fits or, with `anew`, from new ones where they do not
/// hold; on the root. Nothing where there are no fits.
std::optional<data::RunRecord> derived(const par::Comm& comm, Screen& screen, const StoredRun& run,
                                       bool anew) {
  FitTeller teller(screen);
  const data::Observations observations = observations_of(run);
  const law::FitOptions& options = run.campaign.fit;
  const std::string made_of = fitted_to(observations, options);
  auto fits = kept_fits_of_root(comm, screen, run, made_of);
  if (!fits && !anew) return std::nullopt;
  if (!fits) fits = spread::fit_laws_over_ranks(comm, observations, options, teller.progress());
  data::RunRecord record;
  par::on_root(comm,
               [&] { record = record_of(run, std::move(*fits), made_of, teller.progress()); });
  return record;
}

}  // namespace

std::optional<data::RunRecord> derive_from_kept(const par::Comm& comm, Screen& screen,
                                                const StoredRun& run) {
  return derived(comm, screen, run, false);
}

data::RunRecord derive(const par::Comm& comm, Screen& screen, const StoredRun& run) {
  return *derived(comm, screen, run, true);
}

}  // namespace bimix::run
