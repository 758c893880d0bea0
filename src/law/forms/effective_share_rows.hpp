#pragma once

#include "../solve/kernels.hpp"
#include "../solve/solver.hpp"

#include <bimix/law/law.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

/// Where the coefficients of `effective_share` are, and its rows.
namespace bimix::law::effective_share {

enum : std::size_t { e_index, q_index, p_index, beta_index, kappa_index, t_index };

inline std::size_t g_index(std::size_t domains) { return t_index + domains; }
inline std::size_t loss_index(std::size_t domains) { return t_index + 2 * domains; }
inline std::size_t tokens_index(std::size_t domains) { return t_index + 2 * domains + 1; }
// Of the law that sees the model size.
inline std::size_t s_index(std::size_t domains) { return tokens_index(domains) + 1; }
inline std::size_t gamma_index(std::size_t domains) { return tokens_index(domains) + 2; }
inline std::size_t kappa_n_index(std::size_t domains) { return tokens_index(domains) + 3; }
inline std::size_t size_index(std::size_t domains) { return tokens_index(domains) + 4; }

/// The same for all rows at once, a column a parameter: fits of hundreds of mixtures take most of
/// their time here. The rows of a mixture are a group: only its shares enter the t and g.
/// EffectiveShare::curve is what it is held against.
class EffectiveShareRows final : public RowModel {
 public:
  EffectiveShareRows(const DomainData& data, bool sees_model_size)
      : sees_model_size_(sees_model_size) {
    const auto mixtures = static_cast<Eigen::Index>(data.mixtures.size());
    const auto domains = static_cast<Eigen::Index>(data.mixtures.front().size());
    log_share_.resize(mixtures, domains);
    has_share_.resize(mixtures, domains);
    for (Eigen::Index d = 0; d < mixtures; ++d)
      for (Eigen::Index k = 0; k < domains; ++k) {
        const double share =
            data.mixtures[static_cast<std::size_t>(d)][static_cast<std::size_t>(k)];
        has_share_(d, k) = share > 0.0 ? 1.0 : 0.0;
        log_share_(d, k) = share > 0.0 ? std::log(share) : 0.0;
      }
    const auto rows = static_cast<Eigen::Index>(data.loss_nats.size());
    log_tokens_.resize(rows);
    log_size_.resize(rows);
    groups_.first = t_index;
    groups_.count = 2 * data.mixtures.front().size();
    for (Eigen::Index m = 0; m < rows; ++m) {
      const auto row = static_cast<std::size_t>(m);
      log_size_(m) = std::log(data.sizes[data.size[row]]);  // read if the law sees it
      groups_.of.push_back(static_cast<Eigen::Index>(data.mixture[row]));
      log_tokens_(m) = std::log(data.volumes[data.volume[row]]);
    }
  }

  void evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override {
    predict(parameter, predicted);
    GroupedSlopes slopes;
    grouped_slopes(parameter, slopes);
    const auto first = static_cast<Eigen::Index>(groups_.first);
    const auto count = static_cast<Eigen::Index>(groups_.count);
    slope.resize(predicted.size(), static_cast<Eigen::Index>(parameter.size()));
    slope.leftCols(first) = slopes.own.leftCols(first);
    slope.rightCols(slopes.own.cols() - first) = slopes.own.rightCols(slopes.own.cols() - first);
    slope.middleCols(first, count) =
        slopes.factor.asDiagonal() * slopes.group(groups_.of, Eigen::all);
  }

  void predict(std::span<const double> parameter, Eigen::VectorXd& predicted) override {
    compute(parameter);
    predicted = predicted_;
  }

  const RowGroups* groups() const override { return &groups_; }

  void grouped_slopes(std::span<const double> parameter, GroupedSlopes& slopes) override {
    compute(parameter);
    const Eigen::Index domains = log_share_.cols();
    const auto count = static_cast<std::size_t>(domains);
    const double loss = parameter[loss_index(count)], tokens = parameter[tokens_index(count)];
    const double beta = parameter[beta_index], kappa = parameter[kappa_index];
    const double log_uniform = -std::log(static_cast<double>(count));
    const auto own = [&](std::size_t index) {  // behind the t and g
      return slopes.own.col(static_cast<Eigen::Index>(index - groups_.count));
    };
    // A law that is made from this one has coefficients behind these.
    slopes.own.setZero(log_tokens_.size(),
                       static_cast<Eigen::Index>(parameter.size() - groups_.count));
    slopes.own.col(e_index).setConstant(loss);
    slopes.own.col(q_index) = floor_;
    slopes.own.col(p_index) = decay_;
    slopes.own.col(beta_index) = (std::log(tokens) - log_tokens_) * decay_;
    slopes.own.col(kappa_index) = -log_rho_ * decay_;
    own(loss_index(count)) = predicted_ / loss;
    own(tokens_index(count)) = beta / tokens * decay_;
    slopes.factor = -floor_ - kappa * decay_;
    if (sees_model_size_) {
      const double kappa_n = parameter[kappa_n_index(count)];
      const double size = parameter[size_index(count)];
      slopes.factor.array() -= kappa_n * capacity_;
      own(s_index(count)) = capacity_;
      own(gamma_index(count)) = (std::log(size) - log_size_) * capacity_;
      own(kappa_n_index(count)) = -log_rho_ * capacity_;
      own(size_index(count)) = parameter[gamma_index(count)] / size * capacity_;
    }
    slopes.group.resize(part_.rows(), 2 * domains);
    for (Eigen::Index k = 0; k < domains; ++k) {
      slopes.group.col(k) = part_.col(k) - uniform_(k);
      slopes.group.col(domains + k) = part_.col(k) * log_share_.col(k) - uniform_(k) * log_uniform;
    }
  }

 private:
  /// All that predictions and slopes are made of, unless it is there already.
  void compute(std::span<const double> parameter) {
    if (std::equal(parameter.begin(), parameter.end(), at_.begin(), at_.end())) return;
    at_.assign(parameter.begin(), parameter.end());
    const Eigen::Index domains = log_share_.cols();
    const auto count = static_cast<std::size_t>(domains);
    const Eigen::Map<const Eigen::ArrayXd> t(parameter.data() + t_index, domains);
    const Eigen::Map<const Eigen::ArrayXd> g(parameter.data() + g_index(count), domains);
    const double loss = parameter[loss_index(count)];

    uniform_ = (t - g * std::log(static_cast<double>(count))).exp();
    const double uniform_rho = uniform_.sum();
    uniform_ /= uniform_rho;
    part_.resize(log_share_.rows(), domains);
    for (Eigen::Index k = 0; k < domains; ++k) {
      part_.col(k) = log_share_.col(k) * g(k) + t(k);
      exponentials(part_.col(k));
      part_.col(k) *= has_share_.col(k);
    }
    const Eigen::ArrayXd rho = part_.rowwise().sum();
    part_.colwise() /= rho;

    log_rho_ = (rho / uniform_rho).log()(groups_.of);
    floor_ = loss * (parameter[q_index] - log_rho_).exp();
    decay_ =
        loss * (parameter[p_index] - parameter[kappa_index] * log_rho_ -
                parameter[beta_index] * (log_tokens_ - std::log(parameter[tokens_index(count)])))
                   .exp();
    predicted_ = loss * parameter[e_index] + floor_ + decay_;
    if (!sees_model_size_) return;
    capacity_ = loss * (parameter[s_index(count)] - parameter[kappa_n_index(count)] * log_rho_ -
                        parameter[gamma_index(count)] *
                            (log_size_ - std::log(parameter[size_index(count)])))
                           .exp();
    predicted_ += capacity_;
  }

  bool sees_model_size_;
  Eigen::ArrayXXd log_share_{}, has_share_{};  // (D, K); log 0 is 0
  Eigen::ArrayXd log_tokens_{}, log_size_{};   // M
  RowGroups groups_{};
  std::vector<double> at_{};  // P: where what follows was computed
  Eigen::ArrayXd uniform_{};  // K: of each domain in rho at the uniform mixture
  Eigen::ArrayXXd part_{};    // (D, K): the same at each mixture
  Eigen::ArrayXd log_rho_{}, floor_{}, decay_{}, capacity_{}, predicted_{};  // M
};

}  // namespace bimix::law::effective_share
