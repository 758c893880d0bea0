#pragma once

#include <bimix/data/records.hpp>
#include <bimix/mix/options.hpp>

#include <cstdint>

namespace bimix::mix {

/// What is asked of next_mixtures.
struct NextOptions {
  int count = 1;           ///< of mixtures to propose
  std::uint64_t seed = 0;  ///< of the random candidates and of how a run would err
};

/// Proposes `asked.count` further mixtures, by the knowledge gradient: the mixture c with the
/// largest
///   gain(c) = min_x E[f(x)] - E_y[ min_x E[f(x) | y] ],
/// f the objective, x the mixtures that could be the best and y what a run of c would show. The
/// fit's bootstrap samples stand for what is known of the law. An ensemble Kalman update turns each
/// of them, taken for the truth, into what would be known after its run:
///   E[f | y] = E[f] + C_fg (C_gg + R)^-1 (y - E[g]),
/// with g the level and the slope of log loss along the volumes that were used and C the
/// covariances over the samples, evaluation domain by evaluation domain (each has its own law and
/// noise; what samples say of two domains together is mostly chance). After each choice the
/// samples are what is expected to remain unknown, and the next is chosen by them (greedy batch).
///
/// The noise R is the scatter of whole mixtures about the law, mean over mixtures of residual^2 +
/// variance of the prediction, and at least what the noise of readings and seeds makes of it.
///
/// x: optima of the samples in the allowed box, and beyond the shares that were tried by a factor
/// of two, which count once a run has been there. c: these x, and random mixtures and the ends of
/// each domain's range within the shares that were tried: further out a right law would teach more,
/// and a wrong one would mislead. Floors and caps bind x, not the other c. For an objective that is
/// no mean f is the mean with the weights of today's best mixture; of rises, if it counts these.
/// @param fit with its bootstrap
/// @param seen what the fit is of
/// @return deterministic in its arguments
/// @throws TooLittleData below 20 bootstrap samples; otherwise as best_mixture
/// @note Gains are given the law: where it errs, so do they. Serial; a second for 7 domains.
/// @see Frazier, Powell and Dayanik 2009, doi:10.1287/ijoc.1080.0314, knowledge gradient; Evensen
///      2003, doi:10.1007/s10236-003-0036-9, ensemble Kalman update
data::NextMixtures next_mixtures(const data::LawFit& fit, const data::Observations& seen,
                                 const OptimizeOptions& options, const data::Mixture& default_share,
                                 const NextOptions& asked);

}  // namespace bimix::mix
