#include "exposure_search.hpp"
#include "solved_law.hpp"

#include <bimix/data/pools.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

// L = floor + exp(c - beta ln s - sum_k a_k b(E_k) + sum_k g_k h(E_k)) over the epochs E of every
// domain, b(E) = 1 - exp(-(rho E)^kappa) what they are worth and h(E) = softplus(ln(1 + E) - tau)^2
// how they harm; a, g >= 0. As the exposure law of Marin's mixture study (2026) has it at one
// volume; the part of the volume is ours. It knows epochs and no shares, so every pool must be
// known. Not convex in the shares once anything harms.
namespace bimix::law {
namespace {

enum : std::size_t { floor_index, c_index, beta_index, rho_index, kappa_index, tau_index, a_index };

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

class Exposure final : public SolvedLaw {
 public:
  std::string name() const override { return "exposure"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"floor", "c", "beta", "rho", "kappa", "tau"};
    append_names(names, "a", domains);
    append_names(names, "g", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{not_negative, {-1000.0, 1000.0}, {0.0, 10.0},
                              {1e-3, 1e3},  {0.05, 5.0},       {0.0, 20.0}};
    bounds.resize(a_index + 2 * domains, not_negative);
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double>) const override { return false; }
  Sight sight() const override { return {.repetition = true}; }
  std::vector<std::size_t> linear(std::size_t) const override { return {}; }
  bool needs_two_volumes(const DomainData&) const override { return false; }
  /// Runs on several pools tell of epochs.
  bool needs_two_mixtures(const DomainData& data) const override {
    return std::all_of(data.pool.begin(), data.pool.end(),
                       [&](std::size_t pool) { return pool == data.pool.front(); });
  }

  std::optional<core::Complaint> obstacle(const DomainData& data) const override {
    for (std::size_t row = 0; row < data.loss_nats.size(); ++row) {
      const auto pools = data.point(row).unique_tokens;
      if (pools.empty() || std::any_of(pools.begin(), pools.end(),
                                       [](double pool) { return pool == 0.0 || std::isinf(pool); }))
        return core::Complaint{
            "", fmt::format("domain '{}' is not fitted", data.domain),
            "law exposure counts epochs, and not every pool is known and has an end",
            "Give the domains' unique tokens, or use a law that goes by shares"};
    }
    return SolvedLaw::obstacle(data);
  }

  /// The prior decides on them where it is not turned off: the search by folds does.
  std::vector<bool> pinned(const DomainData& data) const override {
    std::vector<bool> pinned(a_index + 2 * data.mixtures.front().size(), false);
    for (const std::size_t p : {+floor_index, +rho_index, +kappa_index, +tau_index})
      pinned[p] = data.shrinkage > 0.0;
    return pinned;
  }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    Prior prior;
    constexpr double weak = 1e-4;  // beside relative errors
    pull_to(prior, by_domain(a_index, 2 * domains, -1), a_index + 2 * domains, weak, 0.0);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    const ExposureShape found = search_exposure(data);
    std::vector<double> start{found.floor, found.level, found.beta,
                              found.rho,   found.kappa, found.tau};
    start.insert(start.end(), found.worth.begin(), found.worth.end());
    start.insert(start.end(), found.harm.begin(), found.harm.end());
    return {start};
  }

  double predict(std::span<const double> parameter, const LawPoint& point) const override {
    return parameter[floor_index] + std::exp(exponent(parameter, point));
  }

  void gradient(std::span<const double> parameter, const LawPoint& point,
                std::span<double> slope) const override {
    const std::size_t domains = point.share.size();
    const double rho = parameter[rho_index], kappa = parameter[kappa_index];
    const double above = std::exp(exponent(parameter, point));
    slope[floor_index] = 1.0;
    slope[c_index] = above;
    slope[beta_index] = -above * std::log(point.tokens);
    slope[rho_index] = slope[kappa_index] = slope[tau_index] = 0.0;
    for (std::size_t k = 0; k < domains; ++k) {
      const double e = epochs_of(point, k), a = parameter[a_index + k],
                   g = parameter[a_index + domains + k];
      slope[a_index + k] = -above * exposure_worth(rho, kappa, e);
      slope[a_index + domains + k] = above * exposure_harm(parameter[tau_index], e);
      const double z = std::log1p(e) - parameter[tau_index];
      slope[tau_index] -= above * g * 2.0 * softplus(z) * logistic(z);
      if (!(e > 0.0)) continue;
      const double reach = std::pow(rho * e, kappa), by_reach = above * a * std::exp(-reach);
      slope[rho_index] -= by_reach * kappa * reach / rho;
      slope[kappa_index] -= by_reach * reach * std::log(rho * e);
    }
  }

  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override {
    const std::size_t domains = point.share.size();
    const double rho = parameter[rho_index], kappa = parameter[kappa_index];
    const double above = std::exp(exponent(parameter, point));
    for (std::size_t k = 0; k < domains; ++k) {
      const double e = epochs_of(point, k), a = parameter[a_index + k],
                   g = parameter[a_index + domains + k];
      const double z = std::log1p(e) - parameter[tau_index];
      double by_epoch = g * 2.0 * softplus(z) * logistic(z) / (1.0 + e);
      if (a > 0.0) {
        const double reach = std::pow(rho * e, kappa);
        by_epoch -= a * kappa * rho * std::pow(rho * e, kappa - 1.0) * std::exp(-reach);
      }
      const double per_share = data::epochs(1.0, point.tokens, point.unique_tokens[k]);
      slope[k] = per_share > 0.0 ? above * by_epoch * per_share : 0.0;
    }
  }

 protected:
  /// A resample keeps the shape of the fit: its intervals are of what is fitted to that.
  Estimate least_squares(const DomainData& data, std::span<const double> start,
                         core::RandomStream* draws) const override {
    const bool has_shape =
        !start.empty() && is_on_grid(start[rho_index], start[kappa_index], start[tau_index]);
    if (has_shape) return solve_from(data, {{start.begin(), start.end()}});
    return SolvedLaw::least_squares(data, {}, draws);
  }

 private:
  /// NaN where the pool is not known.
  static double epochs_of(const LawPoint& point, std::size_t k) {
    if (point.unique_tokens.empty() || point.unique_tokens[k] == 0.0) return std::nan("");
    return data::epochs(point.share[k], point.tokens, point.unique_tokens[k]);
  }

  static double exponent(std::span<const double> parameter, const LawPoint& point) {
    const std::size_t domains = point.share.size();
    double sum = parameter[c_index] - parameter[beta_index] * std::log(point.tokens);
    for (std::size_t k = 0; k < domains; ++k) {
      const double e = epochs_of(point, k);
      sum -=
          parameter[a_index + k] * exposure_worth(parameter[rho_index], parameter[kappa_index], e);
      sum += parameter[a_index + domains + k] * exposure_harm(parameter[tau_index], e);
    }
    return sum;
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_exposure() { return std::make_unique<Exposure>(); }

}  // namespace bimix::law
