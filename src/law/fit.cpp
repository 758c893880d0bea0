#include "domain_data.hpp"
#include "limits.hpp"
#include "noise.hpp"
#include "observed.hpp"
#include "solve/profile.hpp"
#include "solve/residuals.hpp"

#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/held_out.hpp>
#include <bimix/law/law.hpp>

#include <Eigen/SVD>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

namespace bimix::law {
namespace {

/// Jacobian of the residuals at the solution, in the law's own parameters: (M, P).
Eigen::MatrixXd jacobian(const Law& law, const DomainData& data,
                         const std::vector<double>& parameter) {
  const std::size_t rows = data.loss_nats.size();
  Eigen::MatrixXd result(rows, parameter.size());
  std::vector<double> slope(parameter.size());
  const Eigen::VectorXd scales = row_scales(data);
  for (std::size_t m = 0; m < rows; ++m) {
    const LawPoint point = data.point(m);
    law.gradient(parameter, point, slope);
    double scale = scales(static_cast<Eigen::Index>(m));
    if (data.residual == Residual::log) scale /= law.predict(parameter, point);
    for (std::size_t p = 0; p < slope.size(); ++p)
      result(static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(p)) = scale * slope[p];
  }
  return result;
}

Eigen::MatrixXd without_pinned(const Eigen::MatrixXd& slopes, const std::vector<bool>& pinned) {
  std::vector<int> kept;
  for (std::size_t p = 0; p < pinned.size(); ++p)
    if (!pinned[p]) kept.push_back(static_cast<int>(p));
  return slopes(Eigen::all, kept);
}

/// Singular values of a matrix whose columns are first scaled to length 1 (zero columns stay).
struct ScaledSvd {
  Eigen::VectorXd scale;
  Eigen::JacobiSVD<Eigen::MatrixXd> svd;
  int rank = 0;
  double condition = std::numeric_limits<double>::infinity();
};

ScaledSvd scaled_svd(const Eigen::MatrixXd& matrix) {
  ScaledSvd result;
  result.scale = matrix.colwise().norm();
  for (double& length : result.scale)
    if (length == 0.0) length = 1.0;
  result.svd.compute(matrix * result.scale.cwiseInverse().asDiagonal(),
                     Eigen::ComputeThinU | Eigen::ComputeThinV);
  result.rank = static_cast<int>(result.svd.rank());
  const auto& values = result.svd.singularValues();
  if (values.size() > 0 && result.rank == matrix.cols())
    result.condition = values(0) / values(values.size() - 1);
  return result;
}

/// sigma^2 (J'J)^-1 over the parameters that are not at a bound.
data::Table covariance_of(const Law& law, const DomainData& data, const Estimate& estimate,
                          const Eigen::MatrixXd& full) {
  const std::size_t count = estimate.parameter.size();
  data::Table covariance(count, count, nan);
  const std::vector<Bound> bounds =
      law.bounds(data.mixtures.empty() ? 0 : data.mixtures.front().size());
  const std::vector<bool> pinned = law.pinned(data);
  std::vector<std::size_t> free;
  for (std::size_t p = 0; p < count; ++p)
    if (!pinned[p] && estimate.parameter[p] > bounds[p].low &&
        estimate.parameter[p] < bounds[p].high)
      free.push_back(p);
  const auto freedom =
      static_cast<double>(data.loss_nats.size()) - static_cast<double>(free.size());
  if (free.empty() || freedom <= 0) return covariance;
  const auto free_count = static_cast<Eigen::Index>(free.size());
  Eigen::MatrixXd reduced(full.rows(), free_count);
  for (Eigen::Index i = 0; i < free_count; ++i)
    reduced.col(i) = full.col(static_cast<Eigen::Index>(free[i]));
  const ScaledSvd parts = scaled_svd(reduced);
  if (parts.rank < free_count) return covariance;
  const Eigen::MatrixXd root = parts.scale.cwiseInverse().asDiagonal() * parts.svd.matrixV() *
                               parts.svd.singularValues().cwiseInverse().asDiagonal();
  const Eigen::MatrixXd inverse = root * root.transpose();
  for (std::size_t i = 0; i < free.size(); ++i)
    for (std::size_t j = 0; j < free.size(); ++j)
      covariance(free[i], free[j]) =
          estimate.objective / freedom *
          inverse(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  return covariance;
}

double rmse_relative(const Law& law, const DomainData& data, const std::vector<double>& parameter) {
  double sum = 0.0;
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m) {
    const double error = law.predict(parameter, data.point(m)) / data.loss_nats[m] - 1.0;
    sum += error * error;
  }
  return std::sqrt(sum / static_cast<double>(data.loss_nats.size()));
}

std::string flag(const Law& law, core::Complaint complaint) {
  complaint.place = "law " + law.name();
  return core::to_string(complaint);
}

/// What holds for any law: rows left out, directions the observations do not determine.
void add_common_flags(const Law& law, const DomainData& data, data::DomainFit& fit) {
  const std::vector<bool> pinned = law.pinned(data);
  const auto count = std::count(pinned.begin(), pinned.end(), false);
  if (data.masked > 0) {
    const int lost = data.masked - data.masked_zero_share;
    std::vector<std::string> why;
    if (data.masked_zero_share > 0)
      why.push_back(fmt::format("{} {} a share of 0, where the law is infinite",
                                data.masked_zero_share,
                                data.masked_zero_share == 1 ? "has" : "have"));
    if (lost > 0)
      why.push_back(fmt::format("{} {} no usable loss", lost, lost == 1 ? "has" : "have"));
    fit.flags.push_back(
        flag(law, {"",
                   fmt::format("{} of {} observations of domain '{}' are left out", data.masked,
                               data.masked + fit.observations, data.domain),
                   core::join_words(why), ""}));
  }
  if (fit.rank < count)
    fit.flags.push_back(flag(
        law, {"",
              fmt::format("the observations of domain '{}' determine only {} of {} coefficients",
                          data.domain, fit.rank, count),
              "the rank of the Jacobian", "Add mixtures or volumes"}));
}

/// Numbers that are hardly losses of a token.
void add_loss_flag(const Law& law, const DomainData& data, data::LossUnit unit,
                   data::DomainFit& fit) {
  const double highest = *std::max_element(data.loss_nats.begin(), data.loss_nats.end());
  if (highest <= data::most_plausible_loss(unit)) return;
  fit.flags.push_back(
      flag(law, {"",
                 fmt::format("a loss of domain '{}' is {:.4g} {}", data.domain, highest,
                             data::unit_text(unit)),
                 fmt::format("a blind guess costs less than {:g}", data::most_plausible_loss(unit)),
                 "Check the unit: perplexities, and sums over tokens, are no such losses"}));
}

void add_noise(const Law& law, const DomainData& data, const std::vector<double>& parameter,
               data::DomainFit& fit) {
  std::vector<double> fitted;
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m)
    fitted.push_back(law.predict(parameter, data.point(m)));
  const NoiseLevel level = noise_level(data, fitted);
  fit.noise_reading = level.reading;
  fit.noise_seed = level.seed;
  fit.noise_source = level.source;
}

void add_profile(const Interval& interval, std::size_t e, data::LawFit& fit) {
  if (std::isnan(interval.low)) return;
  fit.profile_low.resize(fit.domains.eval.size(), nan);
  fit.profile_high.resize(fit.domains.eval.size(), nan);
  fit.profile_low[e] = interval.low;
  fit.profile_high[e] = interval.high;
}

/// One domain of fit_law.
void fit_domain(const Law& law, const DomainData& data, std::size_t e, double level,
                data::LawFit& fit) {
  data::DomainFit& report = fit.domain[e];
  report.observations = static_cast<int>(data.loss_nats.size());
  report.masked = data.masked;
  const Estimate estimate = law.fit(data);
  std::copy(
      estimate.parameter.begin(), estimate.parameter.end(),
      fit.coefficient.values.begin() + static_cast<std::ptrdiff_t>(e * fit.coefficient.columns));
  const Eigen::MatrixXd slopes = jacobian(law, data, estimate.parameter);
  const ScaledSvd parts = scaled_svd(without_pinned(slopes, law.pinned(data)));
  report.rank = parts.rank;
  report.condition = parts.condition;
  report.stop_reason = estimate.stop_reason;
  report.rmse_relative = rmse_relative(law, data, estimate.parameter);
  fit.covariance[e] = covariance_of(law, data, estimate, slopes);
  add_noise(law, data, estimate.parameter, report);
  add_profile(alpha_interval(law, data, estimate, level), e, fit);
  for (const core::Complaint& doubt : law.doubts(data, estimate))
    report.flags.push_back(flag(law, doubt));
  add_common_flags(law, data, report);
  add_loss_flag(law, data, fit.domains.loss_unit, report);
}

/// True if some evaluation domain's loss is infinite without training domain k.
bool diverges_without(const Law& law, const data::DomainSet& domains, std::size_t k) {
  return std::any_of(domains.share_of.begin(), domains.share_of.end(),
                     [&](int own) { return law.diverges_without(k, own); });
}

/// Ranges of shares, volumes and model sizes that have observations the law can use.
void set_ranges(const data::Observations& observations, const Law& law, const FitOptions& options,
                data::LawFit& fit) {
  fit.share_low.assign(observations.domains.train.size(), infinity);
  fit.share_high.assign(observations.domains.train.size(), 0.0);
  fit.tokens_low = fit.size_low = infinity;
  const Range last = last_rows(observations).size;
  fit.last_size = last.high;
  for (std::size_t row = 0; row < observations.tokens.size(); ++row) {
    const double size = model_size_of(observations, row);
    if (observations.tokens[row] < options.min_tokens ||
        !(law.sees_model_size() || last.holds(size)))
      continue;
    const data::Mixture& mixture =
        observations.mixtures[static_cast<std::size_t>(observations.mixture_id[row])];
    for (std::size_t k = 0; k < mixture.size(); ++k) {
      if (mixture[k] > 0.0 || !diverges_without(law, observations.domains, k))
        fit.share_low[k] = std::min(fit.share_low[k], mixture[k]);
      fit.share_high[k] = std::max(fit.share_high[k], mixture[k]);
    }
    fit.most_epochs = std::max(
        fit.most_epochs,
        data::most_epochs(mixture, observations.tokens[row], data::pools_of(observations, row)));
    fit.tokens_low = std::min(fit.tokens_low, observations.tokens[row]);
    fit.tokens_high = std::max(fit.tokens_high, observations.tokens[row]);
    fit.size_low = std::min(fit.size_low, size);
    fit.size_high = std::max(fit.size_high, size);
  }
  if (!law.sees_model_size()) fit.size_low = fit.size_high = fit.last_size;
  for (double& low : fit.share_low)
    if (low == infinity) low = 0.0;
}

bool has_repeats(const data::Observations& observations) {
  return std::set<int>(observations.repeat.begin(), observations.repeat.end()).size() > 1;
}

/// Why the law can be fitted to no domain at all, by the first of them; nothing if it can.
std::optional<core::Complaint> obstacle_to(const data::Observations& observations, const Law& law,
                                           const FitOptions& options) {
  core::Complaint first{"", "there are no evaluation domains", "", ""};
  for (std::size_t e = 0; e < observations.domains.eval.size(); ++e) {
    const auto obstacle =
        law.obstacle(domain_data(observations, law, options, e, [](int) { return true; }));
    if (!obstacle) return std::nullopt;
    if (e == 0) first = *obstacle;
  }
  first.place = "law " + law.name();
  return first;
}

}  // namespace

std::vector<std::string> laws_to_fit(const data::Observations& observations,
                                     const FitOptions& options) {
  check_options(options);
  check_shape(observations);
  const Sight sight = sight_of(observations, options);
  const auto obstacle_to_law = [&](const std::string& name) {
    return obstacle_to(observations, find_law(name, sight), options);
  };
  if (!wants_every_law(options) && options.law != reference_law)
    if (auto obstacle = obstacle_to_law(options.law))
      throw core::TooLittleData(*std::move(obstacle));
  std::vector<std::string> names;
  for (const std::string& name : law_names()) {
    const bool asked = name == options.law || name == reference_law || wants_every_law(options);
    if (asked && !obstacle_to_law(name)) names.push_back(name);
  }
  if (names.empty()) throw core::TooLittleData(*obstacle_to_law(reference_law));
  return names;
}

void require_fittable(const data::Observations& observations, const FitOptions& options) {
  laws_to_fit(observations, options);
}

data::LawFit fit_law(const data::Observations& observations, const FitOptions& options,
                     const std::function<void()>& after_each) {
  check_options(options);
  check_shape(observations);
  const Law& law = law_for(observations, options);
  if (auto obstacle = obstacle_to(observations, law, options))
    throw core::TooLittleData(*std::move(obstacle));
  data::LawFit fit;
  fit.law = law.name();
  fit.domains = observations.domains;
  fit.parameters = law.parameters(observations.domains.train.size());
  const std::size_t domains = observations.domains.eval.size(), count = fit.parameters.size();
  fit.coefficient = data::Table(domains, count, nan);
  fit.covariance.assign(domains, data::Table(count, count, nan));
  fit.domain.resize(domains);

  for (std::size_t e = 0; e < domains; ++e) {
    const DomainData data = domain_data(observations, law, options, e, [](int) { return true; });
    if (const auto obstacle = law.obstacle(data)) {
      fit.domain[e] = {.observations = static_cast<int>(data.loss_nats.size()),
                       .masked = data.masked,
                       .rmse_relative = nan,
                       .rank = 0,
                       .condition = nan,
                       .stop_reason = "not fitted",
                       .flags = {flag(law, *obstacle)}};
      continue;
    }
    fit_domain(law, data, e, options.level, fit);
    after_each();
  }
  set_ranges(observations, law, options, fit);
  fit.unique_tokens = data::usual_pools(observations);
  if (observations.same_runs > 0)
    fit.flags.push_back(flag(
        law, {"",
              fmt::format("{} {} left out", observations.same_runs,
                          observations.same_runs == 1 ? "run is" : "runs are"),
              "with the same losses, bit for bit, as another run of the mixture, they say nothing "
              "of the noise",
              "Hand {seed} or {repeat} to the trainer"}));
  else if (!has_repeats(observations))
    fit.flags.push_back(
        flag(law, {"", "intervals are conditional on the seed", "every mixture ran with one seed",
                   "Set design.repeats to 2 or more to include it"}));
  return fit;
}

/// What one domain's resamples are made of.
struct Bootstrap::Domain {
  DomainData data{};             ///< its losses are those of the sample that is being drawn
  std::vector<double> start{};   ///< P: the point fit
  std::vector<double> fitted{};  ///< M
  /// M: log of seen over predicted without the row's mixture; where the law's prior states a
  /// spread, the geometric mean of that and the error of the fit
  std::vector<double> error{};
  double freedom = 0.0;  ///< mixtures less what the fit took of them
  /// Rows by mixture id, of each in the order of rank_of: those of id are row[first[id]] up to
  /// row[first[id + 1]].
  std::vector<std::size_t> row{}, first{};

  std::tuple<std::size_t, std::size_t, int> rank_of(std::size_t m) const {
    return {data.volume[m], data.size[m], data.repeat[m]};
  }

  /// @param mixtures ids are below this
  void sort_rows(std::size_t mixtures) {
    const auto id_of = [&](std::size_t m) {
      return static_cast<std::size_t>(data.mixture_id[data.mixture[m]]);
    };
    first.assign(mixtures + 1, 0);
    for (std::size_t m = 0; m < data.mixture.size(); ++m) ++first[id_of(m) + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    row.resize(data.mixture.size());
    std::vector<std::size_t> next = first;
    for (std::size_t m = 0; m < row.size(); ++m) row[next[id_of(m)]++] = m;
    for (std::size_t id = 0; id < mixtures; ++id)
      std::stable_sort(row.begin() + static_cast<std::ptrdiff_t>(first[id]),
                       row.begin() + static_cast<std::ptrdiff_t>(first[id + 1]),
                       [&](std::size_t a, std::size_t b) { return rank_of(a) < rank_of(b); });
  }

  /// How row m would err if its mixture erred as that one; as it does where that one lacks it.
  double error_as(std::size_t mixture_id, std::size_t m) const {
    const auto end = row.begin() + static_cast<std::ptrdiff_t>(first[mixture_id + 1]);
    const auto found = std::lower_bound(
        row.begin() + static_cast<std::ptrdiff_t>(first[mixture_id]), end, rank_of(m),
        [&](std::size_t other, const auto& rank) { return rank_of(other) < rank; });
    return error[found == end || rank_of(*found) != rank_of(m) ? m : *found];
  }
};

FoldFits fold_fits(const data::Observations& observations, const FitOptions& options) {
  FitOptions splitting = options;
  splitting.folds = 0;
  const int folds = fold_count(observations, splitting);
  FoldFits fits{.fold_of = fold_of_mixture(observations, splitting, folds)};
  for (const Split& split : splits_of(fits.fold_of, folds)) {
    fits.without.emplace_back();
    for (std::size_t e = 0; e < observations.domains.eval.size(); ++e)
      fits.without.back().push_back(coefficients_of_split(observations, options, split, e));
  }
  return fits;
}

Bootstrap::Bootstrap(const data::Observations& observations, const FitOptions& options,
                     const data::LawFit& point)
    : Bootstrap(observations, options, point, fold_fits(observations, options)) {}

Bootstrap::Bootstrap(const data::Observations& observations, const FitOptions& options,
                     const data::LawFit& point, const FoldFits& folds)
    : law_(law_for(observations, options)),
      options_(options),
      mixtures_(observations.mixtures.size()),
      parameters_(point.coefficient.columns),
      domains_(point.coefficient.rows) {
  for (std::size_t e = 0; e < domains_.size(); ++e) {
    const std::span<const double> start = point.coefficient.row(e);
    if (std::any_of(start.begin(), start.end(), [](double c) { return std::isnan(c); })) continue;
    domains_[e] = std::make_unique<Domain>(
        Domain{.data = domain_data(observations, law_, options, e, [](int) { return true; }),
               .start = {start.begin(), start.end()}});
    add_errors(folds, e, *domains_[e]);
  }
}

void Bootstrap::add_errors(const FoldFits& folds, std::size_t e, Domain& domain) const {
  const DomainData& data = domain.data;
  domain.sort_rows(mixtures_);
  // Sums over a mixture's rows: error of the fit times that without it, and the latter squared.
  std::vector<double> both(data.mixtures.size(), 0.0), square(data.mixtures.size(), 0.0);
  for (std::size_t row = 0; row < data.loss_nats.size(); ++row) {
    const std::size_t mixture = data.mixture[row];
    const LawPoint point = data.point(row);
    const auto error_of = [&](const std::vector<double>& parameter) {
      return parameter.empty() ? nan
                               : std::log(data.loss_nats[row] / law_.predict(parameter, point));
    };
    const int id = data.mixture_id[mixture];
    const double of_fit = error_of(domain.start);
    const auto fold = static_cast<std::size_t>(folds.fold_of[static_cast<std::size_t>(id)]);
    double held_out = error_of(folds.without[fold][e]);
    if (!std::isfinite(held_out)) held_out = of_fit;
    domain.fitted.push_back(law_.predict(domain.start, point));
    domain.error.push_back(law_.prior_states_spread()
                               ? std::copysign(std::sqrt(std::abs(of_fit * held_out)), held_out)
                               : held_out);
    both[mixture] += of_fit * held_out;
    square[mixture] += held_out * held_out;
  }
  for (std::size_t d = 0; d < both.size(); ++d)
    domain.freedom += square[d] > 0.0 ? std::clamp(both[d] / square[d], 0.0, 1.0) : 0.0;
}

Bootstrap::~Bootstrap() = default;

data::Table Bootstrap::sample(int number) {
  constexpr double least_freedom = 2.0;    // with fewer, levels have no bound worth the name
  constexpr double largest_error = 100.0;  // in log loss: finite, however few tell the noise
  const auto stream_number = static_cast<std::uint64_t>(number);
  core::RandomStream stream(options_.seed, core::Purpose::bootstrap, stream_number);
  std::vector<double> draw(mixtures_);
  for (double& value : draw) value = stream.normal();
  std::vector<std::size_t> like(mixtures_);  // the mixture whose errors each has
  for (std::size_t id = 0; id < mixtures_; ++id)
    like[id] = law_.prior_states_spread() ? stream.below(mixtures_) : id;

  data::Table result(domains_.size(), parameters_, nan);
  for (std::size_t e = 0; e < result.rows; ++e) {
    if (!domains_[e]) continue;
    Domain& domain = *domains_[e];
    DomainData& data = domain.data;
    double level = 1.0;
    if (law_.prior_states_spread()) {
      core::RandomStream level_draw(options_.seed, core::Purpose::bootstrap, stream_number, e + 1);
      const double half = 0.5 * std::max(least_freedom, domain.freedom);
      level = std::sqrt(half / level_draw.gamma(half));
    }
    for (std::size_t row = 0; row < data.loss_nats.size(); ++row) {
      const auto id = static_cast<std::size_t>(data.mixture_id[data.mixture[row]]);
      const double error = level * draw[id] * domain.error_as(like[id], row);
      data.loss_nats[row] =
          domain.fitted[row] * std::exp(std::clamp(error, -largest_error, largest_error));
    }
    core::RandomStream prior_draws(options_.seed, core::Purpose::prior_draws, stream_number, e);
    const Estimate estimate = law_.fit(data, domain.start, &prior_draws);
    std::copy(estimate.parameter.begin(), estimate.parameter.end(),
              result.values.begin() + static_cast<std::ptrdiff_t>(e * result.columns));
  }
  return result;
}

}  // namespace bimix::law
