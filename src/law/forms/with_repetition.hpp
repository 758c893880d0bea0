#pragma once

#include "repetition.hpp"
#include "solved_law.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bimix::law {

/// Rows of runs that repeat one by one, those of others by another model.
class RepeatedRows final : public RowModel {
 public:
  /// Predicts one run that repeats. @param slope P, written
  using Predict = std::function<double(std::span<const double> parameter, const LawPoint& point,
                                       std::span<double> slope)>;
  /// @param others predicts all rows as if nothing repeated
  RepeatedRows(const DomainData& data, std::unique_ptr<RowModel> others, Predict predict);
  void evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override;

 private:
  const DomainData& data_;
  std::unique_ptr<RowModel> others_;
  Predict predict_;
  std::vector<std::size_t> repeated_{};
};

/// How a loss changes with what domains are worth, as shares of the volume: what one of them gains
/// raises it by `rise`; what it loses raises the shares of all others and lowers the volume,
/// `lost`.
struct WorthSlopes {
  /// @param as_new the run of new tokens that it is worth @param tokens of the run itself
  WorthSlopes(const CurveLaw::Predicted& as_new, const WornRun& run, double tokens);
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
    return std::make_unique<RepeatedRows>(
        data, std::move(as_new),
        [this](std::span<const double> parameter, const LawPoint& point, std::span<double> slope) {
          return WornSlopes(*this, parameter, point).gradient(slope);
        });
  }

  double predict(std::span<const double> parameter, const LawPoint& point) const override {
    if (!repeats(point)) return Base::predict(parameter, point);
    const WornRun run = worn(parameter, point);
    return std::exp(run.harm) * Base::predict(parameter, as_new(run, point));
  }
  void gradient(std::span<const double> parameter, const LawPoint& point,
                std::span<double> slope) const override {
    if (!repeats(point)) return Base::gradient(parameter, point, slope);
    WornSlopes(*this, parameter, point).gradient(slope);
  }
  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override {
    if (!repeats(point)) return Base::share_gradient(parameter, point, slope);
    WornSlopes(*this, parameter, point).share_gradient(slope);
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
  /// What both gradients are made of, from one curve.
  class WornSlopes {
   public:
    WornSlopes(const WithRepetition& law, std::span<const double> parameter, const LawPoint& point)
        : run_(law.worn(parameter, point)),
          as_new_(law, parameter, as_new(run_, point)),
          harm_(std::exp(run_.harm)),
          loss_(harm_ * as_new_.loss()),
          by_(as_new_, run_, point.tokens) {}

    /// @return the loss
    double gradient(std::span<double> slope) const {
      as_new_.gradient(slope);
      for (double& value : slope) value *= harm_;
      double by_r = 0.0;
      for (std::size_t k = 0; k < run_.share.size(); ++k)
        if (run_.worth_by_r[k] > 0.0) by_r += (by_.rise[k] - by_.lost) * run_.worth_by_r[k];
      const std::span<double> last = slope.last(repetition_count);
      for (std::size_t i = 0; i < repetition_count; ++i) last[i] = loss_ * run_.harm_slope[i];
      last[repetition::log_r] += harm_ * by_r;
      return loss_;
    }
    void share_gradient(std::span<double> slope) const {
      for (std::size_t k = 0; k < slope.size(); ++k)
        slope[k] = harm_ * (by_.rise[k] * run_.slope[k] + by_.lost * (1.0 - run_.slope[k])) +
                   loss_ * run_.harm_share[k];
    }

   private:
    WornRun run_;
    CurveLaw::Predicted as_new_;
    double harm_, loss_;
    WorthSlopes by_;
  };
};

}  // namespace bimix::law
