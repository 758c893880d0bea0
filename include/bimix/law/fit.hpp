#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bimix::law {

class Law;

/// The version of how laws are fitted and resampled. A change after which the same observations and
/// options give other numbers raises it: fits that were kept before are then made again.
inline constexpr int fit_method = 3;

/// The laws that `options.law` asks for, in the order of law_names(): the one it names and the
/// reference beside it, or every one for "all" and "auto"; the reference and the laws of a list
/// only if they can be fitted to at least one evaluation domain.
/// @throws TooLittleData if the named law, or none at all, can be fitted; otherwise as fit_law
std::vector<std::string> laws_to_fit(const data::Observations& observations,
                                     const FitOptions& options);

/// Throws what the fit would throw for observations at these mixtures and volumes, whatever the
/// losses are: to be asked before they are paid for.
/// @throws TooLittleData if no domain could be fitted; otherwise as fit_law
void require_fittable(const data::Observations& observations, const FitOptions& options);

/// Fits the law to every evaluation domain by bounded least squares; no bootstrap, no held-out
/// figures: these are split over ranks, see Bootstrap and held_out_fold.
///
/// The covariance assumes independent errors of equal relative size (equal size in nats for plain
/// residuals), is linear around the solution, holds parameters at their bounds fixed (NaN rows and
/// columns) and is NaN where the rank falls short. The points of one run are correlated, so it is
/// too small as a rule: prefer the bootstrap.
///
/// Rows with a missing, infinite or non-positive loss, and for laws that diverge there rows with a
/// share of 0, are left out and counted. Domains that cannot be fitted get NaN and a flag.
///
/// The noise of a domain comes from repeats of mixtures, or else from the roughness of its curves.
/// The interval of alpha by its profile takes the scatter of whole mixtures about the law as the
/// noise, so it holds where rows of a run err together.
/// @return coefficient, covariance, domain, flags, ranges, and for laws that offer it the profile
/// of alpha at options.level; deterministic
/// @throws TooLittleData if no domain can be fitted
/// @throws UsageError if an option is wrong
/// @throws DataError if the observations are out of shape: sizes, ids, mixtures off the simplex,
///         volumes that are not positive
/// @param after_each called after each evaluation domain
data::LawFit fit_law(
    const data::Observations& observations, const FitOptions& options,
    const std::function<void()>& after_each = [] {});

/// What a law is without each fold of mixtures. Coefficients are those of coefficients_of_split.
struct FoldFits {
  std::vector<int> fold_of{};                               ///< by mixture id, see fold_of_mixture
  std::vector<std::vector<std::vector<double>>> without{};  ///< [fold][evaluation domain]
};

/// Of as many folds as Bootstrap leaves out: its options are those of the fit with `folds` 0.
FoldFits fold_fits(const data::Observations& observations, const FitOptions& options);

/// Resamples of a fit, for intervals: a wild bootstrap by mixture. Each sample fits anew what the
/// law says at every observation times the error of that mixture's prediction *without it*, to the
/// power of a standard normal draw that all rows and domains of the mixture share.
///
/// Rows of a run err together, so whole mixtures are drawn; errors of predictions without a mixture
/// (the jackknife's, known as HC3 in regression) are not shrunk by having been fitted. From 20
/// mixtures on they are left out in ten folds. Where a law cannot be fitted without a mixture its
/// fitted error stands in, which is too small.
///
/// A law whose prior states how far coefficients spread draws that by itself; errors without a
/// mixture would add it again. There a mixture errs as one drawn at random does, by the geometric
/// mean of its fitted error and that without it (HC2: it has the variance of the noise), in a level
/// drawn over root chi squared, with the mixtures less what the fit took as degrees of freedom.
/// @see Wu 1986, doi:10.1214/aos/1176350142; Cameron, Gelbach and Miller 2008,
///      doi:10.1162/rest.90.3.414
class Bootstrap {
 public:
  /// @param point fit_law's result for the same arguments: what is resampled, and where searches
  /// start
  Bootstrap(const data::Observations& observations, const FitOptions& options,
            const data::LawFit& point);
  /// The same, with fold_fits' result.
  Bootstrap(const data::Observations& observations, const FitOptions& options,
            const data::LawFit& point, const FoldFits& folds);
  ~Bootstrap();
  Bootstrap(const Bootstrap&) = delete;
  Bootstrap& operator=(const Bootstrap&) = delete;

  /// @return (E, P); NaN for the domains that are NaN in the point fit
  /// @note What it returns depends on the constructor's arguments and the number alone: samples may
  /// be computed anywhere in any order. Two threads need a Bootstrap each: the losses of a sample
  /// are drawn in place.
  data::Table sample(int number);

 private:
  struct Domain;
  /// Fills in what is fitted and how it errs.
  void add_errors(const FoldFits& folds, std::size_t e, Domain& domain) const;

  const Law& law_;
  FitOptions options_;
  std::size_t mixtures_;
  std::size_t parameters_;
  std::vector<std::unique_ptr<Domain>> domains_{};  ///< E; null where nothing was fitted
};

}  // namespace bimix::law
