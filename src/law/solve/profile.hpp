#pragma once

#include <bimix/law/law.hpp>
#include <bimix/law/quantile.hpp>

namespace bimix::law {

/// The interval of alpha from its profile: all alphas at which the least sum of squares over the
/// other parameters lies no more than F times the noise above the least of all, F the quantile of
/// that level of Fisher's distribution with 1 and D - 2 degrees of freedom (D mixtures).
///
/// Readings of a run, and runs of a mixture, err together, and a mixture has one share: alpha shows
/// only between mixtures, as the treatment of whole plots does in a split-plot design. So the noise
/// is the mean square between mixtures, sum of n_m (mean residual of m)^2 / (D - 2) over mixtures
/// of n_m rows, which holds the seed, the readings and what the law cannot say of a mixture. Exact
/// for normal errors where all mixtures are seen at the same volumes and losses are near the law;
/// with other volumes for each it is an approximation.
///
/// An end that the bound of alpha cuts off is at the bound. NaN if the law offers no profile, or
/// below three mixtures.
/// @param estimate the fit of the data
/// @see Bates and Watts 1988, "Nonlinear Regression Analysis", doi:10.1002/9780470316757, on
///      profiles; Cox and Reid 2000, "The Theory of the Design of Experiments", on split plots
Interval alpha_interval(const Law& law, const DomainData& data, const Estimate& estimate,
                        double level);

}  // namespace bimix::law
