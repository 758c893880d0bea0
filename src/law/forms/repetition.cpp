#include "repetition.hpp"

#include "with_repetition.hpp"

#include <bimix/data/pools.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bimix::law {
namespace {

/// What going through one pool does.
struct OnePool {
  double epochs = 0.0;
  double share = 0.0;
  /// z^2 / (1 + z^2) and its slope by log z.
  double reached = 0.0, reached_slope = 0.0;
  double most = 0.0;       ///< A
  double logistic = 0.0;   ///< A / a
  double log_ratio = 0.0;  ///< log (r N / n), log r where N is not known

  double harm() const { return most * reached; }
};

OnePool pool_of(std::span<const double> c, const LawPoint& point, std::size_t k) {
  const double unique = point.unique_tokens[k];
  OnePool pool{.epochs = data::epochs(point.share[k], point.tokens, unique),
               .share = point.share[k]};
  if (!(pool.epochs > 1.0)) return pool;
  const double log_z = std::log(pool.epochs - 1.0) - c[repetition::log_epochs];
  pool.reached = 1.0 / (1.0 + std::exp(-2.0 * log_z));
  pool.reached_slope = 2.0 * pool.reached * (1.0 - pool.reached);
  pool.log_ratio = std::log(pool.share);
  if (point.model_size > 0.0) pool.log_ratio += std::log(point.model_size / unique);
  const double x = c[repetition::offset] + c[repetition::omega] * pool.log_ratio;
  pool.logistic = 1.0 / (1.0 + std::exp(-x));
  pool.most = std::exp(c[repetition::log_most]) * pool.logistic;
  return pool;
}

/// Adds `weight` times the pool's harm.
void add_harm(std::span<const double> c, const OnePool& pool, double weight, std::size_t k,
              WornRun& run) {
  if (!(pool.epochs > 1.0)) return;
  const double harm = weight * pool.harm();
  run.harm += harm;
  run.harm_slope[repetition::log_most] += harm;
  run.harm_slope[repetition::offset] += harm * (1.0 - pool.logistic);
  run.harm_slope[repetition::omega] += harm * (1.0 - pool.logistic) * pool.log_ratio;
  const double by_log_z = weight * pool.most * pool.reached_slope;
  run.harm_slope[repetition::log_epochs] -= by_log_z;
  run.harm_share[k] += (by_log_z / (pool.epochs - 1.0) * pool.epochs +
                        harm * (1.0 - pool.logistic) * c[repetition::omega]) /
                       pool.share;
}

}  // namespace

void append_repetition_names(std::vector<std::string>& names) {
  names.insert(names.end(), {"log_R", "log_a", "c", "omega", "log_E_0"});
}

void append_repetition_bounds(std::vector<Bound>& bounds) {
  bounds.insert(bounds.end(), {{-2.0, 12.0}, {-6.0, 1.0}, {-12.0, 12.0}, {0.0, 3.0}, {-2.0, 12.0}});
}

RepetitionValues usual_repetition() { return {4.0, 0.4, -2.2, 1.4, 4.1}; }

RepetitionValues usual_repetition_deviation() { return {1.0, 0.3, 1.2, 0.3, 0.7}; }

void pull_repetition(Prior& prior, std::size_t first, std::size_t parameter_count) {
  const RepetitionValues mean = usual_repetition(), deviation = usual_repetition_deviation();
  for (std::size_t i = 0; i < repetition_count; ++i)
    pull_to(prior, {first + i}, parameter_count, 1.0 / deviation[i], mean[i]);
}

void draw_repetition(std::span<const double> start, double shrinkage, core::RandomStream& stream,
                     std::vector<double>& parameter) {
  const RepetitionValues mean = usual_repetition(), deviation = usual_repetition_deviation();
  std::vector<Bound> bounds;
  append_repetition_bounds(bounds);
  const std::size_t first = parameter.size() - repetition_count;
  for (std::size_t i = 0; i < repetition_count; ++i) {
    const double centre = start.empty() ? mean[i] : start[first + i];
    parameter[first + i] = std::clamp(centre + deviation[i] * stream.normal() / shrinkage,
                                      bounds[i].low, bounds[i].high);
  }
}

bool any_repeats(const DomainData& data) {
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m)
    if (repeats(data.point(m))) return true;
  return false;
}

bool repeats(const LawPoint& point) {
  for (std::size_t k = 0; k < point.unique_tokens.size(); ++k)
    if (data::epochs(point.share[k], point.tokens, point.unique_tokens[k]) > 1.0) return true;
  return false;
}

WornRun worn_run(std::span<const double> c, const LawPoint& point) {
  const std::size_t domains = point.share.size();
  WornRun run{.share = {point.share.begin(), point.share.end()},
              .slope = std::vector<double>(domains, 1.0),
              .worth_by_r = std::vector<double>(domains, 0.0),
              .harm_share = std::vector<double>(domains, 0.0)};
  const double R = std::exp(c[repetition::log_r]);
  for (std::size_t k = 0; k < domains; ++k) {
    const OnePool pool = pool_of(c, point, k);
    if (point.own >= 0 ? static_cast<int>(k) == point.own : pool.share > 0.0)
      add_harm(c, pool, point.own >= 0 ? 1.0 : pool.share, k, run);
    if (point.own < 0) run.harm_share[k] += pool.harm();
    if (!(pool.epochs > 1.0)) continue;
    const double again = (pool.epochs - 1.0) / R, an_epoch = pool.share / pool.epochs;
    run.share[k] = an_epoch * (1.0 - R * std::expm1(-again));
    run.slope[k] = std::exp(-again);
    run.worth_by_r[k] = an_epoch * R * (-std::expm1(-again) - again * run.slope[k]);
    run.kept -= pool.share - run.share[k];
  }
  for (double& share : run.share) share /= run.kept;
  run.tokens = point.tokens * run.kept;
  return run;
}

RepeatedRows::RepeatedRows(const DomainData& data, std::unique_ptr<RowModel> others,
                           Predict predict)
    : data_(data), others_(std::move(others)), predict_(std::move(predict)) {
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m)
    if (repeats(data.point(m))) repeated_.push_back(m);
}

void RepeatedRows::evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                            Eigen::MatrixXd& slope) {
  others_->evaluate(parameter, predicted, slope);
  std::vector<double> row(parameter.size());
  for (const std::size_t m : repeated_) {
    const auto i = static_cast<Eigen::Index>(m);
    predicted(i) = predict_(parameter, data_.point(m), row);
    slope.row(i) = Eigen::Map<const Eigen::RowVectorXd>(row.data(), slope.cols());
  }
}

WorthSlopes::WorthSlopes(const CurveLaw::Predicted& as_new, const WornRun& run, double tokens)
    : rise(run.share.size()) {
  as_new.share_gradient(rise);
  for (std::size_t k = 0; k < rise.size(); ++k) {
    if (run.share[k] > 0.0) lost += rise[k] * run.share[k] / run.kept;
    rise[k] /= run.kept;
  }
  lost -= as_new.volume_slope() * tokens;
}

}  // namespace bimix::law
