#include "reciprocal_sum.hpp"
#include "solved_law.hpp"

#include <algorithm>

// L = E + B s^-beta + 1 / sum_j C_j r_j^g_j (Shukor et al., arXiv 2507.09404), and A N^-gamma where
// models differ in size: the mixture moves the floor alone. Convex in the shares if no g exceeds 1.
namespace bimix::law {
namespace {

enum : std::size_t { e_index, b_index, beta_index, sum_index };

class Additive final : public CurveLaw {
 public:
  using CurveLaw::CurveLaw;
  std::unique_ptr<const Law> seeing(Sight sight) const override {
    return sight.repetition ? nullptr : std::make_unique<Additive>(sight);
  }
  std::string name() const override { return "additive"; }
  bool is_usually_near() const override { return true; }  // where mixtures move a floor
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"E", "B", "beta"};
    reciprocal_sum::append_parameters(names, domains);
    if (sees_model_size()) names.insert(names.end(), {"A", "gamma"});
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{not_negative, not_negative, volume_exponent};
    reciprocal_sum::append_bounds(bounds, domains);
    if (sees_model_size()) bounds.insert(bounds.end(), {not_negative, volume_exponent});
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double> parameter) const override {
    const std::size_t others = sees_model_size() ? sum_index + 2 : sum_index;
    return reciprocal_sum::is_convex(parameter.subspan(sum_index, parameter.size() - others));
  }
  bool falls_in_shares(std::span<const double>) const override { return true; }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::size_t size_exponent(std::size_t domains) const override { return a_index(domains) + 1; }
  std::vector<std::size_t> linear(std::size_t domains) const override {
    std::vector<std::size_t> linear{e_index, b_index};
    if (sees_model_size()) linear.push_back(a_index(domains));
    return linear;
  }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    const std::size_t count = parameters(domains).size();
    Prior prior;
    reciprocal_sum::shrink(prior, sum_index, domains, data.own, count);
    if (sees_model_size()) pull_size_exponent(prior, size_exponent(domains), count);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    std::vector<std::vector<double>> starts;
    for (const double beta : {0.2, 0.8})
      for (const auto& sum : reciprocal_sum::starts(data)) {
        std::vector<double> start(sum_index, 0.0);
        start[beta_index] = beta;
        start.insert(start.end(), sum.begin(), sum.end());
        starts.push_back(start);
      }
    if (!sees_model_size()) return starts;
    std::vector<std::vector<double>> with_size;
    for (const std::vector<double>& start : starts)
      for (const double gamma : {0.2, 0.8}) {
        with_size.push_back(start);
        with_size.back().insert(with_size.back().end(), {0.0, gamma});
      }
    return with_size;
  }

  void curve(std::span<const double> parameter, std::span<const double> share, int,
             Curve& curve) const override {
    curve.floor = parameter[e_index];
    curve.decay = parameter[b_index];
    curve.floor_slope(e_index) = curve.decay_slope(b_index) = 1.0;
    reciprocal_sum::add(parameter, sum_index, share, curve);
    if (!sees_model_size()) return;
    const std::size_t a = a_index(share.size());
    curve.capacity = parameter[a];
    curve.capacity_slope(static_cast<Eigen::Index>(a)) = 1.0;
  }

 private:
  static std::size_t a_index(std::size_t domains) { return sum_index + 2 * domains; }
};

}  // namespace

std::unique_ptr<const Law> make_law_additive() { return std::make_unique<Additive>(); }

}  // namespace bimix::law
