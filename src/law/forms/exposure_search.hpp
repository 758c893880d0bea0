#pragma once

#include <bimix/law/law.hpp>

#include <vector>

namespace bimix::law {

/// What the law `exposure` does not fit by its slopes: where its curves bend, and its floor. With
/// the rest as the search found it, from which a fit may start.
struct ExposureShape {
  double floor = 0.0;              ///< nats, below every loss
  double rho = 0.0, kappa = 0.0;   ///< b(E) = 1 - exp(-(rho E)^kappa)
  double tau = 0.0;                ///< h(E) = softplus(log(1 + E) - tau)^2
  double level = 0.0, beta = 0.0;  ///< c and the exponent of the volume
  std::vector<double> worth{};     ///< K, a_k >= 0
  std::vector<double> harm{};      ///< K, g_k >= 0
};

/// Whether these stand on the grid of the search, as the shape of every fit does.
bool is_on_grid(double rho, double kappa, double tau);

double softplus(double x);

/// What epochs are worth, b(E).
double exposure_worth(double rho, double kappa, double epochs);
/// How they harm, h(E).
double exposure_harm(double tau, double epochs);

/// Fits ln(L - floor) = c - beta ln s - sum a_k b(E_k) + sum g_k h(E_k) with a, g, beta >= 0 for
/// every (rho, kappa, tau) of a grid and several floors, and takes those that predict whole
/// mixtures best from the others, three folds of them. A floor lies gamma times as far below the
/// run whose pools last longest as the least loss does, and three standard deviations of a run at
/// least.
/// @param data whose pools are all known
ExposureShape search_exposure(const DomainData& data);

}  // namespace bimix::law
