#pragma once

#include <bimix/data/records.hpp>
#include <bimix/mix/options.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

namespace bimix::mix {

/// Bounds on what several domains sum to.
struct GroupBound {
  std::vector<std::size_t> domains{};  ///< indices, ascending
  double low = 0.0, high = 1.0;
  bool operator==(const GroupBound&) const = default;
};

/// The shares that the optimum may take: low <= share <= high in each training domain, and in each
/// group of them.
struct Box {
  std::vector<double> low{};                                    ///< K
  std::vector<double> high{};                                   ///< K
  double max_epochs = std::numeric_limits<double>::infinity();  ///< that bound it
  /// Any two are disjoint or one holds the other, and then the other is before it.
  std::vector<GroupBound> groups{};
  bool operator==(const Box&) const = default;
};

/// Whether no mixture that the law was fitted to has a share of training domain k.
bool was_never_tried(const data::LawFit& fit, std::size_t k);

/// The most epochs that a run gave to any domain, at least 1: below, nothing repeats.
double epochs_seen(const data::LawFit& fit);

/// As often as the options let a domain be gone through; a box whose `max_epochs` exceed it had to
/// raise it.
double epochs_asked(const data::LawFit& fit, const OptimizeOptions& options);

/// What the model will draw from: options.unique_tokens, and where these are not known the pools of
/// most runs. K; empty: none is known
data::Pools target_pools(const data::LawFit& fit, const OptimizeOptions& options);

/// @throws UsageError if the options count epochs or repetition and no pool is known
/// @param pools target_pools
void require_pools(const OptimizeOptions& options, const data::Pools& pools);

/// Floors, caps and epochs, of domains and nodes, and unless options.extrapolate the range of
/// shares that was tried. A
/// domain that was never tried has no share. Where the epochs that were seen, or are asked for,
/// leave no mixture at that volume, they are raised, for all domains alike, to the fewest that
/// leave one.
/// @throws UsageError if no mixture is left, saying which limit to move; as require_pools
Box allowed_box(const data::LawFit& fit, const OptimizeOptions& options);

/// The mixture of the allowed box that makes the objective of the options least (objective.hpp).
///
/// A mean of laws whose section at a volume is a power of the own share: min_r sum_e w_e
/// L_e(r_own(e), s) is separable and convex. Each share solves gain_i(r) = lambda, gain_i(r) =
/// -d/dr of its terms, clipped to the box; lambda is the root of sum r = 1. Exact to rounding.
/// Certificate: the KKT residual in nats per unit of share, the largest difference in gain between
/// a domain that could take more and one that could give some; the objective is at most this many
/// nats above the best.
///
/// With options.repetition the laws are asked for shares by what repeated tokens are worth; where a
/// law rises with no share, what is convex stays convex.
///
/// Other laws and objectives, where a domain may be repeated, and where nodes have bounds:
/// projected descent by the smooth stand-ins of the objective. Certificate: the Frank-Wolfe gap of
/// the last one, with the duality gap of its slopes; where the law is convex in the shares, the
/// objective is at most this many nats above the best. Elsewhere descents from several starts, and
/// the certificate is called local.
///
/// `weight` is the mean of losses for which the mixture is the best as well: that of the campaign
/// or, for an objective that is no mean, its slopes at the mixture.
///
/// Where options.prior_share is given and the fit has a bootstrap, the optimum is drawn to it by
/// the part that makes the mean loss of the samples' optima, drawn as far, least under the fit:
/// `prior`, `prior_weight`, `unshrunk_share`. `gain_expected` is the mean gain of the mixture over
/// the bootstrap laws; `free_share` what the law would take without floors, caps and epochs, where
/// that is something else.
///
/// Training domains that no fitted evaluation domain depends on keep their default share; those
/// whose loss does not depend on their share get their floor, or what the others cannot take.
/// Intervals are of options.level, central_interval over fit.bootstrap: share_low/high of the
/// optimum of each bootstrap law, gain_low/high of default minus *this* mixture under each
/// bootstrap law; NaN without bootstrap.
/// @throws UsageError if an option is wrong, the box is empty, or no finite objective is left
/// @note Deterministic; some microseconds for each bootstrap sample of a separable law, some
/// milliseconds for others.
/// @see Ge et al. 2025, arXiv 2405.14908
/// @param after_sample called after the optimum of each bootstrap law
data::MixtureChoice best_mixture(
    const data::LawFit& fit, const OptimizeOptions& options, const data::Mixture& default_share,
    const std::function<void()>& after_sample = [] {});

/// Says which mixture of the plan is the nearest to the recommended one, and how near; and what
/// part of the gain lies beyond all that mixing the runs' mixtures could give.
/// @param fit, options that the choice was made from
void add_distance_from_runs(const data::SweepPlan& plan, const data::LawFit& fit,
                            const OptimizeOptions& options, data::MixtureChoice& choice);

}  // namespace bimix::mix
