#include "solved_law.hpp"

#include <algorithm>
#include <cmath>

// L = l + sum_j ((N0_j + r_j s) / unit)^-g_j (Kang et al., arXiv 2407.20177): each domain's tokens,
// and what the others are worth in its place (N0), lower the loss by a power of their own. As
// published the unit is 1 whatever is counted; counted in tokens no term could then fall by more
// than 0.02 nats an e-fold, so the unit is fitted. Convex in the shares.
namespace bimix::law {
namespace {

enum : std::size_t { l_index, log_unit_index, log_n_index };

class Autoscale final : public SolvedLaw {
 public:
  std::string name() const override { return "autoscale"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"l", "log_unit"};
    append_names(names, "log_N0", domains);
    append_names(names, "g", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{not_negative, {-50.0, 50.0}};
    bounds.resize(log_n_index + domains, {0.0, 50.0});  // from one token up
    bounds.resize(log_n_index + 2 * domains, volume_exponent);
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  bool falls_in_shares(std::span<const double>) const override { return true; }
  std::vector<std::size_t> linear(std::size_t) const override { return {l_index}; }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size(), count = log_n_index + 2 * domains;
    Prior prior;
    for (const std::size_t first : {std::size_t{log_n_index}, log_n_index + domains})
      pull_to_mean(prior, by_domain(first, domains, data.own), count, 0.01);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    const double log_last = std::log(data.last_volume);
    std::vector<std::vector<double>> starts;
    for (const double n : {1e-3, 3e-2, 0.3})
      for (const double unit : {1e-3, 1e-6}) {
        std::vector<double> start{0.0, log_last + std::log(unit)};
        start.resize(log_n_index + domains, log_last + std::log(n));
        start.resize(log_n_index + 2 * domains, 0.5);
        if (data.own >= 0) start[log_n_index + domains + static_cast<std::size_t>(data.own)] = 0.25;
        starts.push_back(start);
      }
    return starts;
  }

  double predict(std::span<const double> parameter, const LawPoint& point) const override {
    double loss = parameter[l_index];
    for (std::size_t k = 0; k < point.share.size(); ++k) loss += term_of(parameter, point, k).value;
    return loss;
  }

  void gradient(std::span<const double> parameter, const LawPoint& point,
                std::span<double> slope) const override {
    const std::size_t domains = point.share.size();
    slope[l_index] = 1.0;
    slope[log_unit_index] = 0.0;
    for (std::size_t k = 0; k < domains; ++k) {
      const Term term = term_of(parameter, point, k);
      slope[log_unit_index] += term.g * term.value;
      slope[log_n_index + k] =
          -term.g * term.value / term.tokens * std::exp(parameter[log_n_index + k]);
      slope[log_n_index + domains + k] = -term.log_units * term.value;
    }
  }

  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override {
    for (std::size_t k = 0; k < point.share.size(); ++k) {
      const Term term = term_of(parameter, point, k);
      slope[k] = -term.g * term.value / term.tokens * point.tokens;
    }
  }

 private:
  struct Term {
    double g, tokens, log_units, value;
  };
  static Term term_of(std::span<const double> parameter, const LawPoint& point, std::size_t k) {
    Term term;
    term.g = parameter[log_n_index + point.share.size() + k];
    term.tokens = std::exp(parameter[log_n_index + k]) + point.share[k] * point.tokens;
    term.log_units = std::log(term.tokens) - parameter[log_unit_index];
    term.value = std::exp(-term.g * term.log_units);
    return term;
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_autoscale() { return std::make_unique<Autoscale>(); }

}  // namespace bimix::law
