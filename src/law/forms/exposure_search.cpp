#include "exposure_search.hpp"

#include "solved_law.hpp"

#include <bimix/data/pools.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace bimix::law {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::array rhos{0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4};
constexpr std::array kappas{0.4, 0.7, 1.0, 1.3};
const std::array taus{std::log(3.0),  std::log(5.0),  std::log(9.0),
                      std::log(17.0), std::log(33.0), std::log(65.0)};
/// The published range begins at 1, where the floor is the least loss itself.
constexpr std::array gammas{1.25, 1.5, 2.0, 3.0, 4.0, 6.0};
constexpr int folds = 3;

/// min x'Ax - 2 b'x over x >= 0 by coordinates in turn, from x. @param gram A, of scaled columns
void descend_by_coordinates(const MatrixXd& gram, const VectorXd& target, VectorXd& x) {
  constexpr int most_sweeps = 300;
  constexpr double resting = 1e-10;
  VectorXd slope = gram * x - target;
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    double moved = 0.0;
    for (Index i = 0; i < x.size(); ++i) {
      if (!(gram(i, i) > 0.0)) continue;
      const double next = std::max(0.0, x(i) - slope(i) / gram(i, i));
      const double step = next - x(i);
      if (step == 0.0) continue;
      x(i) = next;
      slope += step * gram.col(i);
      moved = std::max(moved, std::abs(step) * std::sqrt(gram(i, i)));
    }
    if (moved <= resting * std::sqrt(std::max(1.0, target.cwiseAbs().maxCoeff()))) return;
  }
}

/// Rows of the fit: epochs, volumes, losses, and what they weigh.
struct Rows {
  explicit Rows(const DomainData& data)
      : epochs(count(data), static_cast<Index>(data.mixtures.front().size())),
        log_volume(count(data)),
        loss(Eigen::Map<const VectorXd>(data.loss_nats.data(), count(data))),
        weight(VectorXd::Ones(count(data))) {
    const double log_last = std::log(data.last_volume);
    std::map<std::size_t, int> turn;
    for (Index m = 0; m < loss.size(); ++m) {
      const auto row = static_cast<std::size_t>(m);
      const LawPoint point = data.point(row);
      const std::vector<double> each = data::epochs(point.share, point.tokens, point.unique_tokens);
      for (Index k = 0; k < epochs.cols(); ++k) epochs(m, k) = each[static_cast<std::size_t>(k)];
      log_volume(m) = std::log(point.tokens) - log_last;
      if (!data.weight.empty()) weight(m) = data.weight[row];
      // Whole mixtures in turn; runs of one mixture differ in their pools.
      const std::size_t unit = data.mixtures.size() > 1 ? data.mixture[row] : data.pool[row];
      fold.push_back(turn.try_emplace(unit, static_cast<int>(turn.size())).first->second % folds);
    }
  }
  static Index count(const DomainData& data) { return static_cast<Index>(data.loss_nats.size()); }

  MatrixXd epochs;      // M, K
  VectorXd log_volume;  // M, of the last volume
  VectorXd loss, weight;
  std::vector<int> fold{};  // M
};

/// The standard deviation of a reading between the repeats of its mixture, from all that have some;
/// 0: there are none.
double spread_of_repeats(const DomainData& data) {
  std::vector<std::vector<std::size_t>> cells(data.mixtures.size() * data.volumes.size());
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m)
    cells[data.mixture[m] * data.volumes.size() + data.volume[m]].push_back(m);
  double squares = 0.0, freedom = 0.0;
  for (const std::vector<std::size_t>& cell : cells) {
    if (cell.size() < 2) continue;
    double mean = 0.0;
    for (const std::size_t m : cell) mean += data.loss_nats[m] / static_cast<double>(cell.size());
    for (const std::size_t m : cell)
      squares += (data.loss_nats[m] - mean) * (data.loss_nats[m] - mean);
    freedom += static_cast<double>(cell.size() - 1);
  }
  return freedom > 0.0 ? std::sqrt(squares / freedom) : 0.0;
}

/// Floors to try, all below every loss and none negative, by the run at the last volume whose most
/// epochs are the fewest: the proportional one, or what comes nearest to it.
std::vector<double> floors_of(const DomainData& data, const Rows& rows) {
  const double least = rows.loss.minCoeff();
  double fewest = std::numeric_limits<double>::infinity(), proportional = least;
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m) {
    const double most = rows.epochs.row(static_cast<Index>(m)).maxCoeff();
    if (!at_last_volume(data, m) || !(most < fewest)) continue;
    fewest = most;
    proportional = data.loss_nats[m];
  }
  // A loss that no run went below leaves a hundredth of it.
  const double reach = std::max(proportional - least, 0.01 * least);
  const double noise = 3.0 * spread_of_repeats(data);
  std::vector<double> floors;
  for (const double gamma : gammas)
    floors.push_back(std::clamp(std::max(proportional, least) - std::max(gamma * reach, noise), 0.0,
                                0.999 * least));
  return floors;
}

/// One place of the grid: columns -ln s, -b, h, whose coefficients are not negative, and the level
/// beside them.
class GridPlace {
 public:
  GridPlace(const Rows& rows, const MatrixXd& worth, const MatrixXd& harm) : rows_(rows) {
    columns_.resize(rows.loss.size(), 1 + 2 * rows.epochs.cols());
    columns_ << -rows.log_volume, -worth, harm;
    for (int fold = 0; fold < folds; ++fold) without_.push_back(part_of(fold));
  }

  /// Coefficients from the rows outside a fold.
  VectorXd fit_without(int fold, const VectorXd& target, VectorXd start) {
    return fit(without_[static_cast<std::size_t>(fold)], target, std::move(start));
  }
  VectorXd fit_all(const VectorXd& target, VectorXd start) {
    return fit(part_of(-1), target, std::move(start));
  }
  /// Of the last fit.
  double level() const { return level_; }

  /// Sum of squared relative errors of the rows of a fold.
  double error(const VectorXd& coefficient, double floor, int fold) const {
    double sum = 0.0;
    for (Index m = 0; m < columns_.rows(); ++m) {
      if (rows_.fold[static_cast<std::size_t>(m)] != fold) continue;
      const double predicted = floor + std::exp(level_ + columns_.row(m).dot(coefficient));
      const double off = predicted / rows_.loss(m) - 1.0;
      sum += rows_.weight(m) * off * off;
    }
    return sum;
  }

 private:
  /// The normal equations of some rows, about the means of the columns.
  struct Part {
    VectorXd weight{};  ///< 0 of what is left out
    Eigen::RowVectorXd centre{};
    MatrixXd weighted{}, gram{};
  };

  Part part_of(int left_out) const {
    Part part{.weight = rows_.weight};
    for (Index m = 0; m < part.weight.size(); ++m)
      if (rows_.fold[static_cast<std::size_t>(m)] == left_out) part.weight(m) = 0.0;
    const double total = part.weight.sum();
    part.centre = part.weight.transpose() * columns_ / total;
    const MatrixXd about = columns_.rowwise() - part.centre;
    part.weighted = part.weight.asDiagonal() * about;
    part.gram = part.weighted.transpose() * about;
    constexpr double ridge = 1e-3;
    part.gram.diagonal().tail(part.gram.rows() - 1).array() +=
        ridge * total / static_cast<double>(part.gram.rows());
    return part;
  }

  VectorXd fit(const Part& part, const VectorXd& target, VectorXd start) {
    const double middle = part.weight.dot(target) / part.weight.sum();
    const VectorXd wanted = part.weighted.transpose() * (target.array() - middle).matrix();
    descend_by_coordinates(part.gram, wanted, start);
    level_ = middle - part.centre.dot(start);
    return start;
  }

  const Rows& rows_;
  MatrixXd columns_{};
  std::vector<Part> without_{};  // each fold
  double level_ = 0.0;
};

}  // namespace

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

double exposure_worth(double rho, double kappa, double epochs) {
  return -std::expm1(-std::pow(rho * epochs, kappa));
}

double exposure_harm(double tau, double epochs) {
  const double s = softplus(std::log1p(epochs) - tau);
  return s * s;
}

bool is_on_grid(double rho, double kappa, double tau) {
  const auto is_one_of = [](const auto& grid, double x) {
    return std::find(grid.begin(), grid.end(), x) != grid.end();
  };
  return is_one_of(rhos, rho) && is_one_of(kappas, kappa) && is_one_of(taus, tau);
}

ExposureShape search_exposure(const DomainData& data) {
  const Rows rows(data);
  const std::vector<double> floors = floors_of(data, rows);
  const Index domains = rows.epochs.cols();
  ExposureShape best;
  double least = std::numeric_limits<double>::infinity();
  for (const double tau : taus) {
    const MatrixXd harm =
        rows.epochs.unaryExpr([tau](double epochs) { return exposure_harm(tau, epochs); });
    for (const double kappa : kappas)
      for (const double rho : rhos) {
        GridPlace place(rows, rows.epochs.unaryExpr([rho, kappa](double epochs) {
          return exposure_worth(rho, kappa, epochs);
        }),
                        harm);
        VectorXd coefficient = VectorXd::Zero(1 + 2 * domains);
        for (const double floor : floors) {
          const VectorXd target = (rows.loss.array() - floor).log();
          double error = 0.0;
          for (int fold = 0; fold < folds; ++fold) {
            coefficient = place.fit_without(fold, target, coefficient);
            error += place.error(coefficient, floor, fold);
          }
          if (!(error < least)) continue;
          least = error;
          const VectorXd all = place.fit_all(target, coefficient);
          best = {floor, rho, kappa, tau, place.level(), all(0)};
          best.worth.assign(all.data() + 1, all.data() + 1 + domains);
          best.harm.assign(all.data() + 1 + domains, all.data() + 1 + 2 * domains);
        }
      }
  }
  best.level += best.beta * std::log(data.last_volume);
  return best;
}

}  // namespace bimix::law
