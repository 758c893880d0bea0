#include "solved_law.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

// L = E + C (r s)^-a (after arXiv 2606.08167): only the own domain's tokens count, wherever the
// rest of the volume goes.
namespace bimix {
namespace {

enum : std::size_t { e_index, c_index, a_index };

class NoiseCapacity final : public CurveLaw {
 public:
  std::string name() const override { return "noise_capacity"; }
  std::vector<std::string> parameters(std::size_t) const override { return {"E", "C", "a"}; }
  std::vector<Bound> bounds(std::size_t) const override {
    return {not_negative, not_negative, volume_exponent};
  }
  bool diverges_without(std::size_t k, int own) const override {
    return static_cast<int>(k) == own;
  }
  bool sees_every_share() const override { return false; }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  bool falls_in_shares(std::span<const double>) const override { return true; }
  std::size_t exponent(std::size_t) const override { return a_index; }
  std::vector<std::size_t> linear(std::size_t) const override { return {e_index, c_index}; }

  std::optional<PowerSection> power_section(std::span<const double> parameter, double tokens,
                                            double) const override {
    return PowerSection{parameter[c_index] * std::pow(tokens, -parameter[a_index]),
                        parameter[a_index]};
  }

  std::optional<Complaint> obstacle(const DomainData& data) const override {
    if (data.own < 0)
      return Complaint{"", fmt::format("domain '{}' is not fitted", data.domain),
                       "its loss follows the share of no training domain",
                       "Name one with share_of, or use a law that sees the whole mixture"};
    return CurveLaw::obstacle(data);
  }

  std::vector<std::vector<double>> starts(const DomainData&) const override {
    return {{0.0, 0.0, 0.03}, {0.0, 0.0, 0.1}, {0.0, 0.0, 0.3}, {0.0, 0.0, 1.0}};
  }

  void curve(std::span<const double> parameter, std::span<const double> share, int own,
             Curve& curve) const override {
    if (own < 0) {
      curve.floor = std::numeric_limits<double>::quiet_NaN();
      return;
    }
    const auto k = static_cast<std::size_t>(own);
    const double a = parameter[a_index], u = std::pow(share[k], -a);
    curve.floor = parameter[e_index];
    curve.decay = parameter[c_index] * u;
    curve.floor_slope(e_index) = 1.0;
    curve.decay_slope(c_index) = u;
    curve.decay_slope(a_index) = -std::log(share[k]) * curve.decay;
    curve.decay_share(own) = -a * curve.decay / share[k];
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_noise_capacity() { return std::make_unique<NoiseCapacity>(); }

}  // namespace bimix
