#pragma once

#include "coverage.hpp"
#include "support/synthetic.hpp"

#include <bimix/law/believed.hpp>
#include <bimix/law/law.hpp>
#include <bimix/mix/next_mixtures.hpp>
#include <bimix/mix/optimum.hpp>

#include <mix/gaussian_process.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

/// Campaigns that go on in rounds, against rivals that choose their mixtures otherwise.
///
/// Losses of a run err by 0.3 % together and by 0.2 % each. A campaign begins with 8 random
/// mixtures and grows by 4 at a time. Regret: true mean loss of the mixture that is recommended,
/// above the least of any mixture with shares of `floor` or more.
namespace bimix::mix::rounds {

inline constexpr double floor = 0.02;
inline const std::vector<double> volumes{2e9, 4e9, 8e9, 16e9};

/// What losses follow.
class Truth {
 public:
  virtual ~Truth() = default;
  /// Of one set at one volume.
  virtual double loss(std::size_t e, const data::Mixture& share, double tokens) const = 0;
  double mean(const data::Mixture& share) const {
    double sum = 0.0;
    for (std::size_t e = 0; e < share.size(); ++e) sum += loss(e, share, volumes.back());
    return sum / static_cast<double>(share.size());
  }
};

class LawTruth final : public Truth {
 public:
  LawTruth(const std::string& name, std::size_t domains, core::RandomStream& stream)
      : law_(law::find_law(name)) {
    for (std::size_t e = 0; e < domains; ++e)
      coefficient_.push_back(name == "additive" ? additive(domains, e, stream)
                                                : coverage::true_coefficients(
                                                      name, e, domains, volumes.back(), stream));
  }
  double loss(std::size_t e, const data::Mixture& share, double tokens) const override {
    return law_.predict(coefficient_[e], {share, static_cast<int>(e), tokens});
  }

 private:
  std::vector<double> additive(std::size_t domains, std::size_t own,
                               core::RandomStream& stream) const;

  const law::Law& law_;
  std::vector<std::vector<double>> coefficient_{};
};

/// Smooth functions of the shares that no law follows: log loss of each set is a Gaussian process
/// with a squared-exponential kernel, by random Fourier features; a power of the volume on top.
class SmoothTruth final : public Truth {
 public:
  SmoothTruth(std::size_t domains, core::RandomStream& stream) {
    constexpr std::size_t features = 300;
    constexpr double reach = 0.35, height = 0.06;
    for (std::size_t e = 0; e < domains; ++e) {
      Set set{.base = 2.0 + 2.0 * stream.uniform(), .beta = 0.2 + 0.3 * stream.uniform()};
      for (std::size_t f = 0; f < features; ++f) {
        std::vector<double> wave(domains);
        for (double& w : wave) w = stream.normal() / reach;
        set.wave.push_back(std::move(wave));
        set.phase.push_back(2.0 * std::numbers::pi * stream.uniform());
        set.weight.push_back(height * std::sqrt(2.0 / features) * stream.normal());
      }
      sets_.push_back(std::move(set));
    }
  }
  double loss(std::size_t e, const data::Mixture& share, double tokens) const override {
    const Set& set = sets_[e];
    double sum = 0.0;
    for (std::size_t f = 0; f < set.wave.size(); ++f) {
      double along = set.phase[f];
      for (std::size_t k = 0; k < share.size(); ++k) along += set.wave[f][k] * share[k];
      sum += set.weight[f] * std::cos(along);
    }
    return set.base * std::exp(sum) * (0.8 + 0.2 * std::pow(tokens / volumes.back(), -set.beta));
  }

 private:
  struct Set {
    double base, beta;
    std::vector<std::vector<double>> wave{};
    std::vector<double> phase{}, weight{};
  };
  std::vector<Set> sets_{};
};

/// L = E + B s^-beta + 1 / sum_j C_j r_j^g_j, the own domain most.
inline std::vector<double> LawTruth::additive(std::size_t domains, std::size_t own,
                                              core::RandomStream& stream) const {
  const auto between = [&](double low, double high) {
    return low + (high - low) * stream.uniform();
  };
  const double beta = between(0.2, 0.5);
  std::vector<double> c{between(0.8, 1.5), between(0.1, 0.5) * std::pow(volumes.back(), beta),
                        beta};
  for (std::size_t k = 0; k < domains; ++k)
    c.push_back(std::log(k == own ? between(0.8, 1.5) : between(0.02, 0.5)));
  for (std::size_t k = 0; k < domains; ++k) c.push_back(between(0.2, k == own ? 0.6 : 1.0));
  return c;
}

inline std::unique_ptr<Truth> truth_of(const std::string& world, std::size_t domains,
                                       core::RandomStream& stream) {
  if (world == "smooth") return std::make_unique<SmoothTruth>(domains, stream);
  return std::make_unique<LawTruth>(world, domains, stream);
}

/// The least true mean loss: descents of a pattern search from many mixtures.
inline double least(const Truth& truth, std::size_t domains, core::RandomStream stream) {
  std::vector<std::pair<double, data::Mixture>> starts;
  for (int n = 0; n < 2000; ++n) {
    data::Mixture share = synthetic::random_mixture(stream, domains, floor);
    const double value = truth.mean(share);
    starts.emplace_back(value, std::move(share));
  }
  std::sort(starts.begin(), starts.end());
  double best = starts.front().first;
  for (std::size_t s = 0; s < 8; ++s) {
    auto [value, share] = starts[s];
    for (double step = 0.1; step > 1e-5;) {
      bool moved = false;
      for (std::size_t i = 0; i < domains; ++i)
        for (std::size_t j = 0; j < domains; ++j) {
          if (i == j || share[j] - step < floor) continue;
          data::Mixture next = share;
          next[i] += step;
          next[j] -= step;
          if (const double there = truth.mean(next); there < value) {
            value = there;
            share = std::move(next);
            moved = true;
          }
        }
      if (!moved) step *= 0.5;
    }
    best = std::min(best, value);
  }
  return best;
}

inline void run(const Truth& truth, const data::Mixture& mixture, core::RandomStream& errors,
                data::Observations& seen) {
  coverage::add_run(mixture, volumes, errors, seen,
                    [&](std::size_t e, double tokens) { return truth.loss(e, mixture, tokens); });
}

inline std::vector<data::LawFit> fits_of(const data::Observations& seen, std::uint64_t seed) {
  return law::believed_fits(
      seen, {.law = "effective_share", .bootstrap = 40, .seed = seed, .folds = 10}, {});
}

inline OptimizeOptions wanted(std::size_t domains) {
  return {.tokens = volumes.back(), .floor = std::vector<double>(domains, floor)};
}

/// Best predicted by a plain Gaussian process of the mean loss, and what it would run next: least
/// mean less two standard deviations (DUET).
inline std::pair<data::Mixture, data::Mixture> process_choice(const data::Observations& seen,
                                                              core::RandomStream stream) {
  const std::size_t domains = seen.mixtures.front().size();
  std::vector<data::Mixture> points;
  for (int n = 0; n < 600; ++n) points.push_back(synthetic::random_mixture(stream, domains, floor));
  Eigen::VectorXd value(static_cast<Eigen::Index>(seen.mixtures.size()));
  std::vector<Eigen::Index> which;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.tokens[row] == volumes.back()) {
      const auto id = static_cast<Eigen::Index>(seen.mixture_id[row]);
      value(id) = 0.0;
      for (std::size_t e = 0; e < domains; ++e)
        value(id) += seen.loss_nats(row, e) / static_cast<double>(domains);
      which.push_back(id);
    }
  const Correlations correlations(seen.mixtures, points);
  const GaussianProcess process(correlations, which, value, value, Level::unknown);
  const Eigen::VectorXd mean = process.mean();
  Eigen::VectorXd square = Eigen::VectorXd::Zero(mean.size());
  constexpr int draws = 60;
  for (int n = 0; n < draws; ++n) square += (process.draw(stream) - mean).cwiseAbs2() / draws;
  Eigen::Index best = 0, next = 0;
  mean.minCoeff(&best);
  (mean - 2.0 * square.cwiseSqrt()).minCoeff(&next);
  return {points[static_cast<std::size_t>(best)], points[static_cast<std::size_t>(next)]};
}

/// The mixtures of a lattice in a random order.
inline std::vector<data::Mixture> lattice(std::size_t domains, core::RandomStream stream) {
  const int parts = domains <= 4 ? 5 : 3;
  std::vector<data::Mixture> all;
  std::vector<int> counts(domains, 0);
  const std::function<void(std::size_t, int)> fill = [&](std::size_t k, int left) {
    if (k + 1 == domains) {
      counts[k] = left;
      data::Mixture share(domains);
      for (std::size_t j = 0; j < domains; ++j)
        share[j] = floor + (1.0 - floor * static_cast<double>(domains)) * counts[j] / parts;
      all.push_back(std::move(share));
      return;
    }
    for (int n = 0; n <= left; ++n) {
      counts[k] = n;
      fill(k + 1, left - n);
    }
  };
  fill(0, parts);
  for (std::size_t n = all.size(); n > 1; --n) std::swap(all[n - 1], all[stream.below(n)]);
  return all;
}

enum class Rival { dirichlet, lattice, process, rounds };
inline const std::vector<std::pair<Rival, std::string>> rivals{{Rival::dirichlet, "dirichlet"},
                                                               {Rival::lattice, "lattice"},
                                                               {Rival::process, "plain process"},
                                                               {Rival::rounds, "rounds"}};

/// Regret after so many trials, and what was expected of it.
struct Regret {
  int trials = 0;
  double regret = 0.0, expected = 0.0;
};

/// @param budgets ascending
inline std::vector<Regret> campaign(const std::string& world, std::size_t domains, Rival rival,
                                    int number, const std::vector<int>& budgets) {
  constexpr int start = 8, batch = 4;
  const auto seed = static_cast<std::uint64_t>(number);
  core::RandomStream stream(seed, core::Purpose::test, domains, 11);
  const auto truth = truth_of(world, domains, stream);
  const double best = least(*truth, domains, stream);
  core::RandomStream errors(seed, core::Purpose::test, domains, 12);
  core::RandomStream choices(seed, core::Purpose::test, domains, 13);
  data::Observations seen;
  for (int n = 0; n < start; ++n)
    run(*truth, synthetic::random_mixture(choices, domains, floor), errors, seen);
  const std::vector<data::Mixture> grid =
      lattice(domains, core::RandomStream(seed, core::Purpose::test, domains, 14));
  const data::Mixture uniform(domains, 1.0 / static_cast<double>(domains));
  std::vector<Regret> regrets;
  std::size_t taken = 0;
  for (const int budget : budgets) {
    while (static_cast<int>(seen.mixtures.size()) < budget) {
      const int count = std::min(batch, budget - static_cast<int>(seen.mixtures.size()));
      std::vector<data::Mixture> next;
      if (rival == Rival::rounds)
        for (const data::NextMixture& one :
             next_mixtures(fits_of(seen, seed), seen, wanted(domains), uniform, {count, seed})
                 .mixtures)
          next.push_back(one.share);
      while (static_cast<int>(next.size()) < count) {
        if (rival == Rival::process) {
          next.push_back(
              process_choice(seen, core::RandomStream(seed, core::Purpose::test, domains,
                                                      100 + seen.mixtures.size() + next.size()))
                  .second);
          break;  // one at a time: it knows no batches
        }
        next.push_back(rival == Rival::lattice && taken < grid.size()
                           ? grid[taken++]
                           : synthetic::random_mixture(choices, domains, floor));
      }
      for (const data::Mixture& mixture : next) run(*truth, mixture, errors, seen);
    }
    Regret regret{.trials = budget};
    if (rival == Rival::process) {
      regret.regret = truth->mean(process_choice(seen, core::RandomStream(seed, core::Purpose::test,
                                                                          domains, 99))
                                      .first) -
                      best;
    } else {
      const data::NextMixtures told =
          next_mixtures(fits_of(seen, seed), seen, wanted(domains), uniform, {0, seed});
      regret.regret = truth->mean(told.known.share) - best;
      regret.expected = told.known.regret_nats;
    }
    regrets.push_back(regret);
  }
  return regrets;
}

}  // namespace bimix::mix::rounds
