#include "beliefs.hpp"

#include "gaussian_process.hpp"
#include "problem.hpp"

#include <bimix/core/random.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/fitted_law.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

namespace bimix::mix {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Of each mixture, by id; NaN where there is nothing.
using ByMixture = std::vector<double>;

/// The rows of the last fitted volume, of models of the size that predictions are for.
std::vector<std::size_t> last_rows(const data::LawFit& fit, const data::Observations& seen) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    const double size = seen.model_size.empty() ? fit.last_size : seen.model_size[row];
    if (data::is_same_size(size, fit.last_size) &&
        seen.tokens[row] >= fit.tokens_high * (1.0 - data::volume_tolerance))
      rows.push_back(row);
  }
  return rows;
}

/// Mean over the rows of each mixture.
template <class ValueOfRow>
ByMixture mean_by_mixture(const data::Observations& seen, const std::vector<std::size_t>& rows,
                          const ValueOfRow& value_of) {
  ByMixture sum(seen.mixtures.size(), 0.0), count(seen.mixtures.size(), 0.0);
  for (const std::size_t row : rows) {
    const double value = value_of(row);
    if (!std::isfinite(value)) continue;
    const auto id = static_cast<std::size_t>(seen.mixture_id[row]);
    sum[id] += value;
    count[id] += 1.0;
  }
  for (std::size_t id = 0; id < sum.size(); ++id)
    sum[id] = count[id] > 0 ? sum[id] / count[id] : nan;
  return sum;
}

/// A law with what it leaves of one set, or no law at all.
struct Explanation {
  std::optional<std::size_t> law{};  ///< its place; nothing: no law
  ByMixture left{}, held_out{};      ///< of the log losses
  std::optional<GaussianProcess> process{};
};

/// What a law leaves of the losses of a set.
Explanation explanation_by(std::size_t place, const data::LawFit& fit,
                           const data::Observations& seen, std::size_t e) {
  const law::FittedLaw law(fit);
  Explanation found{.law = place};
  found.left = mean_by_mixture(seen, last_rows(fit, seen), [&](std::size_t row) {
    const auto id = static_cast<std::size_t>(seen.mixture_id[row]);
    return std::log(seen.loss_nats(row, e) /
                    law.predict(e, {.mixture = seen.mixtures[id],
                                    .tokens = seen.tokens[row],
                                    .unique_tokens = data::pools_of(seen, row)}));
  });
  found.held_out = found.left;
  for (const data::HeldOutLoss& loss : fit.held_out.losses)
    if (loss.eval_domain == e && std::isfinite(std::log(loss.seen_nats / loss.predicted_nats)))
      found.held_out[loss.mixture] = std::log(loss.seen_nats / loss.predicted_nats);
  return found;
}

Explanation explanation_without_law(const data::LawFit& fit, const data::Observations& seen,
                                    std::size_t e) {
  Explanation found;
  found.left = found.held_out = mean_by_mixture(seen, last_rows(fit, seen), [&](std::size_t row) {
    return std::log(seen.loss_nats(row, e));
  });
  return found;
}

bool can_be_used(const data::LawFit& fit, std::size_t e) {
  return !fit.bootstrap.empty() && is_fitted(fit.coefficient, e) &&
         std::all_of(fit.bootstrap.begin(), fit.bootstrap.end(),
                     [&](const data::Table& sample) { return is_fitted(sample, e); });
}

/// Pseudo-BMA+: weights by held-out likelihood, averaged over what other mixtures might have been
/// seen. @param density of each explanation, of the same values
std::vector<double> weights_by(const std::vector<VectorXd>& density, core::RandomStream stream) {
  constexpr int resamples = 200;
  std::vector<double> mean(density.size(), 0.0);
  const Index count = density.front().size();
  for (int n = 0; n < resamples; ++n) {
    VectorXd share(count);
    for (double& value : share) value = stream.gamma(1.0);
    share *= static_cast<double>(count) / share.sum();
    std::vector<double> log(density.size());
    for (std::size_t l = 0; l < log.size(); ++l) log[l] = share.dot(density[l]);
    const double most = *std::max_element(log.begin(), log.end());
    double sum = 0.0;
    for (double& value : log) sum += value = std::exp(value - most);
    for (std::size_t l = 0; l < log.size(); ++l) mean[l] += log[l] / sum / resamples;
  }
  return mean;
}

/// How many of so many functions each weight gets, by largest remainders.
std::vector<int> counts_of(const std::vector<double>& weight, int functions) {
  std::vector<int> count;
  std::vector<std::size_t> order(weight.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const double w : weight) count.push_back(static_cast<int>(w * functions));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return weight[a] * functions - count[a] > weight[b] * functions - count[b];
  });
  int left = functions - std::accumulate(count.begin(), count.end(), 0);
  for (std::size_t n = 0; left > 0; n = (n + 1) % order.size(), --left) ++count[order[n]];
  return count;
}

/// Losses at the points under one bootstrap sample of a law.
struct Sampled {
  MatrixXd loss{}, counted{};  ///< (point, E): as it is, and as the objective counts it
  MatrixXd log_run{};          ///< (point, E): log loss at the last fitted volume
};

class Believer {
 public:
  Believer(const std::vector<data::LawFit>& laws, const data::Observations& seen,
           const OptimizeOptions& options, const data::Mixture& default_share,
           const std::vector<double>& weight, const std::vector<data::Mixture>& points,
           const BeliefOptions& asked)
      : laws_(laws),
        seen_(seen),
        weight_(weight),
        points_(points),
        asked_(asked),
        correlations_(seen.mixtures, points) {
    for (const data::LawFit& fit : laws) {
      problems_.push_back(problem_of(fit, options, default_share));
      problems_.back().weight = weight;
    }
    sampled_.resize(laws.size());
    const Posed posed(problems_.front(), laws.front().coefficient);
    counted_from_ = posed.losses(default_share);
    for (std::size_t e = 0; e < counted_from_.size(); ++e)
      counted_from_[e] = posed.loss(e, default_share) - counted_from_[e];
  }

  SetBelief of(std::size_t e) {
    std::vector<Explanation> all = explanations(e);
    SetBelief belief{.law_weight = std::vector<double>(laws_.size() + 1, 0.0)};
    const std::vector<double> weights = weigh(all, e);
    const auto points = static_cast<Index>(points_.size());
    belief.objective.resize(asked_.functions, points);
    belief.run.resize(asked_.functions, points);
    belief.expected = VectorXd::Zero(points);
    const std::vector<int> counts = counts_of(weights, asked_.functions);
    Index row = 0;
    for (std::size_t n = 0; n < all.size(); ++n) {
      const std::size_t place = all[n].law.value_or(laws_.size());
      belief.law_weight[place] = weights[n];
      belief.noise += weights[n] * all[n].process->noise_variance();
      if (counts[n] > 0) belief.expected += weights[n] * expected(all[n], e);
      core::RandomStream stream(asked_.seed, core::Purpose::next_mixtures, 2 + e, place);
      for (int b = 0; b < counts[n]; ++b, ++row)
        add(all[n], static_cast<std::size_t>(b), e, all[n].process->draw(stream), row, belief);
    }
    // Without any noise a second look at the same would divide by nothing.
    constexpr double rounding = 1e-16;
    belief.noise += rounding;
    return belief;
  }

 private:
  std::vector<Explanation> explanations(std::size_t e) {
    std::vector<Explanation> all;
    for (std::size_t l = 0; l < laws_.size(); ++l)
      if (can_be_used(laws_[l], e)) all.push_back(explanation_by(l, laws_[l], seen_, e));
    all.push_back(explanation_without_law(laws_.front(), seen_, e));
    // Held against one another by the same losses.
    std::vector<Index> which;
    for (std::size_t id = 0; id < seen_.mixtures.size(); ++id)
      if (std::all_of(all.begin(), all.end(), [&](const Explanation& one) {
            return std::isfinite(one.left[id]) && std::isfinite(one.held_out[id]);
          }))
        which.push_back(static_cast<Index>(id));
    for (Explanation& one : all) {
      VectorXd left(which.size()), held_out(which.size());
      for (std::size_t i = 0; i < which.size(); ++i) {
        left(static_cast<Index>(i)) = one.left[static_cast<std::size_t>(which[i])];
        held_out(static_cast<Index>(i)) = one.held_out[static_cast<std::size_t>(which[i])];
      }
      one.process.emplace(correlations_, which, left, held_out,
                          one.law ? Level::zero : Level::unknown);
    }
    return all;
  }

  std::vector<double> weigh(const std::vector<Explanation>& all, std::size_t e) const {
    std::vector<VectorXd> density;
    for (const Explanation& one : all) density.push_back(one.process->held_out_density());
    return weights_by(density, core::RandomStream(asked_.seed, core::Purpose::next_mixtures, 2 + e,
                                                  laws_.size() + 1));
  }

  /// One function. @param deviation of its logarithm from the law, or from nothing
  void add(const Explanation& by, std::size_t sample, std::size_t e, const VectorXd& deviation,
           Index row, SetBelief& belief) {
    const auto column = static_cast<Index>(e);
    if (!by.law) {
      belief.run.row(row) = deviation.transpose();
      belief.objective.row(row) =
          weight_[e] * (deviation.array().exp() - counted_from_[e]).transpose();
      return;
    }
    const Sampled& law = sampled(*by.law, sample % laws_[*by.law].bootstrap.size());
    belief.run.row(row) = (law.log_run.col(column) + deviation).transpose();
    belief.objective.row(row) =
        weight_[e] * (law.counted.col(column).array() +
                      law.loss.col(column).array() * (deviation.array().exp() - 1.0))
                         .transpose();
  }

  /// The set's part of the objective by one explanation: VectorXd of the points.
  VectorXd expected(const Explanation& by, std::size_t e) {
    const Eigen::ArrayXd deviation = by.process->mean().array();
    if (!by.law) return weight_[e] * (deviation.exp() - counted_from_[e]).matrix();
    const auto column = static_cast<Index>(e);
    const std::size_t samples = laws_[*by.law].bootstrap.size();
    VectorXd sum = VectorXd::Zero(static_cast<Index>(points_.size()));
    for (std::size_t b = 0; b < samples; ++b) {
      const Sampled& law = sampled(*by.law, b);
      sum +=
          (law.counted.col(column).array() + law.loss.col(column).array() * (deviation.exp() - 1.0))
              .matrix();
    }
    return weight_[e] / static_cast<double>(samples) * sum;
  }

  const Sampled& sampled(std::size_t law, std::size_t sample) {
    const auto [place, is_new] = sampled_[law].try_emplace(sample);
    if (!is_new) return place->second;
    const data::LawFit& fit = laws_[law];
    const data::Table& coefficient = fit.bootstrap[sample];
    const Posed posed(problems_[law], coefficient);
    const law::FittedLaw fitted(fit);
    const auto points = static_cast<Index>(points_.size()),
               sets = static_cast<Index>(weight_.size());
    Sampled& made = place->second;
    made.loss = made.counted = made.log_run = MatrixXd::Zero(points, sets);
    for (Index x = 0; x < points; ++x) {
      const data::Mixture& share = points_[static_cast<std::size_t>(x)];
      const std::vector<double> counted = posed.losses(share);
      for (Index e = 0; e < sets; ++e) {
        const auto set = static_cast<std::size_t>(e);
        if (weight_[set] == 0.0) continue;
        made.counted(x, e) = counted[set];
        made.loss(x, e) = posed.loss(set, share);
        made.log_run(x, e) = std::log(fitted.predict(coefficient, set, {share, fit.tokens_high}));
      }
    }
    return made;
  }

  const std::vector<data::LawFit>& laws_;
  const data::Observations& seen_;
  const std::vector<double>& weight_;
  const std::vector<data::Mixture>& points_;
  BeliefOptions asked_;
  Correlations correlations_;
  std::vector<Problem> problems_{};
  std::vector<double> counted_from_{};  // E: what the objective takes off a loss, by the first law
  std::vector<std::map<std::size_t, Sampled>> sampled_{};  // by law and bootstrap sample
};

}  // namespace

Beliefs beliefs_at(const std::vector<data::LawFit>& laws, const data::Observations& seen,
                   const OptimizeOptions& options, const data::Mixture& default_share,
                   const std::vector<double>& weight, const std::vector<data::Mixture>& points,
                   const BeliefOptions& asked) {
  Believer believer(laws, seen, options, default_share, weight, points, asked);
  Beliefs beliefs;
  for (std::size_t e = 0; e < weight.size(); ++e)
    if (weight[e] > 0.0) {
      beliefs.sets.push_back(e);
      beliefs.of.push_back(believer.of(e));
    }
  return beliefs;
}

}  // namespace bimix::mix
