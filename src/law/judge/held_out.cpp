#include "../domain_data.hpp"
#include "../limits.hpp"
#include "../observed.hpp"
#include "held_out_rows.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/held_out.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace bimix::law {
namespace {

constexpr int leave_one_out_below = 20;
constexpr int automatic_folds = 10;

double mean(const std::vector<double>& values) {
  if (values.empty()) return nan;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Losses of one mixture at the last volume and before, averaged over its repeats.
struct Tail {
  double tokens = nan;
  double seen = nan;
  double previous = nan;
};

/// Latest finite loss of one run at or above `from` tokens and below `to`: (tokens, loss).
std::pair<double, double> latest(const data::Observations& observations,
                                 std::span<const std::size_t> run, std::size_t e, double from,
                                 double to) {
  std::pair<double, double> found{nan, nan};
  for (const std::size_t row : run) {
    const double tokens = observations.tokens[row], loss = observations.loss_nats(row, e);
    if (tokens < from || tokens >= to || !std::isfinite(loss)) continue;
    if (std::isnan(found.first) || tokens > found.first) found = {tokens, loss};
  }
  return found;
}

/// The runs of each mixture, of the last model size.
class Runs {
 public:
  explicit Runs(const data::Observations& observations) : observations_(observations) {
    const Range last = last_rows(observations).size;
    for (std::size_t row = 0; row < observations.tokens.size(); ++row)
      if (last.holds(model_size_of(observations, row))) rows_.push_back(row);
    const auto run_of = [&](std::size_t row) {
      return std::pair(observations.mixture_id[row], observations.repeat[row]);
    };
    std::stable_sort(rows_.begin(), rows_.end(),
                     [&](std::size_t a, std::size_t b) { return run_of(a) < run_of(b); });
    first_.assign(observations.mixtures.size() + 1, 0);
    for (const std::size_t row : rows_)
      ++first_[static_cast<std::size_t>(observations.mixture_id[row]) + 1];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
  }

  /// @param last volumes @param seen_below the loss before is sought below this and the last volume
  Tail tail(int mixture, std::size_t e, const Range& last, double seen_below) const {
    std::vector<double> tokens, seen, previous;
    for_each_run(mixture, [&](std::span<const std::size_t> rows) {
      const auto [at, loss] =
          latest(observations_, rows, e, last.low, std::nextafter(last.high, infinity));
      if (std::isnan(loss)) return;
      tokens.push_back(at);
      seen.push_back(loss);
      previous.push_back(
          latest(observations_, rows, e, 0.0, std::min(last.low, seen_below)).second);
    });
    return {mean(tokens), mean(seen), mean(previous)};
  }

  /// R2 of log loss along the volumes from `from` on, mean over the runs of one mixture.
  double curve_r2(int mixture, std::size_t e, double from,
                  const std::function<double(double)>& predict) const {
    std::vector<double> found;
    for_each_run(mixture, [&](std::span<const std::size_t> rows) {
      std::vector<double> seen, predicted;
      for (const std::size_t row : rows) {
        const double loss = observations_.loss_nats(row, e);
        if (observations_.tokens[row] < from || !std::isfinite(loss)) continue;
        seen.push_back(std::log(loss));
        predicted.push_back(std::log(predict(observations_.tokens[row])));
      }
      const double r2 = r_squared(predicted, seen);
      if (std::isfinite(r2)) found.push_back(r2);
    });
    return mean(found);
  }

 private:
  /// The rows of each repeat, in their order.
  template <class Visit>
  void for_each_run(int mixture, Visit&& visit) const {
    const std::span<const std::size_t> all(rows_);
    const std::size_t end = first_[static_cast<std::size_t>(mixture) + 1];
    for (std::size_t from = first_[static_cast<std::size_t>(mixture)], to = from; from < end;
         from = to) {
      while (to < end && observations_.repeat[rows_[to]] == observations_.repeat[rows_[from]]) ++to;
      visit(all.subspan(from, to - from));
    }
  }

  const data::Observations& observations_;
  std::vector<std::size_t> rows_{};   // by mixture and repeat
  std::vector<std::size_t> first_{};  // rows of mixture m are from first_[m] up to first_[m + 1]
};

/// Averages over the points whose values are all finite.
struct Score {
  double error = nan, worst = nan, r2 = nan, persistence = nan, mean_baseline = nan;
  double curve_r2 = nan;
};

Score score(const std::vector<std::span<const double>>& points) {
  std::vector<double> seen, predicted, error, persistence, baseline, curve;
  for (const auto& point : points) {
    const double truth = point[HeldOutPart::seen];
    if (!std::isfinite(truth) || !std::isfinite(point[HeldOutPart::predicted])) continue;
    const auto relative = [truth](double value) { return std::abs(value - truth) / truth; };
    seen.push_back(truth);
    predicted.push_back(point[HeldOutPart::predicted]);
    error.push_back(relative(predicted.back()));
    if (std::isfinite(point[HeldOutPart::previous]))
      persistence.push_back(relative(point[HeldOutPart::previous]));
    if (std::isfinite(point[HeldOutPart::training_mean]))
      baseline.push_back(relative(point[HeldOutPart::training_mean]));
    if (std::isfinite(point[HeldOutPart::curve_r2])) curve.push_back(point[HeldOutPart::curve_r2]);
  }
  if (error.empty()) return {};
  return {mean(error),
          *std::max_element(error.begin(), error.end()),
          r_squared(predicted, seen),
          mean(persistence),
          mean(baseline),
          mean(curve)};
}

/// Mean loss of each held-out mixture over the domains that were predicted at all, for the mixtures
/// that lack none of them.
struct MeanLosses {
  std::vector<double> seen{}, predicted{};
};

MeanLosses mean_losses(const std::vector<std::vector<std::span<const double>>>& by_domain) {
  std::map<int, std::pair<std::vector<double>, std::vector<double>>> by_mixture;
  std::size_t domains = 0;
  for (const auto& points : by_domain) {
    bool any = false;
    for (const auto& point : points) {
      const double truth = point[HeldOutPart::seen], guess = point[HeldOutPart::predicted];
      if (!std::isfinite(truth) || !std::isfinite(guess)) continue;
      auto& [seen, predicted] = by_mixture[static_cast<int>(point[HeldOutPart::mixture_id])];
      seen.push_back(truth);
      predicted.push_back(guess);
      any = true;
    }
    domains += any ? 1 : 0;
  }
  MeanLosses losses;
  for (const auto& [id, both] : by_mixture) {
    if (both.first.size() != domains) continue;
    losses.seen.push_back(mean(both.first));
    losses.predicted.push_back(mean(both.second));
  }
  return losses;
}

double regret(const MeanLosses& losses) {
  if (losses.seen.empty()) return nan;
  const auto chosen = std::min_element(losses.predicted.begin(), losses.predicted.end());
  return losses.seen[static_cast<std::size_t>(chosen - losses.predicted.begin())] -
         *std::min_element(losses.seen.begin(), losses.seen.end());
}

/// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> average_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (std::size_t i = first; i < end; ++i)
      ranks[order[i]] = 0.5 * static_cast<double>(first + 1 + end);
    first = end;
  }
  return ranks;
}

bool is_smaller(const data::Observations& observations, std::size_t row, const Split& split) {
  return model_size_of(observations, row) < split.smaller_than;
}

/// Runs of one mixture are told apart by their pools and model sizes.
bool holds_out_pools(const data::Observations& observations) {
  return has_one_mixture(observations) && pool_groups(observations).size() > 1;
}

/// How many there are to be dealt out. One mixture on several pools is held out as one, unless
/// there is no other.
std::size_t units_held_out(const data::Observations& observations) {
  if (holds_out_pools(observations)) return pool_groups(observations).size();
  const std::vector<int> ids = observed_mixtures(observations);
  std::set<data::Mixture> shares;
  for (const int id : ids) shares.insert(observations.mixtures[static_cast<std::size_t>(id)]);
  return shares.size() > 1 ? shares.size() : ids.size();
}

}  // namespace

int fold_count(const data::Observations& observations, const FitOptions& options) {
  const int units = static_cast<int>(units_held_out(observations));
  if (options.folds > 0) return std::min(options.folds, units);
  return units < leave_one_out_below ? units : automatic_folds;
}

std::vector<int> fold_of_mixture(const data::Observations& observations, const FitOptions& options,
                                 int folds) {
  core::require(folds > 0, "there is at least one fold");
  const std::vector<int> ids = shuffled_mixtures(observations, options.seed, 0);
  std::vector<int> fold(observations.mixtures.size(), -1);
  std::map<data::Mixture, int> of_shares;
  for (const int id : ids)
    of_shares.try_emplace(observations.mixtures[static_cast<std::size_t>(id)],
                          static_cast<int>(of_shares.size()) % folds);
  // One mixture on several pools is held out as one, unless there is no other.
  const bool by_shares = of_shares.size() > 1;
  for (std::size_t n = 0; n < ids.size(); ++n) {
    const auto id = static_cast<std::size_t>(ids[n]);
    fold[id] = by_shares ? of_shares.at(observations.mixtures[id]) : static_cast<int>(n) % folds;
  }
  return fold;
}

Split fold_split(const data::Observations& observations, const FitOptions& options, int fold,
                 int folds) {
  Split split;
  if (holds_out_pools(observations)) {
    split.trains.assign(observations.mixtures.size(), true);
    int group = 0;
    for (const auto& [what, rows] : pool_groups(observations))
      if (group++ % folds == fold) split.rows.insert(split.rows.end(), rows.begin(), rows.end());
    return split;
  }
  for (const int other : fold_of_mixture(observations, options, folds))
    split.trains.push_back(other != fold);
  return split;
}

std::vector<Split> splits_of(const std::vector<int>& fold_of, int folds) {
  std::vector<Split> splits(static_cast<std::size_t>(folds));
  for (int fold = 0; fold < folds; ++fold)
    for (const int other : fold_of)
      splits[static_cast<std::size_t>(fold)].trains.push_back(other != fold);
  return splits;
}

std::vector<Split> fold_splits(const data::Observations& observations, const FitOptions& options) {
  const int folds = fold_count(observations, options);
  if (!holds_out_pools(observations))
    return splits_of(fold_of_mixture(observations, options, folds), folds);
  std::vector<Split> splits;
  for (int fold = 0; fold < folds; ++fold)
    splits.push_back(fold_split(observations, options, fold, folds));
  return splits;
}

HeldOutPart held_out_fold(const data::Observations& observations, const FitOptions& options,
                          int fold, int folds) {
  HeldOutPart part =
      held_out_part(observations, options, fold_split(observations, options, fold, folds));
  part.fold = fold;
  return part;
}

namespace {

/// held_out_part of single rows: each is predicted at its own volume, model size and pools.
HeldOutPart held_out_readings(const data::Observations& observations, const FitOptions& options,
                              const Split& split) {
  check_shape(observations);
  std::vector<bool> is_held(observations.tokens.size(), false);
  for (const std::size_t row : split.rows) is_held[row] = true;
  const data::Observations visible =
      rows_where(observations, [&](std::size_t row) { return !is_held[row]; });
  const Law& law = law_for(visible, options);
  HeldOutPart part;
  part.point.columns = HeldOutPart::column_count;
  for (std::size_t e = 0; e < observations.domains.eval.size(); ++e) {
    std::vector<double> seen;
    for (std::size_t row = 0; row < visible.tokens.size(); ++row)
      if (std::isfinite(visible.loss_nats(row, e))) seen.push_back(visible.loss_nats(row, e));
    const std::vector<double> fitted = coefficients(visible, options, e, [](int) { return true; });
    for (const std::size_t row : split.rows) {
      const int id = observations.mixture_id[row];
      const data::Mixture& mixture = observations.mixtures[static_cast<std::size_t>(id)];
      const LawPoint point{mixture, observations.domains.share_of[e], observations.tokens[row],
                           model_size_of(observations, row), data::pools_of(observations, row)};
      const double values[HeldOutPart::column_count] = {
          static_cast<double>(id),
          static_cast<double>(e),
          observations.loss_nats(row, e),
          fitted.empty() ? nan : law.predict(fitted, point),
          nan,
          mean(seen),
          nan,
          data::most_epochs(mixture, point.tokens, point.unique_tokens)};
      part.point.values.insert(part.point.values.end(), std::begin(values), std::end(values));
      ++part.point.rows;
    }
  }
  return part;
}

using CoefficientsOf =
    std::function<std::vector<double>(std::size_t e, const data::Observations& visible)>;

/// held_out_part of whole mixtures, runs or model sizes.
HeldOutPart held_out_by(const data::Observations& observations, const FitOptions& options,
                        const Split& split, const CoefficientsOf& coefficients_of) {
  const double size = last_rows(observations).size.high;
  const PoolsOfMixtures pools(observations);
  return held_out_rows(
      observations, options, split, [&](std::size_t e, const data::Observations& visible) {
        const Law& law = law_for(visible, options);
        const auto predict = [&, e, fitted = coefficients_of(e, visible)](int mixture,
                                                                          double tokens) {
          const LawPoint point{observations.mixtures[static_cast<std::size_t>(mixture)],
                               observations.domains.share_of[e], tokens, size,
                               pools.at(mixture, tokens)};
          return fitted.empty() ? nan : law.predict(fitted, point);
        };
        return Predictor{.at = predict, .has_curve = !law.last_volume_only()};
      });
}

}  // namespace

HeldOutPart held_out_part(const data::Observations& observations, const FitOptions& options,
                          const Split& split) {
  if (!split.rows.empty()) return held_out_readings(observations, options, split);
  return held_out_by(
      observations, options, split, [&](std::size_t e, const data::Observations& visible) {
        return coefficients(visible, options, e, [&](int id) { return split.is_used(id); });
      });
}

std::vector<double> coefficients_of_split(const data::Observations& observations,
                                          const FitOptions& options, const Split& split,
                                          std::size_t eval_domain) {
  return coefficients(observations, options, eval_domain,
                      [&](int id) { return split.is_used(id); });
}

HeldOutPart held_out_domain(const data::Observations& observations, const FitOptions& options,
                            const Split& split, std::size_t eval_domain,
                            const std::vector<double>& coefficients) {
  HeldOutPart part =
      held_out_by(one_domain(observations, eval_domain), options, split,
                  [&](std::size_t, const data::Observations&) { return coefficients; });
  for (std::size_t row = 0; row < part.point.rows; ++row)
    part.point(row, HeldOutPart::eval_domain) = static_cast<double>(eval_domain);
  return part;
}

bool is_visible(const data::Observations& observations, std::size_t row, const Split& split) {
  return observations.tokens[row] < split.seen_below &&
         (split.smaller_than == 0.0 || is_smaller(observations, row, split) ||
          split.trains[static_cast<std::size_t>(observations.mixture_id[row])]);
}

HeldOutPart held_out_rows(
    const data::Observations& observations, const FitOptions& options, const Split& split,
    const std::function<Predictor(std::size_t, const data::Observations&)>& predictor_of) {
  check_shape(observations);
  const std::vector<int> mixtures = observed_mixtures(observations);
  const Runs runs(observations);
  const Range last = last_rows(observations).tokens;
  const double held_from = split.continues_runs() ? split.seen_below : options.min_tokens;
  std::optional<data::Observations> part_seen;
  if (split.continues_runs() || split.smaller_than > 0.0)
    part_seen = rows_where(observations,
                           [&](std::size_t row) { return is_visible(observations, row, split); });
  data::Observations with_smaller;
  if (split.smaller_than > 0.0)
    with_smaller = rows_where(
        observations, [&](std::size_t row) { return is_smaller(observations, row, split); });
  const Runs smaller_runs(with_smaller);

  const PoolsOfMixtures pools(observations);
  HeldOutPart part;
  part.point.columns = HeldOutPart::column_count;
  for (std::size_t e = 0; e < observations.domains.eval.size(); ++e) {
    const Predictor predictor = predictor_of(e, part_seen ? *part_seen : observations);
    std::vector<double> training;
    std::vector<std::pair<int, Tail>> held_out;
    for (const int id : mixtures) {
      Tail tail = runs.tail(id, e, last, split.seen_below);
      if (split.smaller_than > 0.0)
        tail.previous = smaller_runs.tail(id, e, last, split.seen_below).seen;
      if (!split.trains[static_cast<std::size_t>(id)] || split.continues_runs())
        held_out.emplace_back(id, tail);
      else if (std::isfinite(tail.seen))
        training.push_back(tail.seen);
    }
    const double mean_of_training = mean(training);
    for (const auto& [id, tail] : held_out) {
      const auto predicted = [&, mixture = id](double tokens) {
        return predictor.at(mixture, tokens);
      };
      const double row[HeldOutPart::column_count] = {
          static_cast<double>(id),
          static_cast<double>(e),
          tail.seen,
          predicted(tail.tokens),
          tail.previous,
          mean_of_training,
          predictor.has_curve ? runs.curve_r2(id, e, held_from, predicted) : nan,
          data::most_epochs(observations.mixtures[static_cast<std::size_t>(id)], tail.tokens,
                            pools.at(id, tail.tokens))};
      part.point.values.insert(part.point.values.end(), std::begin(row), std::end(row));
      ++part.point.rows;
    }
  }
  return part;
}

data::HeldOut merge_folds(const data::DomainSet& domains, std::vector<HeldOutPart> parts) {
  std::sort(parts.begin(), parts.end(),
            [](const HeldOutPart& a, const HeldOutPart& b) { return a.fold < b.fold; });
  data::HeldOut result;
  std::vector<std::vector<std::span<const double>>> by_domain(domains.eval.size());
  for (const HeldOutPart& part : parts)
    for (std::size_t row = 0; row < part.point.rows; ++row) {
      const std::span<const double> point = part.point.row(row);
      by_domain[static_cast<std::size_t>(point[HeldOutPart::eval_domain])].push_back(point);
      result.losses.push_back({static_cast<std::size_t>(point[HeldOutPart::mixture_id]),
                               static_cast<std::size_t>(point[HeldOutPart::eval_domain]),
                               point[HeldOutPart::seen], point[HeldOutPart::predicted]});
    }
  result.protocol = domains.train.size() == 1 ? "folds of pools and model sizes, at all volumes"
                                              : "mixture folds at the last volume";
  result.folds = static_cast<int>(parts.size());
  for (const auto& points : by_domain) {
    const Score found = score(points);
    result.error.push_back(found.error);
    result.worst.push_back(found.worst);
    result.r2.push_back(found.r2);
    result.persistence.push_back(found.persistence);
    result.mean_baseline.push_back(found.mean_baseline);
    result.curve_r2.push_back(found.curve_r2);
  }
  const MeanLosses losses = mean_losses(by_domain);
  result.spearman = spearman(losses.predicted, losses.seen);
  result.regret_nats = regret(losses);
  return result;
}

double r_squared(std::span<const double> predicted, std::span<const double> seen) {
  core::require(predicted.size() == seen.size(), "r_squared compares pairs");
  if (seen.size() < 2) return nan;
  const double center = mean({seen.begin(), seen.end()});
  double residual = 0.0, total = 0.0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    residual += (predicted[i] - seen[i]) * (predicted[i] - seen[i]);
    total += (seen[i] - center) * (seen[i] - center);
  }
  return total > 0.0 ? 1.0 - residual / total : nan;
}

double spearman(std::span<const double> a, std::span<const double> b) {
  core::require(a.size() == b.size(), "spearman compares pairs");
  if (a.size() < 2) return nan;
  const std::vector<double> x = average_ranks(a), y = average_ranks(b);
  const double center = 0.5 * static_cast<double>(a.size() + 1);
  double xy = 0.0, xx = 0.0, yy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - center) * (y[i] - center);
    xx += (x[i] - center) * (x[i] - center);
    yy += (y[i] - center) * (y[i] - center);
  }
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : nan;
}

}  // namespace bimix::law
