#pragma once

#include <bimix/law/law.hpp>
#include <bimix/mix/objective.hpp>
#include <bimix/mix/optimum.hpp>

#include <string>
#include <vector>

namespace bimix::mix {

/// What the search is about, the same for the point fit and each bootstrap law.
struct Problem {
  const law::Law& law;
  const data::LawFit& fit;
  const Objective& objective;
  double tokens = 0.0;
  double model_size = 0.0;
  std::vector<double> weight{};  ///< E, sums to 1, 0 where not fitted
  data::Mixture default_share{};
  data::Mixture reference{};     ///< that rises are counted from; empty: from each set's least loss
  std::vector<double> margin{};  ///< E: part of its loss by which a set's rise counts less
  data::Pools pools{};           ///< that the law is told of; empty: of none
  std::vector<double> unique_share{};  ///< K: without repetition; infinite where repeats are as new
  double repetition = 0.0;   ///< R* outside the law, which then is told of no pools; 0: none
  Box box{};                 ///< domains that keep their share have no room
  std::vector<bool> kept{};  ///< K: no fitted evaluation domain depends on this one

  /// Shares by what their tokens are worth, U / s + U / s R* (1 - exp(-(D / U - 1) / R*)) where a
  /// domain is repeated. Concave in the share.
  /// @see Muennighoff et al. 2023, arXiv 2305.16264, equation 5
  data::Mixture worth(const data::Mixture& share) const;

  /// True if the box lets a domain be repeated, so that its worth differs from its share.
  bool may_repeat() const;

  /// True if the box lets a domain be repeated and the law has something to say of that.
  bool law_sees_repeats() const;
};

/// A problem under one law's coefficients: those of the fit, or of a resample.
class Posed {
 public:
  /// @param problem, coefficient (E, P): must outlive this
  Posed(const Problem& problem, const data::Table& coefficient);

  /// E losses at a mixture, or their rises from the reference if the objective counts these; 0 for
  /// domains of weight 0, fitted or not.
  std::vector<double> losses(const data::Mixture& share) const;

  /// Of one evaluation domain, counted or not; NaN where no law was fitted.
  double loss(std::size_t e, const data::Mixture& share) const;

  /// The objective at a mixture.
  double value(const data::Mixture& share) const;

  /// d (sum_e mean_weight_e L_e) / d share, added to `slope` (K).
  void add_slope(const std::vector<double>& mean_weight, const data::Mixture& share,
                 std::vector<double>& slope) const;

  /// True if the objective is convex in the shares.
  bool is_convex() const;

 private:
  /// The least loss of one set that a mixture of the box gives.
  double least_loss(std::size_t e) const;

  const Problem& problem_;
  const data::Table& coefficient_;
  std::vector<double> counted_from_{};  ///< E, what losses are counted from; 0 where as they are
};

/// What the objective asks of the options.
ObjectiveSetting setting_of(const OptimizeOptions& options);

/// What rises are counted from, in words: "the default's", "the least each set can have".
std::string words_of_reference(const OptimizeOptions& options);

/// @throws UsageError with this rule and remedy if no mixture is in the box (box.cpp)
void require_mixture(const Box& box, const std::string& rule, const std::string& remedy);

/// False if a coefficient of evaluation domain e is NaN: no law was fitted to it.
bool is_fitted(const data::Table& coefficient, std::size_t e);

/// @throws UsageError if the options leave no mixture, or no finite objective
Problem problem_of(const data::LawFit& fit, const OptimizeOptions& options,
                   const data::Mixture& default_share);

/// What a reader must know before anything else: that a domain is gone through more often than in
/// any run that was seen; empty: it is not.
std::string epochs_caution(const Problem& problem, const OptimizeOptions& options,
                           const data::MixtureChoice& choice);

/// What a reader must know of the choice: shares kept, extrapolated or at the end of what was
/// tried; domains that are repeated; losses that are extrapolated, infinite or left out; the fit's
/// flags.
/// @param choice with share and predictions
std::vector<std::string> choice_flags(const Problem& problem, const OptimizeOptions& options,
                                      const data::MixtureChoice& choice);

}  // namespace bimix::mix
