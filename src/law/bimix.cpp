#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

// L = r^-alpha (P s^-beta + Q). For given (alpha, beta) it is linear in (P, Q), which leaves a
// bounded search over two numbers (variable projection, Golub and Pereyra 1973). The Jacobian of
// the reduced problem is Kaufman's (1975): it leaves out a term that vanishes with the residual.
//
// Shares and volumes take few distinct values, so u = r^-alpha is computed once for each mixture
// and v = s^-beta once for each volume; sums over rows are kept for each volume and serve all beta.
namespace bimix {
namespace {

enum : std::size_t { p_index, q_index, alpha_index, beta_index, parameter_count };

// Far beyond any exponent seen in practice (the paper's are below 1); keeps powers finite.
constexpr double largest_exponent = 10.0;

constexpr std::array<double, 8> alpha_grid{0.0, 0.01, 0.03, 0.08, 0.2, 0.5, 1.2, 3.0};
constexpr std::array<double, 12> beta_grid{0.01, 0.03, 0.06, 0.1, 0.16, 0.25,
                                           0.4,  0.6,  0.9,  1.4, 2.5,  5.0};
constexpr int polished_starts = 3;

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double own_share(const DomainData& data, const Mixture& mixture) {
  return mixture[static_cast<std::size_t>(data.own)];
}

class BimixFitter final : public DomainFitter {
 public:
  explicit BimixFitter(const DomainData& data);
  Estimate fit(std::span<const double> mixture_weight, std::span<const double> start) override;

 private:
  using Pair = std::array<double, 2>;  // of alpha and beta

  /// The reduced problem at one (alpha, beta): the best P and Q there, half the gradient of the
  /// objective, and Kaufman's approximation of half its Hessian.
  struct State {
    Pair theta{};
    double P = 0.0, Q = 0.0;
    double objective = std::numeric_limits<double>::infinity();
    Pair gradient{};
    std::array<Pair, 2> hessian{};
    const char* stop_reason = "";
  };

  void sum_rows(double alpha);
  void solve_linear(const std::vector<double>& v, State& state) const;
  void add_residuals(State& state) const;
  void add_hessian(State& state) const;
  State evaluate(Pair theta);
  State polish(Pair theta);
  void search_grid();
  State best_of_grid(State best);

  std::size_t volume_count() const { return log_volume_.size(); }

  // Fixed by the data. Logarithms are taken about their means, for conditioning.
  std::vector<double> log_share_;     // D
  std::vector<double> log_volume_;    // V
  std::vector<std::size_t> first_;    // V + 1: rows of a volume are [first_[k], first_[k + 1])
  std::vector<std::size_t> mixture_;  // M
  std::vector<double> loss_;          // M
  std::vector<double> base_weight_;   // M: what makes a residual relative
  std::array<std::vector<double>, beta_grid.size()> grid_powers_;  // V each
  double mean_log_share_ = 0.0, mean_log_volume_ = 0.0;

  // Of the current weights.
  std::vector<double> weight_;  // M
  double total_ = 0.0;          // sum of weight * loss^2

  // Of the current alpha: u, and for each volume sums of weight * u^2 * log_share^n and
  // weight * u * loss.
  std::vector<double> u_;  // D
  std::vector<double> uu_, uu_log_, uu_log2_, uy_;

  // Of the current beta.
  std::vector<double> v_;

  std::array<std::array<double, beta_grid.size()>, alpha_grid.size()> grid_{};
};

BimixFitter::BimixFitter(const DomainData& data)
    : first_(data.volumes.size() + 1, 0), mixture_(data.mixture), loss_(data.loss_nats) {
  for (const Mixture& mixture : data.mixtures)
    log_share_.push_back(std::log(own_share(data, mixture)));
  for (const double tokens : data.volumes) log_volume_.push_back(std::log(tokens));
  mean_log_share_ = mean_of(log_share_);
  mean_log_volume_ = mean_of(log_volume_);
  for (double& x : log_share_) x -= mean_log_share_;
  for (double& x : log_volume_) x -= mean_log_volume_;
  for (const std::size_t volume : data.volume) ++first_[volume + 1];
  for (std::size_t k = 0; k < data.volumes.size(); ++k) first_[k + 1] += first_[k];
  for (const double loss : loss_)
    base_weight_.push_back(data.residual == Residual::relative ? 1.0 / (loss * loss) : 1.0);
  for (std::size_t j = 0; j < beta_grid.size(); ++j)
    for (const double log_volume : log_volume_)
      grid_powers_[j].push_back(std::exp(-beta_grid[j] * log_volume));
  weight_.resize(loss_.size());
  u_.resize(log_share_.size());
  for (auto* sums : {&uu_, &uu_log_, &uu_log2_, &uy_, &v_}) sums->resize(volume_count());
}

void BimixFitter::sum_rows(double alpha) {
  for (std::size_t d = 0; d < u_.size(); ++d) u_[d] = std::exp(-alpha * log_share_[d]);
  for (std::size_t k = 0; k < volume_count(); ++k) {
    double uu = 0.0, uu_log = 0.0, uu_log2 = 0.0, uy = 0.0;
    for (std::size_t m = first_[k]; m < first_[k + 1]; ++m) {
      const double u = u_[mixture_[m]], log_share = log_share_[mixture_[m]];
      const double wu = weight_[m] * u;
      uu += wu * u;
      uu_log += wu * u * log_share;
      uu_log2 += wu * u * log_share * log_share;
      uy += wu * loss_[m];
    }
    uu_[k] = uu;
    uu_log_[k] = uu_log;
    uu_log2_[k] = uu_log2;
    uy_[k] = uy;
  }
}

/// Two-column non-negative least squares. With v taken about its weighted mean the columns are
/// orthogonal. Losses are positive, so at most one of P and Q can be pushed to zero, and then the
/// one-column solution is the constrained optimum.
void BimixFitter::solve_linear(const std::vector<double>& v, State& state) const {
  double uu = 0.0, uy = 0.0, uuv = 0.0, uuvv = 0.0, uyv = 0.0;
  for (std::size_t k = 0; k < volume_count(); ++k) {
    uu += uu_[k];
    uy += uy_[k];
    uuv += uu_[k] * v[k];
    uuvv += uu_[k] * v[k] * v[k];
    uyv += uy_[k] * v[k];
  }
  const double center = uuv / uu;
  double spread = 0.0, slope = 0.0;
  for (std::size_t k = 0; k < volume_count(); ++k) {
    spread += uu_[k] * (v[k] - center) * (v[k] - center);
    slope += uy_[k] * (v[k] - center);
  }
  // Below this the powers of all volumes are equal to rounding, as at beta = 0: one column, which
  // is given to P, for Q would hide from the search that a larger beta may do better.
  const bool flat = spread <= 1e-20 * uuvv;
  state.P = flat ? uyv / uuvv : std::max(0.0, slope / spread);
  state.Q = flat ? 0.0 : uy / uu - state.P * center;
  if (state.Q < 0.0) {
    state.Q = 0.0;
    state.P = uyv / uuvv;
  }
}

/// Residuals row by row: from the sums they would lose half their digits where the fit is good.
void BimixFitter::add_residuals(State& state) const {
  state.objective = 0.0;
  state.gradient = {};
  for (std::size_t k = 0; k < volume_count(); ++k) {
    const double profile = state.P * v_[k] + state.Q;
    double eu = 0.0, eu_log = 0.0;
    for (std::size_t m = first_[k]; m < first_[k + 1]; ++m) {
      const double u = u_[mixture_[m]];
      const double error = loss_[m] - u * profile;
      const double weighted = weight_[m] * error;
      state.objective += weighted * error;
      eu += weighted * u;
      eu_log += weighted * u * log_share_[mixture_[m]];
    }
    state.gradient[0] += profile * eu_log;
    state.gradient[1] += log_volume_[k] * state.P * v_[k] * eu;
  }
}

void BimixFitter::add_hessian(State& state) const {
  // d0 = -dL/dalpha = log r * L and d1 = -dL/dbeta = log s * P u v; the columns of the linear part
  // are u * v and u. Inner products of all four, then the columns that are in use are projected
  // out.
  double d00 = 0.0, d01 = 0.0, d11 = 0.0, uu = 0.0, uuv = 0.0, uuvv = 0.0;
  Pair du{}, duv{};
  for (std::size_t k = 0; k < volume_count(); ++k) {
    const double profile = state.P * v_[k] + state.Q;
    const double fall = log_volume_[k] * state.P * v_[k];
    d00 += uu_log2_[k] * profile * profile;
    d01 += uu_log_[k] * profile * fall;
    d11 += uu_[k] * fall * fall;
    du[0] += uu_log_[k] * profile;
    du[1] += uu_[k] * fall;
    duv[0] += uu_log_[k] * profile * v_[k];
    duv[1] += uu_[k] * fall * v_[k];
    uu += uu_[k];
    uuv += uu_[k] * v_[k];
    uuvv += uu_[k] * v_[k] * v_[k];
  }
  const auto project_out = [&](double a, double b, double norm2) {
    d00 -= a * a / norm2;
    d01 -= a * b / norm2;
    d11 -= b * b / norm2;
  };
  if (state.Q > 0.0) project_out(du[0], du[1], uu);
  if (state.P > 0.0) {
    const double center = state.Q > 0.0 ? uuv / uu : 0.0;
    const double norm2 = uuvv - center * uuv;
    if (norm2 > 0.0) project_out(duv[0] - center * du[0], duv[1] - center * du[1], norm2);
  }
  state.hessian = {Pair{d00, d01}, Pair{d01, d11}};
}

BimixFitter::State BimixFitter::evaluate(Pair theta) {
  State state;
  state.theta = theta;
  sum_rows(theta[0]);
  for (std::size_t k = 0; k < volume_count(); ++k) v_[k] = std::exp(-theta[1] * log_volume_[k]);
  solve_linear(v_, state);
  add_residuals(state);
  add_hessian(state);
  return state;
}

/// The Levenberg-Marquardt step from `state`, clipped to the bounds. Coordinates that rest at a
/// bound and are pushed against it stay there.
std::array<double, 2> damped_step(const std::array<double, 2>& theta,
                                  const std::array<double, 2>& gradient,
                                  const std::array<std::array<double, 2>, 2>& hessian,
                                  double damping) {
  std::array<bool, 2> free{};
  for (int i = 0; i < 2; ++i)
    free[i] = !(theta[i] <= 0.0 && gradient[i] >= 0.0) &&
              !(theta[i] >= largest_exponent && gradient[i] <= 0.0) && hessian[i][i] > 0.0;
  const double a = hessian[0][0] * (1.0 + damping), b = hessian[1][1] * (1.0 + damping);
  const double c = free[0] && free[1] ? hessian[0][1] : 0.0;
  const double determinant = a * b - c * c;
  std::array<double, 2> step{};
  if (free[0] && free[1] && determinant > 0.0) {
    step = {-(b * gradient[0] - c * gradient[1]) / determinant,
            -(a * gradient[1] - c * gradient[0]) / determinant};
  } else {
    if (free[0]) step[0] = -gradient[0] / a;
    if (free[1]) step[1] = -gradient[1] / b;
  }
  for (int i = 0; i < 2; ++i)
    step[i] = std::clamp(theta[i] + step[i], 0.0, largest_exponent) - theta[i];
  return step;
}

BimixFitter::State BimixFitter::polish(Pair theta) {
  constexpr int iteration_limit = 200;
  constexpr double step_tolerance = 1e-13, decrease_tolerance = 1e-14;
  State state = evaluate(theta);
  double damping = 1e-3;
  for (int iteration = 0; iteration < iteration_limit; ++iteration) {
    const Pair step = damped_step(state.theta, state.gradient, state.hessian, damping);
    const bool still = std::abs(step[0]) <= step_tolerance * (step_tolerance + state.theta[0]) &&
                       std::abs(step[1]) <= step_tolerance * (step_tolerance + state.theta[1]);
    if (still) {
      state.stop_reason = "converged: the step is at rounding";
      return state;
    }
    const double promised = -(step[0] * state.gradient[0] + step[1] * state.gradient[1]);
    State next = evaluate({state.theta[0] + step[0], state.theta[1] + step[1]});
    const bool better = next.objective < state.objective;
    const bool settled = promised <= decrease_tolerance * state.objective;
    if (better) state = next;
    if (settled) {
      state.stop_reason = "converged: the objective is at rounding";
      return state;
    }
    damping = better ? std::max(damping * 0.1, 1e-12) : damping * 10.0;
  }
  state.stop_reason = "iteration limit";
  return state;
}

/// Objectives on the grid, from the sums alone: accurate enough to choose where to start.
void BimixFitter::search_grid() {
  for (std::size_t i = 0; i < alpha_grid.size(); ++i) {
    sum_rows(alpha_grid[i]);
    for (std::size_t j = 0; j < beta_grid.size(); ++j) {
      const std::vector<double>& v = grid_powers_[j];
      State state;
      solve_linear(v, state);
      double objective = total_;
      for (std::size_t k = 0; k < volume_count(); ++k) {
        const double profile = state.P * v[k] + state.Q;
        objective += profile * (profile * uu_[k] - 2.0 * uy_[k]);
      }
      grid_[i][j] = objective;
    }
  }
}

/// Polishes the best local minima of the grid that lie below `best`.
BimixFitter::State BimixFitter::best_of_grid(State best) {
  struct Cell {
    double objective;
    Pair theta;
  };
  std::array<Cell, alpha_grid.size() * beta_grid.size()> minima{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < alpha_grid.size(); ++i)
    for (std::size_t j = 0; j < beta_grid.size(); ++j) {
      bool lowest = true;
      for (std::size_t a = i > 0 ? i - 1 : 0; a < std::min(i + 2, alpha_grid.size()); ++a)
        for (std::size_t b = j > 0 ? j - 1 : 0; b < std::min(j + 2, beta_grid.size()); ++b)
          lowest = lowest && grid_[i][j] <= grid_[a][b];
      if (lowest) minima[count++] = {grid_[i][j], {alpha_grid[i], beta_grid[j]}};
    }
  std::stable_sort(minima.begin(), minima.begin() + static_cast<std::ptrdiff_t>(count),
                   [](const Cell& a, const Cell& b) { return a.objective < b.objective; });
  // Cells above the best so far are followed only while there is none: a cell's minimum lies below
  // the cell, but a warm start that beats every cell has found the valley already.
  const double known = best.objective;
  for (std::size_t n = 0; n < std::min<std::size_t>(count, polished_starts); ++n) {
    if (minima[n].objective >= known) break;
    const State found = polish(minima[n].theta);
    if (found.objective < best.objective) best = found;
  }
  return best;
}

Estimate BimixFitter::fit(std::span<const double> mixture_weight, std::span<const double> start) {
  total_ = 0.0;
  for (std::size_t m = 0; m < loss_.size(); ++m) {
    weight_[m] = base_weight_[m] * mixture_weight[mixture_[m]];
    total_ += weight_[m] * loss_[m] * loss_[m];
  }
  State best;
  if (!start.empty()) best = polish({start[alpha_index], start[beta_index]});
  search_grid();
  best = best_of_grid(best);

  if (best.theta[1] == 0.0) {  // P s^0 is part of the floor
    best.Q += best.P;
    best.P = 0.0;
  }
  const double alpha = best.theta[0];
  const double beta = best.P > 0.0 ? best.theta[1] : 0.0;  // without P there is no beta
  Estimate estimate;
  estimate.parameter.resize(parameter_count);
  estimate.parameter[p_index] =
      best.P * std::exp(alpha * mean_log_share_ + beta * mean_log_volume_);
  estimate.parameter[q_index] = best.Q * std::exp(alpha * mean_log_share_);
  estimate.parameter[alpha_index] = alpha;
  estimate.parameter[beta_index] = beta;
  estimate.objective = best.objective;
  estimate.stop_reason = best.stop_reason;
  return estimate;
}

/// Largest over smallest own share.
double share_span(const DomainData& data) {
  double low = std::numeric_limits<double>::infinity(), high = 0.0;
  for (const Mixture& mixture : data.mixtures) {
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
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {{0.0, infinity}, {0.0, infinity}, {0.0, largest_exponent}, {0.0, largest_exponent}};
  }
  bool needs_own_share() const override { return true; }
  bool finite_at_zero_share() const override { return false; }

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

  std::optional<PowerSection> power_section(std::span<const double> parameter,
                                            double tokens) const override {
    return PowerSection{profile(parameter, tokens), parameter[alpha_index]};
  }

  std::optional<Complaint> obstacle(const DomainData& data) const override;
  std::unique_ptr<DomainFitter> fitter(const DomainData& data) const override {
    return std::make_unique<BimixFitter>(data);
  }
  std::vector<Complaint> doubts(const DomainData& data, const Estimate& estimate) const override;

 private:
  static double profile(std::span<const double> parameter, double tokens) {
    return parameter[p_index] * std::pow(tokens, -parameter[beta_index]) + parameter[q_index];
  }
};

std::optional<Complaint> Bimix::obstacle(const DomainData& data) const {
  const std::string domain = fmt::format("domain '{}'", data.domain);
  if (data.own < 0)
    return Complaint{"", domain + " is not fitted",
                     "its loss follows the share of no training domain",
                     "Name one with share_of, or use a law that sees the whole mixture"};
  if (data.loss_nats.size() < parameter_count)
    return Complaint{
        "", fmt::format("{} has {} usable observations", domain, data.loss_nats.size()),
        fmt::format("{} coefficients need as many", +parameter_count), "Add mixtures or volumes"};
  if (data.volumes.back() <= data.volumes.front() * (1.0 + volume_tolerance))
    return Complaint{"", fmt::format("beta of {} cannot be told from one volume", domain), "",
                     "Evaluate at two volumes at least, better five"};
  if (share_span(data) <= 1.0 + 1e-9)
    return Complaint{"", fmt::format("alpha of {} cannot be told from one mixture", domain),
                     fmt::format("every observation has its share at {:.6g}",
                                 own_share(data, data.mixtures.front())),
                     "Add mixtures with another share of it"};
  return std::nullopt;
}

std::vector<Complaint> Bimix::doubts(const DomainData& data, const Estimate& estimate) const {
  // Below these ranges intervals in the public tables grow past the coefficients themselves.
  constexpr double narrow_share = 1.5, narrow_decades = 1.5;
  std::vector<Complaint> found;
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
         fmt::format("volumes span {:.2g} decades, below {:g}", decades, narrow_decades),
         "Add smaller or larger volumes"});
  if (parameter[q_index] == 0.0)
    found.push_back({"", fmt::format("Q {} stopped at its bound 0", of),
                     "no floor of its loss shows at these volumes",
                     "Add larger volumes before you extrapolate far"});
  return found;
}

}  // namespace

std::unique_ptr<const Law> make_law_bimix() { return std::make_unique<Bimix>(); }

PaperCoefficients paper_coefficients(const LawFit& fit, std::size_t eval_domain) {
  require(fit.law == "bimix", "only bimix has the paper's coefficients");
  const Table& c = fit.coefficient;
  return {1.0, c(eval_domain, alpha_index), c(eval_domain, p_index), c(eval_domain, beta_index),
          c(eval_domain, q_index)};
}

}  // namespace bimix
