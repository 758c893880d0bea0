#pragma once

#include "repetition.hpp"
#include "solved_law.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bimix::law {

/// Rows of runs that repeat one by one, those of others by another model.
class RepeatedRows final : public RowModel {
 public:
  /// @param others predicts all rows as if nothing repeated
  RepeatedRows(const Law& law, const DomainData& data, std::unique_ptr<RowModel> others);
  void evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override;

 private:
  const Law& law_;
  const DomainData& data_;
  std::unique_ptr<RowModel> others_;
  std::vector<std::size_t> repeated_{};
};

/// How a loss changes with what domains are worth, as shares of the volume: what one of them gains
/// raises it by `rise`; what it loses raises the shares of all others and lowers the volume,
/// `lost`.
struct WorthSlopes {
  WorthSlopes(const CurveLaw& law, std::span<const double> parameter, const WornRun& run,
              const LawPoint& as_new, double tokens);
  std::vector<double> rise;  ///< K
  double lost = 0.0;
};

/// A law of shares and volume that sees repetition as well: a run that repeats is the run of new
/// tokens that it is worth, times the harm (repetition.hpp). Its coefficients are those of the law
/// and, behind them, those of repetition; where no run repeats, these stay where they usually are,
/// and resamples draw them from there.
template <class Base>
class WithRepetition final : public Base {
 public:
  using Base::Base;

  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names = Base::parameters(domains);
    append_repetition_names(names);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds = Base::bounds(domains);
    append_repetition_bounds(bounds);
    return bounds;
  }
  std::vector<bool> pinned(const DomainData& data) const override {
    std::vector<bool> pinned = Base::pinned(data);
    if (!any_repeats(data)) std::fill(pinned.end() - repetition_count, pinned.end(), true);
    return pinned;
  }
  Prior prior(const DomainData& data) const override {
    Prior prior = Base::prior(data);
    const std::size_t count = this->parameters(data.mixtures.front().size()).size();
    if (any_repeats(data)) pull_repetition(prior, count - repetition_count, count);
    return prior;
  }
  /// Runs on several pools tell of repetition.
  bool needs_two_mixtures(const DomainData& data) const override {
    return data.pools.size() < 2 && Base::needs_two_mixtures(data);
  }
  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    std::vector<std::vector<double>> starts = Base::starts(data);
    const RepetitionValues usual = usual_repetition();
    for (std::vector<double>& start : starts) start.insert(start.end(), usual.begin(), usual.end());
    return starts;
  }
  std::unique_ptr<RowModel> rows(const DomainData& data) const override {
    std::unique_ptr<RowModel> as_new = Base::rows(data);
    if (!any_repeats(data)) return as_new;
    return std::make_unique<RepeatedRows>(*this, data, std::move(as_new));
  }

  double predict(std::span<const double> parameter, const LawPoint& point) const override {
    if (!repeats(point)) return Base::predict(parameter, point);
    const WornRun run = worn(parameter, point);
    return std::exp(run.harm) * Base::predict(parameter, as_new(run, point));
  }
  void gradient(std::span<const double> parameter, const LawPoint& point,
                std::span<double> slope) const override {
    if (!repeats(point)) return Base::gradient(parameter, point, slope);
    const auto [run, harm, loss, by] = WornSlopes(*this, parameter, point);
    Base::gradient(parameter, as_new(run, point), slope);
    for (double& value : slope) value *= harm;
    double by_r = 0.0;
    for (std::size_t k = 0; k < run.share.size(); ++k)
      if (run.worth_by_r[k] > 0.0) by_r += (by.rise[k] - by.lost) * run.worth_by_r[k];
    const std::span<double> last = slope.last(repetition_count);
    for (std::size_t i = 0; i < repetition_count; ++i) last[i] = loss * run.harm_slope[i];
    last[repetition::log_r] += harm * by_r;
  }
  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override {
    if (!repeats(point)) return Base::share_gradient(parameter, point, slope);
    const auto [run, harm, loss, by] = WornSlopes(*this, parameter, point);
    for (std::size_t k = 0; k < slope.size(); ++k)
      slope[k] = harm * (by.rise[k] * run.slope[k] + by.lost * (1.0 - run.slope[k])) +
                 loss * run.harm_share[k];
  }

 protected:
  Estimate least_squares(const DomainData& data, std::span<const double> start,
                         core::RandomStream* prior_draws) const override {
    Estimate estimate = Base::least_squares(data, start, prior_draws);
    if (prior_draws != nullptr && data.shrinkage > 0.0 && !any_repeats(data))
      draw_repetition(start, data.shrinkage, *prior_draws, estimate.parameter);
    return estimate;
  }

 private:
  WornRun worn(std::span<const double> parameter, const LawPoint& point) const {
    return worn_run(parameter.last(repetition_count), point);
  }
  static LawPoint as_new(const WornRun& run, const LawPoint& point) {
    return {run.share, point.own, run.tokens, point.model_size};
  }
  /// What both gradients are made of.
  struct WornSlopes {
    WornSlopes(const WithRepetition& law, std::span<const double> parameter, const LawPoint& point)
        : run(law.worn(parameter, point)),
          harm(std::exp(run.harm)),
          loss(harm * law.Base::predict(parameter, as_new(run, point))),
          by(law, parameter, run, as_new(run, point), point.tokens) {}
    WornRun run;
    double harm, loss;
    WorthSlopes by;
  };
};

}  // namespace bimix::law
