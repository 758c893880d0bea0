#include "solved_law.hpp"

#include "../domain_data.hpp"
#include "../solve/residuals.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

double mean_loss(const DomainData& data) {
  double sum = 0.0;
  for (const double loss : data.loss_nats) sum += loss;
  return sum / static_cast<double>(data.loss_nats.size());
}

/// Asks the law for each row.
class PlainRows final : public RowModel {
 public:
  PlainRows(const Law& law, const DomainData& data) : law_(law), data_(data) {}

  void evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override {
    const std::size_t rows = data_.loss_nats.size();
    predicted.resize(static_cast<Eigen::Index>(rows));
    slope.resize(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(parameter.size()));
    std::vector<double> row(parameter.size());
    for (std::size_t m = 0; m < rows; ++m) {
      const LawPoint point = data_.point(m);
      const auto i = static_cast<Eigen::Index>(m);
      predicted(i) = law_.predict(parameter, point);
      law_.gradient(parameter, point, row);
      for (std::size_t p = 0; p < row.size(); ++p) slope(i, static_cast<Eigen::Index>(p)) = row[p];
    }
  }

 private:
  const Law& law_;
  const DomainData& data_;
};

Curve zero_curve(std::size_t parameters, std::size_t domains) {
  Curve curve;
  const auto count = static_cast<Eigen::Index>(parameters);
  const auto shares = static_cast<Eigen::Index>(domains);
  curve.floor_slope = curve.decay_slope = curve.capacity_slope = Eigen::VectorXd::Zero(count);
  curve.floor_share = curve.decay_share = curve.capacity_share = Eigen::VectorXd::Zero(shares);
  return curve;
}

class CurveRows final : public RowModel {
 public:
  CurveRows(const CurveLaw& law, const DomainData& data)
      : law_(law),
        data_(data),
        exponent_(law.exponent(data.mixtures.front().size())),
        size_exponent_(law.size_exponent(data.mixtures.front().size())) {}

  void evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override {
    const std::size_t rows = data_.loss_nats.size(), count = parameter.size();
    std::vector<Curve> curves;
    for (const data::Mixture& mixture : data_.mixtures) {
      curves.push_back(zero_curve(count, mixture.size()));
      law_.curve(parameter, mixture, data_.own, curves.back());
    }
    std::vector<Power> volumes, sizes;
    for (const double tokens : data_.volumes)
      volumes.push_back(Power::of(tokens, parameter[exponent_]));
    if (law_.sees_model_size())
      for (const double size : data_.sizes)
        sizes.push_back(Power::of(size, parameter[size_exponent_]));
    predicted.resize(static_cast<Eigen::Index>(rows));
    slope.resize(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(count));
    for (std::size_t m = 0; m < rows; ++m) {
      const Curve& curve = curves[data_.mixture[m]];
      const Power& v = volumes[data_.volume[m]];
      const auto i = static_cast<Eigen::Index>(m);
      predicted(i) = curve.floor + curve.decay * v.value;
      slope.row(i) = (curve.floor_slope + v.value * curve.decay_slope).transpose();
      slope(i, static_cast<Eigen::Index>(exponent_)) -= v.log * curve.decay * v.value;
      if (sizes.empty()) continue;
      const Power& n = sizes[data_.size[m]];
      predicted(i) += curve.capacity * n.value;
      slope.row(i) += n.value * curve.capacity_slope.transpose();
      slope(i, static_cast<Eigen::Index>(size_exponent_)) -= n.log * curve.capacity * n.value;
    }
  }

 private:
  const CurveLaw& law_;
  const DomainData& data_;
  std::size_t exponent_, size_exponent_;
};

}  // namespace

std::optional<core::Complaint> SolvedLaw::obstacle(const DomainData& data) const {
  const std::string domain = fmt::format("domain '{}'", data.domain);
  // Shrinkage stands in for some mixtures, not for the sight of a difference.
  constexpr std::size_t fewest = 4;
  std::size_t needed = fewest;
  if (!data.mixtures.empty() && data.shrinkage == 0.0) {
    const std::vector<bool> pinned = this->pinned(data);
    needed = static_cast<std::size_t>(std::count(pinned.begin(), pinned.end(), false));
  }
  if (data.loss_nats.size() < needed)
    return core::Complaint{
        "", fmt::format("{} has {} usable observations", domain, data.loss_nats.size()),
        fmt::format("law {} needs {}", name(), needed), "Add mixtures or volumes"};
  const auto same = [&](const data::Mixture& mixture) { return mixture == data.mixtures.front(); };
  if (needs_two_mixtures(data) && std::all_of(data.mixtures.begin(), data.mixtures.end(), same))
    return core::Complaint{"", fmt::format("{} was seen with one mixture", domain),
                           "what a mixture changes cannot be told from one", "Add mixtures"};
  if (needs_two_volumes(data) &&
      data.volumes.back() <= data.volumes.front() * (1.0 + data::volume_tolerance))
    return core::Complaint{"", fmt::format("the volume's part of {} cannot be told", domain),
                           "there is one volume", "Evaluate at two volumes at least, better five"};
  if (sees_model_size() && data.sizes.size() < 2)
    return core::Complaint{"", fmt::format("{} was seen with one model size", domain),
                           "other domains with several", "Add its losses, or choose one size"};
  return std::nullopt;
}

std::unique_ptr<RowModel> plain_rows(const Law& law, const DomainData& data) {
  return std::make_unique<PlainRows>(law, data);
}

Estimate solve_logs(RowModel& rows, LeastSquares problem, const Estimate& start) {
  LogRows logs(rows);
  problem.target = problem.target.array().log();
  problem.linear.clear();
  Estimate found = solve(logs, problem, {start.parameter});
  found.stop_reason += " (log residuals, from the fit of relative ones)";
  return found;
}

Estimate SolvedLaw::least_squares(const DomainData& data, std::span<const double> start,
                                  core::RandomStream* /*priors that only pull*/) const {
  std::vector<std::vector<double>> from = starts(data);
  if (!start.empty()) {
    const std::vector<bool> pinned = this->pinned(data);
    from.emplace_back(start.begin(), start.end());
    for (std::size_t p = 0; p < start.size(); ++p)
      if (pinned[p]) from.back()[p] = from.front()[p];
  }
  return solve_from(data, from);
}

Estimate SolvedLaw::solve_from(const DomainData& data,
                               const std::vector<std::vector<double>>& starts) const {
  const std::size_t domains = data.mixtures.front().size();
  const auto rows = static_cast<Eigen::Index>(data.loss_nats.size());
  LeastSquares problem;
  problem.target = Eigen::Map<const Eigen::VectorXd>(data.loss_nats.data(), rows);
  problem.scale = row_scales(data);
  problem.bounds = bounds(domains);
  problem.pinned = pinned(data);
  problem.linear = linear(domains);
  if (data.shrinkage > 0.0) {
    problem.prior = prior(data);
    const double unit = data.residual == Residual::plain ? mean_loss(data) : 1.0;
    problem.prior.rows *= data.shrinkage * unit;
    problem.prior.target *= data.shrinkage * unit;
  }
  const bool logs = data.residual == Residual::log;
  if (logs) problem.scale.array() /= problem.target.array();
  const std::unique_ptr<RowModel> model = this->rows(data);
  Estimate estimate = solve(*model, problem, starts);
  if (!logs) return estimate;
  problem.scale = row_scales(data);
  return solve_logs(*model, problem, estimate);
}

std::vector<core::Complaint> SolvedLaw::doubts(const DomainData& data,
                                               const Estimate& estimate) const {
  const std::size_t domains = data.mixtures.front().size();
  const std::vector<std::string> names = parameters(domains);
  const std::vector<Bound> limits = bounds(domains);
  const std::vector<bool> fixed = pinned(data);
  std::vector<std::string> stopped;
  for (std::size_t p = 0; p < names.size(); ++p)
    if (!fixed[p] &&
        (estimate.parameter[p] == limits[p].low || estimate.parameter[p] == limits[p].high))
      stopped.push_back(fmt::format("{} = {:g}", names[p], estimate.parameter[p]));
  std::vector<core::Complaint> found;
  if (!stopped.empty())
    found.push_back({"",
                     fmt::format("{} of domain '{}' stopped at a bound", core::join_words(stopped),
                                 data.domain),
                     "", ""});
  if (sees_model_size() && data.sizes.size() == 2)
    found.push_back({"",
                     fmt::format("two model sizes do not tell gamma of domain '{}'", data.domain),
                     fmt::format("it is drawn to the usual {:g}", usual_size_exponent),
                     "Add a third before you extrapolate to larger models"});
  return found;
}

Prior SolvedLaw::prior(const DomainData&) const { return {}; }

std::unique_ptr<RowModel> SolvedLaw::rows(const DomainData& data) const {
  return plain_rows(*this, data);
}

Power Power::of(double x, double exponent) {
  const double log = std::log(x);
  return {log, std::exp(-exponent * log)};
}

CurveLaw::Predicted::Predicted(const CurveLaw& law, std::span<const double> parameter,
                               const LawPoint& point)
    : curve_(zero_curve(parameter.size(), point.share.size())),
      tokens_(point.tokens),
      exponent_place_(law.exponent(point.share.size())) {
  law.curve(parameter, point.share, point.own, curve_);
  volume_exponent_ = parameter[exponent_place_];
  volume_ = Power::of(point.tokens, volume_exponent_);
  if (!law.sees_model_size()) return;
  size_exponent_place_ = law.size_exponent(point.share.size());
  size_ = Power::of(point.model_size, parameter[*size_exponent_place_]);
}

double CurveLaw::Predicted::loss() const {
  return curve_.floor + curve_.decay * volume_.value + curve_.capacity * size_.value;
}

void CurveLaw::Predicted::gradient(std::span<double> slope) const {
  const double v = volume_.value, n = size_.value;
  for (std::size_t p = 0; p < slope.size(); ++p) {
    const auto i = static_cast<Eigen::Index>(p);
    slope[p] = curve_.floor_slope(i) + v * curve_.decay_slope(i) + n * curve_.capacity_slope(i);
  }
  slope[exponent_place_] -= volume_.log * curve_.decay * v;
  if (size_exponent_place_) slope[*size_exponent_place_] -= size_.log * curve_.capacity * n;
}

void CurveLaw::Predicted::share_gradient(std::span<double> slope) const {
  for (std::size_t k = 0; k < slope.size(); ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    slope[k] = curve_.floor_share(i) + volume_.value * curve_.decay_share(i) +
               size_.value * curve_.capacity_share(i);
  }
}

double CurveLaw::Predicted::volume_slope() const {
  return -volume_exponent_ * curve_.decay * volume_.value / tokens_;
}

double CurveLaw::predict(std::span<const double> parameter, const LawPoint& point) const {
  return Predicted(*this, parameter, point).loss();
}

void CurveLaw::gradient(std::span<const double> parameter, const LawPoint& point,
                        std::span<double> slope) const {
  Predicted(*this, parameter, point).gradient(slope);
}

void CurveLaw::share_gradient(std::span<const double> parameter, const LawPoint& point,
                              std::span<double> slope) const {
  Predicted(*this, parameter, point).share_gradient(slope);
}

std::unique_ptr<RowModel> CurveLaw::rows(const DomainData& data) const {
  return std::make_unique<CurveRows>(*this, data);
}

std::optional<core::Complaint> lacks_own_share(const DomainData& data) {
  if (data.own >= 0) return std::nullopt;
  return core::Complaint{"", fmt::format("domain '{}' is not fitted", data.domain),
                         "its loss follows the share of no training domain",
                         "Name one with share_of, or use a law that sees the whole mixture"};
}

std::optional<core::Complaint> OwnShareLaw::obstacle(const DomainData& data) const {
  if (auto lack = lacks_own_share(data)) return lack;
  return CurveLaw::obstacle(data);
}

void OwnShareLaw::curve(std::span<const double> parameter, std::span<const double> share, int own,
                        Curve& curve) const {
  if (own < 0)
    curve.floor = std::numeric_limits<double>::quiet_NaN();
  else
    curve_at(parameter, share[static_cast<std::size_t>(own)], own, curve);
}

void pull_to_mean(Prior& prior, const std::vector<std::size_t>& parameters,
                  std::size_t parameter_count, double weight) {
  pull_to(prior, parameters, parameter_count, weight, 0.0);
  const auto count = static_cast<Eigen::Index>(parameters.size());
  for (Eigen::Index i = prior.rows.rows() - count; i < prior.rows.rows(); ++i)
    for (const std::size_t p : parameters)
      prior.rows(i, static_cast<Eigen::Index>(p)) -= weight / static_cast<double>(count);
}

void pull_to(Prior& prior, const std::vector<std::size_t>& parameters, std::size_t parameter_count,
             double weight, double center) {
  const Eigen::Index old = prior.rows.rows();
  const Eigen::Index rows = old + static_cast<Eigen::Index>(parameters.size());
  prior.rows.conservativeResize(rows, static_cast<Eigen::Index>(parameter_count));
  prior.target.conservativeResize(rows);
  for (Eigen::Index i = old; i < rows; ++i) {
    prior.rows.row(i).setZero();
    prior.rows(i, static_cast<Eigen::Index>(parameters[static_cast<std::size_t>(i - old)])) =
        weight;
    prior.target(i) = weight * center;
  }
}

void pull_size_exponent(Prior& prior, std::size_t parameter, std::size_t parameter_count) {
  constexpr double weak = 0.003;
  pull_to(prior, {parameter}, parameter_count, weak, usual_size_exponent);
}

std::vector<std::size_t> by_domain(std::size_t first, std::size_t train_domains, int skip) {
  std::vector<std::size_t> parameters;
  for (std::size_t k = 0; k < train_domains; ++k)
    if (static_cast<int>(k) != skip) parameters.push_back(first + k);
  return parameters;
}

void append_names(std::vector<std::string>& names, const std::string& name,
                  std::size_t train_domains) {
  for (std::size_t k = 1; k <= train_domains; ++k) names.push_back(fmt::format("{}_{}", name, k));
}

std::size_t gauge_domain(int own) { return own >= 0 ? static_cast<std::size_t>(own) : 0; }

bool at_last_volume(const DomainData& data, std::size_t row) {
  const LawPoint point = data.point(row);
  return Range::up_to(data.last_volume).holds(point.tokens) &&
         Range::up_to(data.last_size).holds(point.model_size);
}

LossRange last_losses(const DomainData& data) {
  LossRange range{std::numeric_limits<double>::infinity(), 0.0};
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m) {
    if (!at_last_volume(data, m)) continue;
    range.low = std::min(range.low, data.loss_nats[m]);
    range.high = std::max(range.high, data.loss_nats[m]);
  }
  range.high = std::max(range.high, 1.01 * range.low);
  return range;
}

}  // namespace bimix::law
