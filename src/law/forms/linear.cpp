#include "../limits.hpp"
#include "solved_law.hpp"

#include <algorithm>

// L = sum_j w_j r_j at the last volume: the linear baseline of RegMix and Aioli. The shares sum to
// 1, so an intercept would be a constant in w: w_j is the loss of a mixture of domain j alone.
namespace bimix::law {
namespace {

class Linear final : public SolvedLaw {
 public:
  std::string name() const override { return "linear"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names;
    append_names(names, "w", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    return std::vector<Bound>(domains, {-infinity, infinity});
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool last_volume_only() const override { return true; }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  std::vector<std::size_t> linear(std::size_t) const override { return {}; }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    Prior prior;
    pull_to_mean(prior, by_domain(0, domains, data.own), domains, 0.1);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    return {std::vector<double>(data.mixtures.front().size(), last_losses(data).low)};
  }

  double predict(std::span<const double> parameter, const LawPoint& point) const override {
    double loss = 0.0;
    for (std::size_t k = 0; k < point.share.size(); ++k) loss += parameter[k] * point.share[k];
    return loss;
  }

  void gradient(std::span<const double>, const LawPoint& point,
                std::span<double> slope) const override {
    std::copy(point.share.begin(), point.share.end(), slope.begin());
  }

  void share_gradient(std::span<const double> parameter, const LawPoint&,
                      std::span<double> slope) const override {
    std::copy(parameter.begin(), parameter.end(), slope.begin());
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_linear() { return std::make_unique<Linear>(); }

}  // namespace bimix::law
