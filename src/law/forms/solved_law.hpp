#pragma once

#include "../solve/solver.hpp"

#include <bimix/law/law.hpp>

#include <Eigen/Core>

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bimix::law {

/// A law that the shared solver fits. It says which parameters are linear, where to start and how
/// it shrinks; everything else has a default.
class SolvedLaw : public Law {
 public:
  bool sees_every_share() const override { return true; }
  std::optional<PowerSection> power_section(std::span<const double>, double,
                                            double) const override {
    return std::nullopt;
  }
  std::optional<core::Complaint> obstacle(const DomainData& data) const override;
  std::vector<core::Complaint> doubts(const DomainData& data,
                                      const Estimate& estimate) const override;

  /// Parameters in which the prediction is linear and which are not negative; a handful at most.
  virtual std::vector<std::size_t> linear(std::size_t train_domains) const = 0;
  /// False if a single volume can be fitted.
  virtual bool needs_two_volumes(const DomainData&) const { return !last_volume_only(); }
  /// False if one mixture can be fitted.
  virtual bool needs_two_mixtures(const DomainData&) const { return true; }
  /// Starting points; those of linear parameters do not matter, pinned ones have their value.
  virtual std::vector<std::vector<double>> starts(const DomainData& data) const = 0;
  /// The prior at strength 1, on the scale of relative residuals.
  virtual Prior prior(const DomainData& data) const;
  /// Predictions of all rows at once; here row by row.
  virtual std::unique_ptr<RowModel> rows(const DomainData& data) const;

 protected:
  Estimate least_squares(const DomainData& data, std::span<const double> start,
                         core::RandomStream* prior_draws) const override;
  /// The fit from these starting points, at least one.
  Estimate solve_from(const DomainData& data, const std::vector<std::vector<double>>& starts) const;
};

/// Asks a law for each row.
std::unique_ptr<RowModel> plain_rows(const Law& law, const DomainData& data);

/// The fit of log residuals, which have no linear parameters: the full solver, from the fit of
/// relative residuals, which are nearly the same.
/// @param problem of the losses themselves, with the scale that log residuals have
Estimate solve_logs(RowModel& rows, LeastSquares problem, const Estimate& start);

/// The parts of a curve L(s, N) = floor + decay * s^-beta + capacity * N^-gamma at one mixture,
/// with their slopes. The last is of laws that see the model size N.
struct Curve {
  double floor = 0.0, decay = 0.0, capacity = 0.0;
  Eigen::VectorXd floor_slope{}, decay_slope{}, capacity_slope{};  ///< P: by parameter
  Eigen::VectorXd floor_share{}, decay_share{}, capacity_share{};  ///< K: by share
};

/// x^-exponent at a volume or model size, and the logarithm that its slope needs.
struct Power {
  static Power of(double x, double exponent);
  double log = 0.0, value = 1.0;
};

/// A law that is a power law of the volume, and of the model size if it sees that, at every
/// mixture, plus a floor.
class CurveLaw : public SolvedLaw {
 public:
  explicit CurveLaw(Sight sight = {}) : sight_(sight) {}
  Sight sight() const final { return sight_; }
  double predict(std::span<const double> parameter, const LawPoint& point) const override;
  void gradient(std::span<const double> parameter, const LawPoint& point,
                std::span<double> slope) const override;
  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override;
  /// A prediction with all its slopes, from one curve.
  class Predicted {
   public:
    Predicted(const CurveLaw& law, std::span<const double> parameter, const LawPoint& point);
    double loss() const;
    /// By parameter, P.
    void gradient(std::span<double> slope) const;
    /// By share, K.
    void share_gradient(std::span<double> slope) const;
    /// By the volume.
    double volume_slope() const;

   private:
    Curve curve_{};
    Power volume_{}, size_{};
    double volume_exponent_ = 0.0, tokens_ = 0.0;
    std::size_t exponent_place_ = 0;
    std::optional<std::size_t> size_exponent_place_{};
  };
  /// One curve a mixture, one power a volume.
  std::unique_ptr<RowModel> rows(const DomainData& data) const override;

  /// Which parameter beta is.
  virtual std::size_t exponent(std::size_t train_domains) const = 0;
  /// Which parameter gamma is; asked of laws that see the model size.
  virtual std::size_t size_exponent(std::size_t /*train_domains*/) const { return 0; }
  /// @param curve all slopes 0, all that are not must be written; those by beta and gamma are the
  /// caller's
  virtual void curve(std::span<const double> parameter, std::span<const double> share, int own,
                     Curve& curve) const = 0;

 private:
  Sight sight_;
};

/// Why a law of the own share alone cannot be fitted, if there is none; else nothing.
std::optional<core::Complaint> lacks_own_share(const DomainData& data);

/// A curve that follows the own share alone: infinite without it, falling and convex in it, and of
/// no value where there is none.
class OwnShareLaw : public CurveLaw {
 public:
  using CurveLaw::CurveLaw;
  bool diverges_without(std::size_t k, int own) const final { return static_cast<int>(k) == own; }
  bool sees_every_share() const final { return false; }
  bool convex_in_shares(std::span<const double>) const final { return true; }
  bool falls_in_shares(std::span<const double>) const final { return true; }
  std::optional<core::Complaint> obstacle(const DomainData& data) const override;
  void curve(std::span<const double> parameter, std::span<const double> share, int own,
             Curve& curve) const final;

  /// CurveLaw::curve at an own share of r. @param own its place, not negative
  virtual void curve_at(std::span<const double> parameter, double r, Eigen::Index own,
                        Curve& curve) const = 0;
};

/// Bounds of volume exponents: below, the power cannot be told from a logarithm; nothing real comes
/// near the upper one.
constexpr Bound volume_exponent{0.01, 10.0};
/// gamma where few sizes tell little: exponents of published laws are near it (Hoffmann et al.
/// 2022, arXiv 2203.15556: 0.34).
constexpr double usual_size_exponent = 0.3;
/// Pulls gamma there, weakly.
void pull_size_exponent(Prior& prior, std::size_t parameter, std::size_t parameter_count);

constexpr Bound not_negative{0.0, std::numeric_limits<double>::infinity()};

/// Adds rows that pull each of the parameters to their common mean.
/// @param weight about the relative error of a loss over the spread one expects of the parameters
void pull_to_mean(Prior& prior, const std::vector<std::size_t>& parameters,
                  std::size_t parameter_count, double weight);
/// Adds rows that pull each of the parameters to `center`.
void pull_to(Prior& prior, const std::vector<std::size_t>& parameters, std::size_t parameter_count,
             double weight, double center);

/// first, first + 1, ... one for each training domain, without the one of domain `skip` (-1: all).
std::vector<std::size_t> by_domain(std::size_t first, std::size_t train_domains, int skip);

/// {"<name>_1", ..., "<name>_K"} appended.
void append_names(std::vector<std::string>& names, const std::string& name,
                  std::size_t train_domains);

/// The domain whose coefficient fixes a gauge: the own one, or the first if there is none.
std::size_t gauge_domain(int own);

/// True for rows of the last model size at the last volume.
bool at_last_volume(const DomainData& data, std::size_t row);

/// Smallest and largest loss of these, with at least 1 % between them.
struct LossRange {
  double low = 0.0, high = 0.0;
};
LossRange last_losses(const DomainData& data);

}  // namespace bimix::law
