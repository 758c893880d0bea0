#include "../anchored_law.hpp"
#include "../domain_data.hpp"
#include "../limits.hpp"
#include "../observed.hpp"
#include "held_out_rows.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>

namespace bimix::law {
namespace {

// Of the choice inside a split: enough to rank laws, at half the cost of ten.
constexpr int inner_folds = 5;

int training_count(const EvaluateOptions& options, std::size_t mixtures) {
  constexpr int of_the_paper = 4;
  if (options.train > 0) return options.train;
  return options.protocol == Protocol::unseen ? of_the_paper : static_cast<int>(mixtures / 2);
}

/// The first `count` of these ids train.
Split split_at(const std::vector<int>& order, int count, std::size_t mixtures) {
  Split split;
  split.trains.assign(mixtures, false);
  for (int n = 0; n < count; ++n)
    split.trains[static_cast<std::size_t>(order[static_cast<std::size_t>(n)])] = true;
  return split;
}

/// So many mixtures train, drawn anew for each number.
Split drawn_split(const data::Observations& observations, const FitOptions& fit, int number,
                  int count) {
  return split_at(shuffled_mixtures(observations, fit.seed, static_cast<std::uint64_t>(number) + 1),
                  count, observations.mixtures.size());
}

/// The observations that a split trains on.
data::Observations training_part(const data::Observations& all, const Split& split) {
  return rows_where(all, [&](std::size_t row) {
    return split.is_used(all.mixture_id[row]) && is_visible(all, row, split);
  });
}

/// held_out_part by the power law of each run, where the split lets it see the run.
HeldOutPart run_power_part(const data::Observations& observations, const FitOptions& options,
                           const Split& split) {
  return held_out_rows(observations, options, split,
                       [&](std::size_t e, const data::Observations& visible) {
                         const auto predict = [&, e](int mixture, double tokens) {
                           return split.trains[static_cast<std::size_t>(mixture)]
                                      ? run_power_at(visible, options, e, mixture, tokens)
                                      : nan;
                         };
                         return Predictor{.at = predict, .has_curve = false};
                       });
}

/// held_out_part by options.law, anchored on what the split lets it see of each run.
HeldOutPart anchored_part(const data::Observations& observations, const FitOptions& options,
                          const Split& split) {
  const double size = last_rows(observations).size.high;
  const PoolsOfMixtures pools(observations);
  return held_out_rows(
      observations, options, split, [&](std::size_t e, const data::Observations& visible) {
        const auto trains = [&](int id) { return split.is_used(id); };
        const AnchoredLaw anchored(visible, options, e, coefficients(visible, options, e, trains));
        const auto predict = [&, e, anchored](int mixture, double tokens) {
          return anchored.loss_nats(
              mixture, {observations.mixtures[static_cast<std::size_t>(mixture)],
                        observations.domains.share_of[e], tokens, size, pools.at(mixture, tokens)});
        };
        return Predictor{.at = predict, .has_curve = false};
      });
}

/// Of those that are finite; NaN if none is.
double mean_of_finite(const std::vector<double>& values) {
  double sum = 0.0, count = 0.0;
  for (const double value : values)
    if (std::isfinite(value)) sum += value, count += 1.0;
  return count > 0.0 ? sum / count : nan;
}

/// The largest finite value; NaN if there is none.
double largest(const std::vector<double>& values) {
  double most = nan;
  for (const double value : values)
    if (std::isfinite(value) && !(value <= most)) most = value;
  return most;
}

/// The rows of all parts of all groups, as HeldOutPart::Column has them.
std::vector<std::span<const double>> points_of(const LawScore& score) {
  std::vector<std::span<const double>> points;
  for (const auto& group : score.parts)
    for (const HeldOutPart& part : group)
      for (std::size_t row = 0; row < part.point.rows; ++row) points.push_back(part.point.row(row));
  return points;
}

std::vector<core::Complaint> held_out_complaints(const EvaluateOptions& options,
                                                 const std::vector<int>& mixtures) {
  std::vector<core::Complaint> found;
  if (options.protocol != Protocol::unseen)
    found.push_back({"--hold-out", "protocol " + core::word_of(options.protocol),
                     "only unseen has mixtures of your choice", "Add --protocol unseen"});
  if (options.train != 0)
    found.push_back({"--hold-out", fmt::format("--train {} beside it", options.train),
                     "all others train", "Leave out one of the two"});
  std::size_t left = mixtures.size();
  for (const int id : mixtures)
    if (std::find(options.held_out.begin(), options.held_out.end(), id) != options.held_out.end())
      --left;
  if (left == mixtures.size())
    found.push_back({"--hold-out", "none of these mixtures has losses",
                     "there must be something to predict", "Choose another"});
  if (left < 2)
    found.push_back({"--hold-out", fmt::format("{} of {} mixtures train", left, mixtures.size()),
                     "two at least train", "Hold out fewer"});
  return found;
}

}  // namespace

const core::WordTable<Protocol>& word_table(Protocol) {
  static const core::WordTable<Protocol> table{
      {{Protocol::kfold, "kfold"},
       {Protocol::draws, "draws"},
       {Protocol::unseen, "unseen"},
       {Protocol::extrapolation, "extrapolation"},
       {Protocol::larger_model, "larger-model"},
       {Protocol::pools, "pools"}},
      [](const std::string& word, const std::vector<std::string>& known) {
        return core::Complaint{.problem = fmt::format("'{}' is no protocol", word),
                               .rule = "there are: " + core::join_words(known),
                               .remedy = "Choose one of them"};
      }};
  return table;
}

bool chooses_by_every_domain(const std::string& law) { return law.ends_with(automatic_law); }

bool wants_every_law(const FitOptions& options) {
  return options.law == "all" || options.law == automatic_law;
}

std::vector<core::Complaint> complaints(const EvaluateOptions& options,
                                        const data::Observations& observations) {
  std::vector<core::Complaint> found;
  for (const std::string& law : options.laws) {
    if (law == automatic_law || law == run_power) continue;
    try {
      find_law(law);
    } catch (const core::UsageError& error) {
      core::Complaint complaint = error.complaint();
      complaint.place = "--laws";
      found.push_back(complaint);
    }
  }
  const std::vector<int> observed = observed_mixtures(observations);
  const int mixtures = static_cast<int>(observed.size());
  if (observed.empty()) {
    found.push_back({options.tokens > 0.0 ? "--tokens" : "evaluate",
                     "there are no losses to predict", "finished trials have some",
                     "Name a later volume, or run the campaign"});
    return found;
  }
  if (!options.held_out.empty())
    for (core::Complaint& complaint : held_out_complaints(options, observed))
      found.push_back(std::move(complaint));
  const bool counts = options.protocol == Protocol::draws ||
                      (options.protocol == Protocol::unseen && options.held_out.empty());
  const int train = training_count(options, static_cast<std::size_t>(mixtures));
  if (counts && (options.train < 0 || train < 2 || train > mixtures - 2))
    found.push_back({"--train",
                     fmt::format("{} of {} mixtures train",
                                 options.train < 0 ? options.train : train, mixtures),
                     "two at least train and two are left to predict",
                     "Choose another number, or evaluate more mixtures"});
  const double last = last_rows(observations).tokens.low;
  if (!(options.seen_tokens >= 0.0) ||
      (options.seen_tokens > 0.0 &&
       (options.protocol != Protocol::extrapolation || options.seen_tokens >= last)))
    found.push_back({"--seen",
                     fmt::format("{:.6g} tokens of each run are seen", options.seen_tokens),
                     fmt::format("protocol extrapolation predicts the loss at {:.6g} tokens", last),
                     "Ask for less, with --protocol extrapolation"});
  if (options.protocol == Protocol::larger_model &&
      (options.train < 0 || options.train > mixtures - 2))
    found.push_back({"--train",
                     fmt::format("{} of {} mixtures are seen with the largest model, too",
                                 options.train, mixtures),
                     "two at least are left to predict", "Choose a smaller number, or none"});
  if ((options.protocol == Protocol::draws || options.protocol == Protocol::larger_model) &&
      options.draws < 1)
    found.push_back({"--draws", fmt::format("{} draws", options.draws), "one at least", ""});
  if (options.protocol == Protocol::larger_model && !has_several_sizes(observations, 0.0))
    found.push_back({"--protocol", "the observations are of one model size",
                     "larger-model predicts the largest from the smaller ones",
                     "Import logs of several sizes"});
  if (options.protocol == Protocol::pools && pool_groups(observations).size() < 3)
    found.push_back({"--protocol", "there are no three choices of pools and model sizes",
                     "pools holds out one after the other",
                     "Import logs of several pools, with --pools or a column unique_tokens"});
  if (options.protocol == Protocol::kfold && mixtures < 3)
    found.push_back({"--protocol", fmt::format("{} mixtures cannot be held out in turn", mixtures),
                     "kfold needs three", "Add mixtures"});
  return found;
}

data::Observations counted(const data::Observations& observations, const EvaluateOptions& options) {
  if (options.tokens <= 0.0) return observations;
  return rows_where(observations, [&](std::size_t row) {
    return observations.tokens[row] <= options.tokens * (1.0 + data::volume_tolerance);
  });
}

std::vector<std::vector<Split>> splits_of(const data::Observations& observations,
                                          const FitOptions& fit, const EvaluateOptions& options) {
  const std::vector<int> ids = observed_mixtures(observations);
  const std::size_t mixtures = observations.mixtures.size();
  std::vector<std::vector<Split>> groups;
  if (options.protocol == Protocol::extrapolation) {
    const double seen_below = options.seen_tokens > 0.0
                                  ? options.seen_tokens * (1.0 + data::volume_tolerance)
                                  : last_rows(observations).tokens.low;
    groups.push_back({{std::vector<bool>(mixtures, true), seen_below}});
  } else if (options.protocol == Protocol::pools) {
    groups.emplace_back();
    for (auto& [group, rows] : pool_groups(observations))
      groups.front().push_back(
          {.trains = std::vector<bool>(mixtures, true), .rows = std::move(rows)});
  } else if (options.protocol == Protocol::larger_model) {
    for (int draw = 0; draw < (options.train > 0 ? options.draws : 1); ++draw) {
      groups.push_back({drawn_split(observations, fit, draw, options.train)});
      groups.back().front().smaller_than = last_rows(observations).size.low;
    }
  } else if (!options.held_out.empty()) {
    Split split{.trains = std::vector<bool>(mixtures, true)};
    for (const int id : options.held_out) split.trains[static_cast<std::size_t>(id)] = false;
    groups.push_back({std::move(split)});
  } else if (options.protocol == Protocol::unseen) {
    groups.push_back({split_at(ids, training_count(options, ids.size()), mixtures)});
  } else if (options.protocol == Protocol::draws) {
    for (int draw = 0; draw < options.draws; ++draw) {
      groups.push_back({drawn_split(observations, fit, draw, training_count(options, ids.size()))});
    }
  } else {
    const int folds = fold_count(observations, fit);
    groups.emplace_back();
    for (int fold = 0; fold < folds; ++fold)
      groups.front().push_back(fold_split(observations, fit, fold, folds));
  }
  return groups;
}

HeldOutPart evaluate_split(const data::Observations& observations, const FitOptions& options,
                           const std::string& law, const Split& split) {
  if (law == run_power) return run_power_part(observations, options, split);
  const bool anchors = law.starts_with(anchored_prefix);
  FitOptions chosen = options;
  chosen.law = anchors ? law.substr(std::string_view(anchored_prefix).size()) : law;
  if (chosen.law == automatic_law) chosen.law = choose_law(observations, options, split);
  return anchors ? anchored_part(observations, chosen, split)
                 : held_out_part(observations, chosen, split);
}

HeldOutPart evaluate_domain(const data::Observations& observations, const FitOptions& options,
                            const std::string& law, const Split& split, std::size_t eval_domain) {
  core::require(!chooses_by_every_domain(law), "a law is chosen by all domains");
  HeldOutPart part = evaluate_split(one_domain(observations, eval_domain), options, law, split);
  for (std::size_t row = 0; row < part.point.rows; ++row)
    part.point(row, HeldOutPart::eval_domain) = static_cast<double>(eval_domain);
  return part;
}

data::HeldOut mean_of_groups(const std::vector<data::HeldOut>& groups) {
  core::require(!groups.empty(), "there is a group to average");
  if (groups.size() == 1) return groups.front();
  data::HeldOut mean = groups.front();
  const double count = static_cast<double>(groups.size());
  const auto average = [&](std::vector<double> data::HeldOut::*values) {
    for (std::size_t e = 0; e < (mean.*values).size(); ++e) {
      double sum = 0.0;
      for (const data::HeldOut& group : groups) sum += (group.*values)[e];
      (mean.*values)[e] = sum / count;
    }
  };
  for (const auto values : {&data::HeldOut::error, &data::HeldOut::r2, &data::HeldOut::persistence,
                            &data::HeldOut::mean_baseline, &data::HeldOut::curve_r2})
    average(values);
  mean.spearman = mean.regret_nats = 0.0;
  for (const data::HeldOut& group : groups) {
    mean.spearman += group.spearman / count;
    mean.regret_nats += group.regret_nats / count;
    for (std::size_t e = 0; e < mean.worst.size(); ++e)
      mean.worst[e] = std::max(mean.worst[e], group.worst[e]);
  }
  return mean;
}

std::vector<MixtureScore> mixture_scores(const LawScore& score) {
  struct Values {
    std::vector<double> error{}, persistence{}, curve_r2{};
  };
  std::map<int, Values> by_mixture;
  for (const auto& point : points_of(score)) {
    const double seen = point[HeldOutPart::seen], predicted = point[HeldOutPart::predicted];
    Values& values = by_mixture[static_cast<int>(point[HeldOutPart::mixture_id])];
    if (!std::isfinite(seen) || !std::isfinite(predicted)) continue;
    values.error.push_back(std::abs(predicted - seen) / seen);
    values.persistence.push_back(std::abs(point[HeldOutPart::previous] - seen) / seen);
    values.curve_r2.push_back(point[HeldOutPart::curve_r2]);
  }
  std::vector<MixtureScore> scores;
  for (auto& [id, values] : by_mixture) {
    if (values.error.empty()) continue;
    MixtureScore found{id,
                       mean_of_finite(values.error),
                       largest(values.error),
                       mean_of_finite(values.persistence),
                       largest(values.persistence),
                       mean_of_finite(values.curve_r2)};
    for (double& r2 : values.curve_r2) r2 = -r2;
    found.curve_r2_lowest = -largest(values.curve_r2);
    scores.push_back(found);
  }
  return scores;
}

double mean_error(const data::HeldOut& held) {
  return std::accumulate(held.error.begin(), held.error.end(), 0.0) /
         static_cast<double>(held.error.size());
}

std::size_t best_of(const std::vector<data::HeldOut>& held) {
  // Less is no reason to leave a law for another: no log has more digits, no table tells so little.
  constexpr double least_difference = 1e-6, least_ratio = 0.99;
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < held.size(); ++n)
    if (mean_error(held[n]) < std::min(least - least_difference, least_ratio * least)) {
      least = mean_error(held[n]);
      best = n;
    }
  return best;
}

std::size_t best_of(const std::vector<data::LawFit>& fits) {
  std::vector<data::HeldOut> held;
  for (const data::LawFit& fit : fits) held.push_back(fit.held_out);
  return best_of(held);
}

std::vector<EpochScore> epoch_scores(const LawScore& score) {
  std::vector<EpochScore> scores{{0.0, 4.0}, {4.0, 16.0}, {16.0, infinity}};
  double most = 0.0;
  for (EpochScore& range : scores) {
    std::vector<double> errors;
    for (const auto& point : points_of(score)) {
      const double epochs = point[HeldOutPart::epochs];
      const double error =
          std::abs(std::log(point[HeldOutPart::predicted] / point[HeldOutPart::seen]));
      most = std::max(most, epochs);
      if (epochs <= range.above || epochs > range.up_to || !std::isfinite(error)) continue;
      errors.push_back(error);
    }
    range.readings = errors.size();
    range.log_error = mean_of_finite(errors);
  }
  if (!(most > 1.0)) scores.clear();
  return scores;
}

std::string choose_law(const data::Observations& observations, const FitOptions& options,
                       const Split& split) {
  const data::Observations visible = training_part(observations, split);
  FitOptions inner = options;
  inner.folds = inner_folds;
  const int folds = fold_count(visible, inner);
  const std::vector<std::string> names = law_names();
  std::vector<data::HeldOut> held;
  for (const std::string& name : names) {
    inner.law = name;
    std::vector<HeldOutPart> parts;
    for (int fold = 0; fold < folds; ++fold)
      parts.push_back(held_out_fold(visible, inner, fold, folds));
    held.push_back(merge_folds(visible.domains, std::move(parts)));
  }
  return names[best_of(held)];
}

}  // namespace bimix::law
