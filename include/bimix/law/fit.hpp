#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>

#include <string>
#include <vector>

namespace bimix {

/// The laws that `options.law` asks for, in the order of law_names(): the one it names and bimix
/// beside it, or every one for "all" and "auto"; bimix and the laws of a list only if they can be
/// fitted to at least one evaluation domain.
/// @throws TooLittleData if the named law, or none at all, can be fitted; otherwise as fit_law
std::vector<std::string> laws_to_fit(const Observations& observations, const FitOptions& options);

/// Throws what the fit would throw for observations at these mixtures and volumes, whatever the
/// losses are: to be asked before they are paid for.
/// @throws TooLittleData if no domain could be fitted; otherwise as fit_law
void require_fittable(const Observations& observations, const FitOptions& options);

/// Fits the law to every evaluation domain by bounded least squares; no bootstrap, no held-out
/// figures: these are split over ranks, see bootstrap_sample and held_out_fold.
///
/// The covariance assumes independent errors of equal relative size (equal size in nats for plain
/// residuals), is linear around the solution, holds parameters at their bounds fixed (NaN rows and
/// columns) and is NaN where the rank falls short. The points of one run are correlated, so it is
/// too small as a rule: prefer the bootstrap.
///
/// Rows with a missing, infinite or non-positive loss, and for laws that diverge there rows with a
/// share of 0, are left out and counted. Domains that cannot be fitted get NaN and a flag.
/// @return coefficient, covariance, domain, flags, ranges; deterministic
/// @throws TooLittleData if no domain can be fitted
/// @throws UsageError if an option is wrong
/// @throws DataError if the observations are out of shape: sizes, ids, mixtures off the simplex,
///         volumes that are not positive
LawFit fit_law(const Observations& observations, const FitOptions& options);

/// Coefficients of bootstrap sample `sample`: each mixture is weighted by an independent Exp(1)
/// draw from RandomStream(seed, Purpose::bootstrap, sample), which is Dirichlet(1) up to scale;
/// never zero, all rows of a mixture together, the same for all domains.
/// @param point fit_law's result for the same arguments: where the search starts
/// @return (E, P); NaN for the domains that are NaN in `point`
/// @note A pure function of its arguments: samples may be computed anywhere in any order.
Table bootstrap_sample(const Observations& observations, const FitOptions& options,
                       const LawFit& point, int sample);

}  // namespace bimix
