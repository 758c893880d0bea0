#include "../limits.hpp"
#include "../solve/residuals.hpp"
#include "bimix_fitter.hpp"
#include "bimix_with_size.hpp"
#include "bimix_words.hpp"
#include "solved_law.hpp"

#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

// L = r^-alpha (P s^-beta + Q), the law of the paper, with a solver of its own: bimix_fitter.
namespace bimix::law {
namespace {

/// Largest over smallest own share.
double share_span(const DomainData& data) {
  double low = std::numeric_limits<double>::infinity(), high = 0.0;
  for (const data::Mixture& mixture : data.mixtures) {
    low = std::min(low, own_share(data, mixture));
    high = std::max(high, own_share(data, mixture));
  }
  return high / low;
}

class Bimix final : public Law {
 public:
  std::string name() const override { return "bimix"; }
  std::vector<std::string> parameters(std::size_t) const override {
    return {"P", "Q", "alpha", "beta"};
  }
  std::vector<Bound> bounds(std::size_t) const override {
    return {{0.0, infinity}, {0.0, infinity}, {0.0, largest_exponent}, {0.0, largest_exponent}};
  }
  bool diverges_without(std::size_t k, int own) const override {
    return static_cast<int>(k) == own;
  }
  bool sees_every_share() const override { return false; }
  bool is_usually_near() const override { return true; }  // where own shares are what matters
  LawWords words() const override { return bimix_words(*this); }
  std::unique_ptr<const Law> seeing(Sight sight) const override {
    return sight == Sight{.model_size = true} ? make_bimix_with_size() : nullptr;
  }

  double predict(std::span<const double> parameter, const LawPoint& point) const override {
    if (point.own < 0) return std::numeric_limits<double>::quiet_NaN();
    const double r = point.share[static_cast<std::size_t>(point.own)];
    return std::pow(r, -parameter[alpha_index]) * profile(parameter, point.tokens);
  }

  void gradient(std::span<const double> parameter, const LawPoint& point,
                std::span<double> slope) const override {
    const double r = point.share[static_cast<std::size_t>(point.own)];
    const double u = std::pow(r, -parameter[alpha_index]);
    const double v = std::pow(point.tokens, -parameter[beta_index]);
    slope[p_index] = u * v;
    slope[q_index] = u;
    slope[alpha_index] = -std::log(r) * u * profile(parameter, point.tokens);
    slope[beta_index] = -std::log(point.tokens) * parameter[p_index] * u * v;
  }

  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override {
    std::fill(slope.begin(), slope.end(), 0.0);
    const auto own = static_cast<std::size_t>(point.own);
    if (parameter[alpha_index] > 0.0)
      slope[own] = -parameter[alpha_index] * predict(parameter, point) / point.share[own];
  }

  std::optional<PowerSection> power_section(std::span<const double> parameter, double tokens,
                                            double) const override {
    return PowerSection{profile(parameter, tokens), parameter[alpha_index]};
  }

  bool convex_in_shares(std::span<const double>) const override { return true; }
  bool falls_in_shares(std::span<const double>) const override { return true; }

  std::optional<core::Complaint> obstacle(const DomainData& data) const override;
  std::function<double(double)> alpha_profile(const DomainData& data,
                                              const Estimate& estimate) const override {
    if (data.residual == Residual::log || data.huber > 0.0) return nullptr;
    return [fitter = BimixFitter(data), beta = estimate.parameter[beta_index]](
               double alpha) mutable { return fitter.least_at(alpha, beta); };
  }
  std::vector<core::Complaint> doubts(const DomainData& data,
                                      const Estimate& estimate) const override;

 protected:
  Estimate least_squares(const DomainData& data, std::span<const double> start,
                         core::RandomStream* /*no prior*/) const override;

 private:
  static double profile(std::span<const double> parameter, double tokens) {
    return parameter[p_index] * std::pow(tokens, -parameter[beta_index]) + parameter[q_index];
  }
};

std::optional<core::Complaint> Bimix::obstacle(const DomainData& data) const {
  const std::string domain = fmt::format("domain '{}'", data.domain);
  if (auto lack = lacks_own_share(data)) return lack;
  if (data.loss_nats.size() < parameter_count)
    return core::Complaint{
        "", fmt::format("{} has {} usable observations", domain, data.loss_nats.size()),
        fmt::format("{} coefficients need as many", +parameter_count), "Add mixtures or volumes"};
  if (data.volumes.back() <= data.volumes.front() * (1.0 + data::volume_tolerance))
    return core::Complaint{"", fmt::format("beta of {} cannot be told from one volume", domain), "",
                           "Evaluate at two volumes at least, better five"};
  if (share_span(data) <= 1.0 + 1e-9)
    return core::Complaint{"", fmt::format("alpha of {} cannot be told from one mixture", domain),
                           fmt::format("every observation has its share at {:.6g}",
                                       own_share(data, data.mixtures.front())),
                           "Add mixtures with another share of it"};
  return std::nullopt;
}

Estimate Bimix::least_squares(const DomainData& data, std::span<const double> start,
                              core::RandomStream*) const {
  Estimate estimate = BimixFitter(data).fit(start);
  if (data.residual != Residual::log) return estimate;
  LeastSquares problem;
  problem.target = Eigen::Map<const Eigen::VectorXd>(
      data.loss_nats.data(), static_cast<Eigen::Index>(data.loss_nats.size()));
  problem.scale = row_scales(data);
  problem.bounds = bounds(0);
  problem.pinned.assign(parameter_count, false);
  return solve_logs(*plain_rows(*this, data), problem, estimate);
}

std::vector<core::Complaint> Bimix::doubts(const DomainData& data, const Estimate& estimate) const {
  // Below these ranges intervals in the public tables grow past the coefficients themselves.
  constexpr double narrow_share = 1.5, narrow_decades = 1.5;
  std::vector<core::Complaint> found;
  const auto& parameter = estimate.parameter;
  const double span = share_span(data);
  const double decades = std::log10(data.volumes.back() / data.volumes.front());
  const std::string of = fmt::format("of domain '{}'", data.domain);
  const bool narrow = span < narrow_share;
  const std::string spans = fmt::format("its share spans only {:.3g}x", span);
  for (const std::size_t i : {alpha_index, beta_index})
    if (parameter[i] >= largest_exponent)
      found.push_back({"",
                       fmt::format("{} {} stopped at its bound {:g}",
                                   i == alpha_index ? "alpha" : "beta", of, largest_exponent),
                       "such a fall fits no power law", "Look for outliers in its losses"});
  if (parameter[alpha_index] == 0.0)
    found.push_back({"", fmt::format("alpha {} stopped at its bound 0", of),
                     narrow ? spans : "more of it did not lower its loss",
                     narrow ? "Add mixtures with a wider share of it"
                            : "Check share_of, or add repeats if its loss is noisy"});
  else if (narrow)
    found.push_back({"", fmt::format("alpha {} is poorly known", of), spans,
                     "Add mixtures with a wider share of it"});
  if (parameter[p_index] == 0.0)
    found.push_back({"", fmt::format("P {} stopped at its bound 0", of),
                     "its loss does not fall with the volume", "Check its losses"});
  else if (decades < narrow_decades)
    found.push_back(
        {"", fmt::format("beta and Q {} trade off", of),
         fmt::format("volumes span {:.2f} decades, below {:g}", decades, narrow_decades),
         "Add smaller or larger volumes"});
  if (parameter[q_index] == 0.0)
    found.push_back({"", fmt::format("Q {} stopped at its bound 0", of),
                     "no floor of its loss shows at these volumes",
                     "Add larger volumes before you extrapolate far"});
  return found;
}

}  // namespace

std::unique_ptr<const Law> make_law_bimix() { return std::make_unique<Bimix>(); }

}  // namespace bimix::law
