#include "solved_law.hpp"

#include <cmath>

// L = E + C (r s)^-a (after arXiv 2606.08167): only the own domain's tokens count, wherever the
// rest of the volume goes.
namespace bimix::law {
namespace {

enum : std::size_t { e_index, c_index, a_index };

class NoiseCapacity final : public OwnShareLaw {
 public:
  std::string name() const override { return "noise_capacity"; }
  std::vector<std::string> parameters(std::size_t) const override { return {"E", "C", "a"}; }
  std::vector<Bound> bounds(std::size_t) const override {
    return {not_negative, not_negative, volume_exponent};
  }
  std::size_t exponent(std::size_t) const override { return a_index; }
  std::vector<std::size_t> linear(std::size_t) const override { return {e_index, c_index}; }

  std::optional<PowerSection> power_section(std::span<const double> parameter, double tokens,
                                            double) const override {
    return PowerSection{parameter[c_index] * std::pow(tokens, -parameter[a_index]),
                        parameter[a_index]};
  }

  std::vector<std::vector<double>> starts(const DomainData&) const override {
    return {{0.0, 0.0, 0.03}, {0.0, 0.0, 0.1}, {0.0, 0.0, 0.3}, {0.0, 0.0, 1.0}};
  }

  void curve_at(std::span<const double> parameter, double r, Eigen::Index own,
                Curve& curve) const override {
    const double a = parameter[a_index], u = std::pow(r, -a);
    curve.floor = parameter[e_index];
    curve.decay = parameter[c_index] * u;
    curve.floor_slope(e_index) = 1.0;
    curve.decay_slope(c_index) = u;
    curve.decay_slope(a_index) = -std::log(r) * curve.decay;
    curve.decay_share(own) = -a * curve.decay / r;
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_noise_capacity() { return std::make_unique<NoiseCapacity>(); }

}  // namespace bimix::law
