#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace bimix::law {

/// What one fold found on the mixtures it held out: one row of `point` for each held-out mixture
/// and evaluation domain, with the columns below. Repeats of a mixture are averaged first.
struct HeldOutPart {
  enum Column : std::size_t {
    mixture_id,     ///< as a double
    eval_domain,    ///< as a double
    seen,           ///< loss at the last volume, nats
    predicted,      ///< by the law fitted without these mixtures
    previous,       ///< last loss of the same runs before that, or of what was seen of them; that
                    ///< of smaller models, where larger ones are predicted
    training_mean,  ///< mean loss of the training mixtures at the last volume
    curve_r2,       ///< R2 of log loss along the volumes of its runs, their mean
    epochs,         ///< the most of any domain in the run at that volume; 0: no pool is known
    column_count
  };
  int fold = 0;
  data::Table point{};  ///< (rows, column_count); NaN where something was not to be had
  bool operator==(const HeldOutPart&) const = default;
};

/// What takes part in a fit and what is held out: whole mixtures, or the later volumes of all of
/// them, or the larger models of some, or all rows of some pools.
struct Split {
  std::vector<bool> trains{};  ///< by mixture id
  /// The mixtures that train are seen below so many tokens, and are to be predicted themselves;
  /// infinite: all of them is seen, and the others are predicted.
  double seen_below = std::numeric_limits<double>::infinity();
  /// Of the others, models of fewer parameters than these are seen; 0: nothing.
  double smaller_than = 0.0;
  /// Rows of the observations that are held out, whatever their volumes; empty: whole mixtures are.
  std::vector<std::size_t> rows{};
  bool continues_runs() const { return std::isfinite(seen_below); }
  bool is_used(int mixture_id) const {
    return smaller_than > 0.0 || !rows.empty() || trains[static_cast<std::size_t>(mixture_id)];
  }
};

/// Fits what the split lets it see and predicts the rest at the last volume: the largest one that
/// at least half as many mixtures reached as reached any, and volumes down to 0.5 % below it; of
/// models of several sizes only the last, chosen in the same way.
/// Domains that cannot be determined are predicted as NaN.
/// @note A pure function of its arguments: splits may be computed anywhere in any order.
HeldOutPart held_out_part(const data::Observations& observations, const FitOptions& options,
                          const Split& split);

/// The number of folds: options.folds, at most one for each mixture or, where runs of one mixture
/// differ in their pools and model sizes only, for each choice of these; 0 asks for the automatic
/// choice.
int fold_count(const data::Observations& observations, const FitOptions& options);

/// The fold of each mixture id: mixtures shuffled by RandomStream(seed, Purpose::folds), dealt out
/// in turn, so that sizes differ by one at most. -1 for mixtures without observations. Ids of equal
/// shares, which differ in their pools, are of one fold.
std::vector<int> fold_of_mixture(const data::Observations& observations, const FitOptions& options,
                                 int folds);

/// The split that holds out the mixtures of one fold, all their repeats and volumes; where there is
/// one mixture on several pools, the rows of the pools and model sizes of one fold.
Split fold_split(const data::Observations& observations, const FitOptions& options, int fold,
                 int folds);

/// Of each fold the split that leaves its mixtures out. @param fold_of by mixture id
std::vector<Split> splits_of(const std::vector<int>& fold_of, int folds);

/// fold_split of every fold, as many as fold_count says.
std::vector<Split> fold_splits(const data::Observations& observations, const FitOptions& options);

/// Coefficients of the options' law for one evaluation domain, fitted to the mixtures that a split
/// of whole mixtures trains on; empty where they are not determined.
/// @param split without `rows`, `seen_below` and `smaller_than`
std::vector<double> coefficients_of_split(const data::Observations& observations,
                                          const FitOptions& options, const Split& split,
                                          std::size_t eval_domain);

/// What held_out_part finds of one evaluation domain of such a split, from these coefficients:
/// alike but for the domain's number in `eval_domain`.
HeldOutPart held_out_domain(const data::Observations& observations, const FitOptions& options,
                            const Split& split, std::size_t eval_domain,
                            const std::vector<double>& coefficients);

/// held_out_part of fold_split.
HeldOutPart held_out_fold(const data::Observations& observations, const FitOptions& options,
                          int fold, int folds);

/// Error, worst error, R2 across mixtures, both baselines, R2 along the curves, Spearman's rank
/// correlation of the mean loss and regret, over all held-out mixtures. Mixtures that lack a domain
/// count in the other domains' figures, not in Spearman's and the regret.
/// @param parts all folds, in any order: the result is the same
data::HeldOut merge_folds(const data::DomainSet& domains, std::vector<HeldOutPart> parts);

/// 1 - sum (predicted - seen)^2 / sum (seen - mean seen)^2. NaN for fewer than two values or no
/// spread.
double r_squared(std::span<const double> predicted, std::span<const double> seen);

/// Spearman's rank correlation; ties get their average rank. NaN for fewer than two values or if
/// either side has no spread.
double spearman(std::span<const double> a, std::span<const double> b);

}  // namespace bimix::law
