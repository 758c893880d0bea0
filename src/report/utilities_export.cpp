/// What each training domain is worth for each evaluation set, as a campaign's `design.utilities`
/// reads it: from runs on one domain alone, or from runs without one beside the run with all.

#include "exporter.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace bimix::report {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();
constexpr double same_share = 1e-6;

/// Trials by their mixture.
using ByMixture = std::map<data::Mixture, std::vector<LoggedRun>>;

/// Runs that are compared: for each domain those on it alone or without it, and for the latter
/// those with all.
struct Compared {
  std::vector<const std::vector<LoggedRun>*> of_domain{};  ///< K
  const std::vector<LoggedRun>* with_all = nullptr;        ///< null: of_domain is each alone
};

bool is_same(const data::Mixture& a, const data::Mixture& b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](double x, double y) { return std::abs(x - y) <= same_share; });
}

const std::vector<LoggedRun>* runs_of(const ByMixture& runs, const data::Mixture& mixture) {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [&](const auto& entry) { return is_same(entry.first, mixture); });
  return found == runs.end() ? nullptr : &found->second;
}

/// The runs of a mixture for each domain; nothing if one is missing.
template <class MixtureOf>
std::optional<Compared> compared(const ByMixture& runs, std::size_t domains,
                                 const MixtureOf& mixture_of) {
  Compared found;
  for (std::size_t k = 0; k < domains; ++k) {
    const std::vector<LoggedRun>* of_domain = runs_of(runs, mixture_of(k));
    if (of_domain == nullptr) return std::nullopt;
    found.of_domain.push_back(of_domain);
  }
  return found;
}

std::optional<Compared> alone(const ByMixture& runs, std::size_t domains) {
  return compared(runs, domains, [domains](std::size_t k) {
    data::Mixture share(domains, 0.0);
    share[k] = 1.0;
    return share;
  });
}

std::optional<Compared> without_one(const ByMixture& runs, std::size_t domains) {
  for (const auto& [mixture, with_all] : runs) {
    if (std::any_of(mixture.begin(), mixture.end(), [](double r) { return r <= 0.0 || r >= 1.0; }))
      continue;
    auto found = compared(runs, domains, [&whole = mixture](std::size_t k) {
      data::Mixture share = whole;
      share[k] = 0.0;
      return core::normalised(share);
    });
    if (!found) continue;
    found->with_all = &with_all;
    return found;
  }
  return std::nullopt;
}

/// The last volume that all of these runs reached.
std::int64_t last_common_volume(const Compared& runs) {
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
  const auto look = [&](const std::vector<LoggedRun>& some) {
    for (const LoggedRun& run : some) last = std::min(last, run.result->curve.back().tokens);
  };
  for (const auto* some : runs.of_domain) look(*some);
  if (runs.with_all != nullptr) look(*runs.with_all);
  return last;
}

/// Mean of a set's loss over the seeds of a mixture, and its standard error; NaN for one seed.
struct MeanLoss {
  double mean = not_known;
  double error = not_known;
};

MeanLoss mean_loss(const std::vector<LoggedRun>& runs, std::size_t e, std::int64_t tokens) {
  std::vector<double> losses;
  for (const LoggedRun& run : runs)
    for (const data::LossPoint& point : run.result->curve)
      if (data::find_volume(std::vector{tokens}, point.tokens) && std::isfinite(point.loss_nats[e]))
        losses.push_back(point.loss_nats[e]);
  MeanLoss found;
  if (losses.empty()) return found;
  const auto count = static_cast<double>(losses.size());
  found.mean = core::stable_sum(losses) / count;
  if (losses.size() < 2) return found;
  std::vector<double> squares;
  for (const double loss : losses) squares.push_back((loss - found.mean) * (loss - found.mean));
  found.error = std::sqrt(core::stable_sum(squares) / (count - 1.0) / count);
  return found;
}

/// What is good about each domain for one set, in nats, and its standard error: how much lower the
/// loss is than on the worst domain alone, or how much it rises without this one. Empty where a
/// loss is missing.
struct Good {
  std::vector<double> nats{}, error{};  ///< K
};

Good good_of(const Compared& runs, std::size_t e, std::int64_t tokens) {
  std::vector<MeanLoss> losses;
  for (const auto* some : runs.of_domain) losses.push_back(mean_loss(*some, e, tokens));
  Good good;
  if (std::any_of(losses.begin(), losses.end(),
                  [](const MeanLoss& loss) { return std::isnan(loss.mean); }))
    return good;
  if (runs.with_all != nullptr) {
    const MeanLoss all = mean_loss(*runs.with_all, e, tokens);
    if (std::isnan(all.mean)) return good;
    for (const MeanLoss& loss : losses) {
      good.nats.push_back(std::max(0.0, loss.mean - all.mean));
      good.error.push_back(std::hypot(loss.error, all.error));
    }
    return good;
  }
  double worst = -std::numeric_limits<double>::infinity();
  for (const MeanLoss& loss : losses) worst = std::max(worst, loss.mean);
  for (const MeanLoss& loss : losses) {
    good.nats.push_back(worst - loss.mean);
    good.error.push_back(loss.error);
  }
  return good;
}

}  // namespace

std::string export_utilities(const ExportInput& input) {
  const data::DomainSet& domains = input.record.plan.domains;
  ByMixture runs;
  for (const LoggedRun& run : logged_runs(input.record)) runs[run.spec->mixture].push_back(run);
  std::optional<Compared> chosen = alone(runs, domains.train.size());
  if (!chosen) chosen = without_one(runs, domains.train.size());
  if (!chosen)
    throw core::DataError(
        {.place = "export",
         .problem = "no runs tell what each domain is worth",
         .rule = "that takes a run on every domain alone, or one without every domain and one with "
                 "all in the same proportions",
         .remedy = "Train them: `design: {mixtures: [{preset: [default, deletions]}]}`"});
  const std::int64_t tokens = last_common_volume(*chosen);
  const std::string heading = csv_line({"domain", "task", "value", "sd"});
  std::string text = heading;
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    const Good good = good_of(*chosen, e, tokens);
    const double best =
        good.nats.empty() ? 0.0 : *std::max_element(good.nats.begin(), good.nats.end());
    if (best == 0.0) continue;  // all domains are worth the same, or it is not known
    for (std::size_t k = 0; k < domains.train.size(); ++k)
      text += csv_line({domains.train[k], domains.eval[e], number_cell(good.nats[k] / best),
                        number_cell(good.error[k] / best)});
  }
  if (text != heading) return text;
  throw core::DataError({.place = "export",
                         .problem = "no evaluation set tells the domains apart",
                         .rule = "its loss must be there in all of these runs, and differ",
                         .remedy = "Look at the losses: `bimix export DIR --to csv`"});
}

}  // namespace bimix::report
