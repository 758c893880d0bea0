#include "../solve/kernels.hpp"
#include "../solve/residuals.hpp"
#include "../solve/valley.hpp"
#include "effective_share_rows.hpp"
#include "solved_law.hpp"
#include "with_repetition.hpp"

#include <bimix/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

// L = L_ref (e + Q / rho + P rho^-kappa (s / s_ref)^-beta), and S rho^-kappa_N (N / N_ref)^-gamma
// in the brackets where models differ in size: the loss follows an effective share of the whole
// mixture,
//   rho(r) = sum_j w_j r_j^g_j, divided by its value at the uniform mixture,
// in which every domain j counts with a weight w_j = exp(t_j) of its own (1 for the own domain) and
// with diminishing returns g_j <= 1. BiMix is e = 0, kappa = 1, w_j = 0 elsewhere; the additive law
// is kappa = 0. Falling and convex in the shares (rho is concave, 1 / rho and rho^-kappa are convex
// and falling in it), finite without any one of them.
//
// It has 5 + 2K coefficients, more than a handful of mixtures determines. What makes it predict is
// the prior: each coefficient has a usual place, the noise says how far the data may pull it from
// there, and the noise is estimated along with the fit. L_ref (the mean loss at the last volume)
// and s_ref (that volume) only fix the units in which the prior is stated.
namespace bimix::law {
namespace {

using namespace effective_share;

struct Usual {
  double mean, deviation;
};
// Chosen on two public tables (122M SlimPajama, 70M RedPajama); the marks hardly move with them.
constexpr Usual usual_e{0.75, 0.1}, usual_q{-1.8, 0.7}, usual_p{-3.0, 1.0}, usual_beta{0.35, 0.15},
    usual_kappa{0.3, 0.5}, usual_t{-1.5, 0.7}, usual_own_g{0.6, 0.2}, usual_g{0.9, 0.1};
// What a larger model saves is about a tenth of the loss (Hoffmann et al. 2022, arXiv 2203.15556:
// 0.1 to 0.2 for models of 100M to 1B parameters); without models of several sizes it is part of e.
constexpr double usual_saving = 0.1;
constexpr Usual usual_s{-2.3, 1.0}, usual_gamma{usual_size_exponent, 0.15};

// Readings of a run err together: their common deviation has this many times the variance of one
// reading at the last volume. Readings count with the square of their volume: the law is for where
// it is used.
constexpr double run_variance = 4.0, weight_power = 2.0;

/// Where runs have no volume in common, none is what the law is for.
bool has_common_volume(const DomainData& data) {
  std::vector<bool> reaches(data.mixtures.size(), false);
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m)
    if (at_last_volume(data, m)) reaches[data.mixture[m]] = true;
  return 2 * std::count(reaches.begin(), reaches.end(), true) >=
         static_cast<std::ptrdiff_t>(reaches.size());
}

class EffectiveShare : public CurveLaw {
 public:
  using CurveLaw::CurveLaw;
  std::unique_ptr<const Law> seeing(Sight sight) const override;
  std::string name() const override { return "effective_share"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"e", "log_Q", "log_P", "beta", "kappa"};
    append_names(names, "t", domains);
    append_names(names, "g", domains);
    names.insert(names.end(), {"L_ref", "s_ref"});
    if (sees_model_size()) names.insert(names.end(), {"log_S", "gamma", "kappa_N", "N_ref"});
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{{0.0, 0.98}, {-12.0, 6.0}, {-12.0, 6.0}, {0.01, 3.0}, {0.0, 6.0}};
    bounds.resize(g_index(domains), {-12.0, 6.0});
    bounds.resize(loss_index(domains), {0.02, 1.0});
    bounds.insert(bounds.end(), {not_negative, not_negative});
    if (sees_model_size())
      bounds.insert(bounds.end(), {{-12.0, 6.0}, {0.01, 3.0}, {0.0, 6.0}, not_negative});
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  bool falls_in_shares(std::span<const double>) const override { return true; }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::size_t size_exponent(std::size_t domains) const override { return gamma_index(domains); }
  std::vector<std::size_t> linear(std::size_t) const override { return {}; }

  std::vector<bool> pinned(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    std::vector<bool> pinned(parameters(domains).size(), false);
    pinned[loss_index(domains)] = pinned[tokens_index(domains)] = true;
    if (sees_model_size()) pinned[size_index(domains)] = true;
    if (data.own >= 0) pinned[t_index + static_cast<std::size_t>(data.own)] = true;
    return pinned;
  }

  bool prior_states_spread() const override { return true; }
  bool is_usually_near() const override { return true; }  // where domains help one another
  /// What one volume cannot tell stays where it usually is.
  bool needs_two_volumes(const DomainData& data) const override { return data.shrinkage == 0.0; }
  Prior prior(const DomainData& data) const override;
  std::vector<std::vector<double>> starts(const DomainData& data) const override;
  void curve(std::span<const double> parameter, std::span<const double> share, int own,
             Curve& curve) const override;
  std::unique_ptr<RowModel> rows(const DomainData& data) const override;
  // What CurveLaw has of a curve, without the slopes by parameter.
  double predict(std::span<const double> parameter, const LawPoint& point) const override;
  void share_gradient(std::span<const double> parameter, const LawPoint& point,
                      std::span<double> slope) const override;

 protected:
  Estimate least_squares(const DomainData& data, std::span<const double> start,
                         core::RandomStream* prior_draws) const override;

 private:
  struct Terms;
  Terms terms(std::span<const double> parameter, double log_rho, const LawPoint& point) const;
  Usual usual_floor() const {
    return {sees_model_size() ? usual_e.mean - usual_saving : usual_e.mean, usual_e.deviation};
  }
};

std::unique_ptr<const Law> EffectiveShare::seeing(Sight sight) const {
  if (sight.repetition) return std::make_unique<WithRepetition<EffectiveShare>>(sight);
  return std::make_unique<EffectiveShare>(sight);
}

/// Pulls coefficients to their usual places. The level of the t is itself uncertain, as much as
/// their spread about it.
Prior EffectiveShare::prior(const DomainData& data) const {
  const std::size_t domains = data.mixtures.front().size();
  const std::size_t count = parameters(domains).size();  // with those of a law made from this one
  Prior prior;
  const auto pull = [&](const std::vector<std::size_t>& parameters, Usual usual) {
    pull_to(prior, parameters, count, 1.0 / usual.deviation, usual.mean);
  };
  pull({e_index}, usual_floor());
  pull({q_index}, usual_q);
  pull({p_index}, usual_p);
  pull({beta_index}, usual_beta);
  pull({kappa_index}, usual_kappa);
  if (data.own >= 0) pull({g_index(domains) + static_cast<std::size_t>(data.own)}, usual_own_g);
  pull(by_domain(g_index(domains), domains, data.own), usual_g);
  if (sees_model_size()) {
    pull({s_index(domains)}, usual_s);
    pull({gamma_index(domains)}, usual_gamma);
    pull({kappa_n_index(domains)}, usual_kappa);
  }
  const std::vector<std::size_t> others = by_domain(t_index, domains, data.own);
  if (others.empty()) return prior;
  pull_to_mean(prior, others, count, 1.0 / usual_t.deviation);
  const double n = static_cast<double>(others.size());
  const double level = 1.0 / (usual_t.deviation * std::sqrt(1.0 + 1.0 / n));
  pull_to(prior, {others.front()}, count, level, usual_t.mean);
  for (const std::size_t p : others)
    prior.rows(prior.rows.rows() - 1, static_cast<Eigen::Index>(p)) = level / n;
  return prior;
}

std::vector<std::vector<double>> EffectiveShare::starts(const DomainData& data) const {
  const std::size_t domains = data.mixtures.front().size();
  std::vector<double> start{usual_floor().mean, usual_q.mean, usual_p.mean, usual_beta.mean,
                            usual_kappa.mean};
  start.resize(g_index(domains), usual_t.mean);
  start.resize(loss_index(domains), usual_g.mean);
  if (data.own >= 0) {
    const auto own = static_cast<std::size_t>(data.own);
    start[t_index + own] = 0.0;
    start[g_index(domains) + own] = usual_own_g.mean;
  }
  start.insert(start.end(), {last_losses(data).low, data.last_volume});  // the first set by fit
  if (sees_model_size())
    start.insert(start.end(), {usual_s.mean, usual_gamma.mean, usual_kappa.mean, data.last_size});
  return {start};
}

/// log rho / rho(uniform) at a mixture, and what it is made of.
struct EffectiveLog {
  double value = 0.0;
  Eigen::ArrayXd part{};          ///< K: of each domain in rho
  Eigen::ArrayXd uniform_part{};  ///< K: the same at the uniform mixture
  Eigen::ArrayXd log_share{};     ///< K; 0 where there is none
  double rho = 0.0;
};

/// Optima ask for this more often than for anything else.
EffectiveLog effective_log(std::span<const double> parameter, std::span<const double> share) {
  const auto domains = static_cast<Eigen::Index>(share.size());
  const Eigen::Map<const Eigen::ArrayXd> t(parameter.data() + t_index, domains);
  const Eigen::Map<const Eigen::ArrayXd> g(parameter.data() + g_index(share.size()), domains);
  EffectiveLog log;
  log.log_share.resize(domains);
  for (Eigen::Index k = 0; k < domains; ++k) {
    const double r = share[static_cast<std::size_t>(k)];
    log.log_share(k) = r > 0.0 ? std::log(r) : 0.0;
  }
  log.part = t + g * log.log_share;
  log.uniform_part = t - g * std::log(static_cast<double>(domains));
  exponentials(log.part);
  exponentials(log.uniform_part);
  for (Eigen::Index k = 0; k < domains; ++k) {
    const double r = share[static_cast<std::size_t>(k)];
    // Without a share: 0, or what does not follow it. No number stays none.
    if (!(r > 0.0)) log.part(k) = std::exp(t(k)) * std::pow(r, g(k));
  }
  log.rho = log.part.sum();
  const double uniform = log.uniform_part.sum();
  log.part /= log.rho;
  log.uniform_part /= uniform;
  log.value = std::log(log.rho / uniform);
  return log;
}

/// d log rho / d share.
double rho_slope(std::span<const double> parameter, const EffectiveLog& log,
                 std::span<const double> share, std::size_t k) {
  const double g = parameter[g_index(share.size()) + k];
  if (share[k] > 0.0) return log.part(static_cast<Eigen::Index>(k)) * g / share[k];
  return std::exp(parameter[t_index + k]) * g * std::pow(share[k], g - 1.0) / log.rho;
}

/// Q, P and S of the loss in nats at one mixture, volume and model size.
struct EffectiveShare::Terms {
  double floor = 0.0, decay = 0.0, capacity = 0.0, kappa_n = 0.0;
};

EffectiveShare::Terms EffectiveShare::terms(std::span<const double> parameter, double log_rho,
                                            const LawPoint& point) const {
  const std::size_t domains = point.share.size();
  const double loss = parameter[loss_index(domains)];
  Terms terms;
  terms.floor = loss * std::exp(parameter[q_index] - log_rho);
  terms.decay = loss * std::exp(parameter[p_index] - parameter[kappa_index] * log_rho -
                                parameter[beta_index] *
                                    std::log(point.tokens / parameter[tokens_index(domains)]));
  if (!sees_model_size()) return terms;
  terms.kappa_n = parameter[kappa_n_index(domains)];
  terms.capacity = loss * std::exp(parameter[s_index(domains)] - terms.kappa_n * log_rho -
                                   parameter[gamma_index(domains)] *
                                       std::log(point.model_size / parameter[size_index(domains)]));
  return terms;
}

double EffectiveShare::predict(std::span<const double> parameter, const LawPoint& point) const {
  const Terms now = terms(parameter, effective_log(parameter, point.share).value, point);
  return parameter[loss_index(point.share.size())] * parameter[e_index] + now.floor + now.decay +
         now.capacity;
}

void EffectiveShare::share_gradient(std::span<const double> parameter, const LawPoint& point,
                                    std::span<double> slope) const {
  const EffectiveLog log = effective_log(parameter, point.share);
  const Terms now = terms(parameter, log.value, point);
  const double by_log =
      -now.floor - parameter[kappa_index] * now.decay - now.kappa_n * now.capacity;
  for (std::size_t k = 0; k < slope.size(); ++k)
    slope[k] = by_log * rho_slope(parameter, log, point.share, k);
}

void EffectiveShare::curve(std::span<const double> parameter, std::span<const double> share, int,
                           Curve& curve) const {
  const std::size_t domains = share.size();
  const EffectiveLog log = effective_log(parameter, share);
  const double loss = parameter[loss_index(domains)], tokens = parameter[tokens_index(domains)];
  const double beta = parameter[beta_index], kappa = parameter[kappa_index];
  const double H = loss * std::exp(parameter[q_index] - log.value);
  const double G =
      loss * std::exp(parameter[p_index] - kappa * log.value + beta * std::log(tokens));
  const auto at = [](std::size_t index) { return static_cast<Eigen::Index>(index); };
  curve.floor = loss * parameter[e_index] + H;
  curve.decay = G;
  curve.floor_slope(e_index) = loss;
  curve.floor_slope(q_index) = H;
  curve.decay_slope(p_index) = G;
  curve.decay_slope(beta_index) = std::log(tokens) * G;
  curve.decay_slope(kappa_index) = -log.value * G;
  curve.floor_slope(at(loss_index(domains))) = curve.floor / loss;
  curve.decay_slope(at(loss_index(domains))) = G / loss;
  curve.decay_slope(at(tokens_index(domains))) = beta / tokens * G;
  double S = 0.0, kappa_n = 0.0;
  if (sees_model_size()) {
    const double gamma = parameter[gamma_index(domains)], size = parameter[size_index(domains)];
    kappa_n = parameter[kappa_n_index(domains)];
    S = loss * std::exp(parameter[s_index(domains)] - kappa_n * log.value + gamma * std::log(size));
    curve.capacity = S;
    curve.capacity_slope(at(s_index(domains))) = S;
    curve.capacity_slope(at(gamma_index(domains))) = std::log(size) * S;
    curve.capacity_slope(at(kappa_n_index(domains))) = -log.value * S;
    curve.capacity_slope(at(loss_index(domains))) = S / loss;
    curve.capacity_slope(at(size_index(domains))) = gamma / size * S;
  }
  const double log_uniform = -std::log(static_cast<double>(domains));
  for (std::size_t k = 0; k < domains; ++k) {
    const double part = log.part(at(k)), uniform_part = log.uniform_part(at(k));
    const double by_t = part - uniform_part;
    const double by_g = part * log.log_share(at(k)) - uniform_part * log_uniform;
    const double by_share = rho_slope(parameter, log, share, k);
    curve.floor_slope(at(t_index + k)) = -H * by_t;
    curve.decay_slope(at(t_index + k)) = -kappa * G * by_t;
    curve.floor_slope(at(g_index(domains) + k)) = -H * by_g;
    curve.decay_slope(at(g_index(domains) + k)) = -kappa * G * by_g;
    curve.floor_share(at(k)) = -H * by_share;
    // By a share of 0 the slope is infinite, but for what does not follow the shares at all.
    if (kappa > 0.0) curve.decay_share(at(k)) = -kappa * G * by_share;
    if (!sees_model_size()) continue;
    curve.capacity_slope(at(t_index + k)) = -kappa_n * S * by_t;
    curve.capacity_slope(at(g_index(domains) + k)) = -kappa_n * S * by_g;
    if (kappa_n > 0.0) curve.capacity_share(at(k)) = -kappa_n * S * by_share;
  }
}

std::unique_ptr<RowModel> EffectiveShare::rows(const DomainData& data) const {
  return std::make_unique<EffectiveShareRows>(data, sees_model_size());
}

double mean_last_loss(const DomainData& data) {
  const bool counts_all = !has_common_volume(data);
  double sum = 0.0, count = 0.0;
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m) {
    if (!counts_all && !at_last_volume(data, m)) continue;
    sum += data.loss_nats[m];
    count += 1.0;
  }
  return sum / count;
}

/// Without the prior.
ValleyProblem problem_of(const EffectiveShare& law, const DomainData& data) {
  const auto rows = static_cast<Eigen::Index>(data.loss_nats.size());
  const double mean = mean_last_loss(data);
  ValleyProblem problem;
  problem.target = Eigen::Map<const Eigen::VectorXd>(data.loss_nats.data(), rows);
  if (data.residual == Residual::log) problem.target = problem.target.array().log();
  problem.scale = row_scales(data);
  if (data.residual == Residual::plain) problem.scale /= mean;
  problem.bounds = law.bounds(data.mixtures.front().size());
  problem.pinned = law.pinned(data);
  problem.effect.variance = run_variance;
  problem.effect.root_weight.resize(rows);
  const double power = has_common_volume(data) ? weight_power : 0.0;
  std::map<std::tuple<std::size_t, std::size_t, int>, std::size_t> runs;
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m) {
    const auto i = static_cast<Eigen::Index>(m);
    const auto run =
        runs.try_emplace({data.mixture[m], data.size[m], data.repeat[m]}, runs.size()).first;
    problem.effect.run.push_back(run->second);
    problem.effect.root_weight(i) =
        std::pow(std::min(1.0, data.volumes[data.volume[m]] / data.last_volume), 0.5 * power);
  }
  problem.scale.array() *= problem.effect.root_weight.array();
  return problem;
}

/// The fit and the noise in turn: the noise sets how strong the prior is. From the usual place the
/// search ends where others end, too; a start that is better saves time.
Estimate EffectiveShare::least_squares(const DomainData& data, std::span<const double> warm,
                                       core::RandomStream* prior_draws) const {
  constexpr int rounds = 3;
  constexpr double rough = 1e-6;  // for the noise alone
  const double fine = prior_draws != nullptr ? 1e-8 : ValleyEffort{}.tolerance;  // of a resample
  constexpr double first_noise = 0.003, least_damping = 1e-6;
  ValleyProblem problem = problem_of(*this, data);
  problem.prior = prior(data);
  problem.precision = problem.prior.rows.transpose() * problem.prior.rows;
  if (prior_draws != nullptr && data.shrinkage > 0.0) {
    // A resample's truth is the fit it starts from, so its prior errs about that.
    const auto count = static_cast<Eigen::Index>(warm.size());
    if (count > 0)
      problem.prior.target =
          problem.prior.rows * Eigen::Map<const Eigen::VectorXd>(warm.data(), count);
    for (double& target : problem.prior.target) target += prior_draws->normal() / data.shrinkage;
  }
  const std::unique_ptr<RowModel> losses = rows(data);
  LogRows logs(*losses);
  RowModel& model = data.residual == Residual::log ? logs : *losses;
  std::vector<double> start = starts(data).front();
  start[loss_index(data.mixtures.front().size())] = mean_last_loss(data);
  const auto readings = static_cast<double>(data.loss_nats.size());
  ValleySearch search(model, problem);
  ValleyEffort effort{.prior_strength = data.shrinkage * first_noise, .tolerance = rough};
  if (!warm.empty()) {
    std::vector<double> near(warm.begin(), warm.end());
    for (std::size_t p = 0; p < near.size(); ++p)
      if (problem.pinned[p]) near[p] = start[p];
    if (search.objective_at(near, effort) < search.objective_at(start, effort)) start = near;
  }
  Estimate estimate{.parameter = start};
  for (int round = 0; round <= rounds; ++round) {
    effort.tolerance = round < rounds ? rough : fine;
    ValleyRest rest = search.from(estimate.parameter, effort);
    estimate = std::move(rest.estimate);
    effort.damping = std::max(rest.damping, least_damping);
    const double noise =
        std::sqrt(rest.sum_of_squares / std::max(1.0, readings - rest.effective_parameters));
    effort.prior_strength = data.shrinkage * noise;
  }
  return estimate;
}

}  // namespace

std::unique_ptr<const Law> make_law_effective_share() { return std::make_unique<EffectiveShare>(); }

}  // namespace bimix::law
