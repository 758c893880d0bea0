#include "solved_law.hpp"

#include <algorithm>
#include <cmath>

// L = sum_j F_j r_j^-a_j at the last volume (the `bimix` type of allenai/olmix, which has no volume
// in it). Infinite without any of the shares; convex.
namespace bimix::law {
namespace {

class OlmixPower final : public SolvedLaw {
 public:
  std::string name() const override { return "olmix_power"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names;
    append_names(names, "F", domains);
    append_names(names, "a", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds(domains, not_negative);
    bounds.resize(2 * domains, {0.0, 10.0});
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return true; }
  bool last_volume_only() const override { return true; }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  bool falls_in_shares(std::span<const double>) const override { return true; }
  std::vector<std::size_t> linear(std::size_t) const override { return {}; }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    Prior prior;
    for (const std::size_t first : {std::size_t{0}, domains})
      pull_to_mean(prior, by_domain(first, domains, data.own), 2 * domains, 0.1);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    const double even = last_losses(data).low / static_cast<double>(domains);
    std::vector<std::vector<double>> starts;
    for (const double others : {0.0, 0.02, 0.1})
      for (const double own : {0.05, 0.3}) {
        std::vector<double> start(domains, even);
        start.resize(2 * domains, others);
        if (data.own >= 0) start[domains + static_cast<std::size_t>(data.own)] = own;
        starts.push_back(start);
      }
    return starts;
  }

  double predict(std::span<const double> parameter, const LawPoint& point) const override {
    const std::size_t domains = point.share.size();
    double loss = 0.0;
    for (std::size_t k = 0; k < domains; ++k)
      loss += parameter[k] * std::pow(point.share[k], -parameter[domains + k]);
    return loss;
  }

  void gradient(std::span<const double> parameter, const LawPoint& point,
                std::span<double> slope) const override {
    const std::size_t domains = point.share.size();
    for (std::size_t k = 0; k < domains; ++k) {
      slope[k] = std::pow(point.share[k], -parameter[domains + k]);
      slope[domains + k] = -std::log(point.share[k]) * parameter[k] * slope[k];
    }
  }

  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override {
    const std::size_t domains = point.share.size();
    for (std::size_t k = 0; k < domains; ++k) {
      const double a = parameter[domains + k], factor = a * parameter[k];
      slope[k] = factor > 0.0 ? -factor * std::pow(point.share[k], -a - 1.0) : 0.0;
    }
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_olmix_power() { return std::make_unique<OlmixPower>(); }

}  // namespace bimix::law
