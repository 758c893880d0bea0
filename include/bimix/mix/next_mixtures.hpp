#pragma once

#include <bimix/data/records.hpp>
#include <bimix/mix/options.hpp>

#include <cstdint>
#include <vector>

namespace bimix::mix {

/// What is asked of next_mixtures.
struct NextOptions {
  int count = 1;           ///< of mixtures to propose
  std::uint64_t seed = 0;  ///< of random candidates, what may be true and how a run would err
  /// Mixtures that are being run: they count by what is expected of them, and are not proposed.
  std::vector<data::Mixture> under_way{};
  double level = 0.9;  ///< of what is said of the best mixture and of the regret
};

/// Proposes `asked.count` further mixtures, by the knowledge gradient: the mixture c with the
/// largest
///   gain(c) = min_x E[f(x)] - E_y[ min_x E[f(x) | y] ],
/// f the objective, x the mixtures that could be the best and y what a run of c would show.
///
/// What is known of f are functions that may be true (beliefs.hpp): those of the laws, as often
/// as their held-out losses make them likely, with Gaussian processes for what laws leave, and of
/// no law. An ensemble Kalman update turns each of them, taken for the truth, into what would be
/// known after its run:
///   E[f | y] = E[f] + C_fg (C_gg + R)^-1 (y - E[g]),
/// with g the log loss at the last fitted volume, C covariances over the functions, set by set, and
/// R the noise of a run as the processes see it. After each choice the functions are what is
/// expected to remain unknown, and the next is chosen by them (greedy batch).
///
/// x and c: optima of the laws and of their samples in the allowed box, and beyond the shares that
/// were tried by a factor of two, which count as x once a run has been there; random mixtures and
/// the ends of each domain's range within the shares that were tried; as x alone what was run. For
/// an objective that is no mean f is the mean with the weights of today's best mixture; of rises,
/// if it counts these.
/// @param laws fits, each with its bootstrap and held-out losses; the first is the one that is used
/// @param seen what the fits are of
/// @return deterministic in its arguments
/// @throws TooLittleData where no law has 20 bootstrap samples; otherwise as best_mixture
/// @note Serial
/// @see Frazier, Powell and Dayanik 2009, doi:10.1287/ijoc.1080.0314, knowledge gradient; Evensen
///      2003, doi:10.1007/s10236-003-0036-9, ensemble Kalman update
data::NextMixtures next_mixtures(const std::vector<data::LawFit>& laws,
                                 const data::Observations& seen, const OptimizeOptions& options,
                                 const data::Mixture& default_share, const NextOptions& asked);

}  // namespace bimix::mix
