// What every registered law promises, in each of its forms. Parameters at which a law is tested
// come from its own fit to one synthetic campaign, so a new law needs no line here.
#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>

#include <gtest/gtest.h>
#include <law/domain_data.hpp>
#include <law/forms/solved_law.hpp>
#include <law/observed.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

struct Form {
  std::string law{};
  Sight sight{};
};

std::string name_of(const Form& form) {
  return form.law + (form.sight.model_size ? "_with_model_size" : "") +
         (form.sight.repetition ? "_with_repetition" : "");
}

void PrintTo(const Form& form, std::ostream* out) { *out << name_of(form); }

std::vector<Form> forms() {
  std::vector<Form> all;
  for (const std::string& name : law_names())
    for (const bool model_size : {false, true})
      for (const bool repetition : {false, true})
        if (const Sight sight{model_size, repetition}; find_law(name, sight).sight() == sight)
          all.push_back({name, sight});
  return all;
}

class LawContract : public testing::TestWithParam<Form> {
 protected:
  const Law& law() const { return find_law(GetParam().law, GetParam().sight); }
  FitOptions options() const {
    FitOptions chosen;
    chosen.law = GetParam().law;
    return chosen;
  }
  static std::vector<double> sizes() {
    return GetParam().sight.model_size ? std::vector{1e6, 3e6, 1e7} : std::vector{0.0};
  }
  /// A law that has no other form than this one goes by epochs, so that every pool must end.
  static bool goes_by_epochs() { return find_law(GetParam().law).sees_repetition(); }
  /// Of the first two domains little, of the last one without end.
  static const data::Pools& pools() {
    static const data::Pools all{5e4, 1e5, std::numeric_limits<double>::infinity()};
    static const data::Pools ending{5e4, 1e5, 1e6};
    static const data::Pools none;
    if (!GetParam().sight.repetition) return none;
    return goes_by_epochs() ? ending : all;
  }
  static double last_size() { return sizes().back(); }
  static data::Observations noisy(int repeats = 1) {
    data::Observations seen = synthetic::observations(
        synthetic::three_domains(), {.sizes = sizes(), .repeats = repeats, .noise = 3e-3});
    if (!GetParam().sight.repetition) return seen;
    seen.pools = {pools()};
    seen.pool_id.assign(seen.tokens.size(), 0);
    return seen;
  }
  std::vector<double> parameter_of(const data::LawFit& fit, std::size_t e) const {
    const auto first =
        fit.coefficient.values.begin() + static_cast<std::ptrdiff_t>(e * fit.coefficient.columns);
    return {first, first + static_cast<std::ptrdiff_t>(fit.coefficient.columns)};
  }
};

TEST_P(LawContract, IsFoundByItsName) {
  EXPECT_EQ(law().name(), GetParam().law) << "name() has to be the name of its line in laws.def";
}

TEST_P(LawContract, IsReadByColumnsOfItsOwnParameters) {
  const LawWords words = law().words();
  EXPECT_EQ(words.formula.empty(), words.symbols.empty() || words.gauge.empty());
  EXPECT_EQ(words.columns.empty(), words.formula.empty());
  const data::LawFit fit = fit_law(noisy(), options());
  for (const CoefficientColumn& column : words.columns) {
    EXPECT_LT(column.parameter, fit.parameters.size());
    if (column.kind != CoefficientColumn::Kind::value) continue;
    EXPECT_FALSE(column.title.empty());
    EXPECT_TRUE(std::isfinite(column.value(parameter_of(fit, 0), last_size()))) << column.title;
  }
}

TEST_P(LawContract, NamesAndBoundsEachParameter) {
  for (const std::size_t domains : {1u, 2u, 7u}) {
    const auto bounds = law().bounds(domains);
    EXPECT_EQ(law().parameters(domains).size(), bounds.size());
    for (const Bound& bound : bounds) EXPECT_LT(bound.low, bound.high);
  }
}

// The solver finds these by linear least squares, and not below 0: others would only show as fits
// that depend on where they start.
TEST_P(LawContract, IsLinearInTheParametersThatItSaysAreLinear) {
  const auto* solved = dynamic_cast<const SolvedLaw*>(&law());
  if (solved == nullptr) return;
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  const auto bounds = law().bounds(3);
  const LawPoint point{seen.mixtures[4], 0, 3e5, last_size(), pools()};
  for (const std::size_t p : solved->linear(3)) {
    ASSERT_LT(p, bounds.size());
    EXPECT_TRUE(bounds[p].low == 0.0 && std::isinf(bounds[p].high))
        << "linear() names '" << fit.parameters[p] << "', whose bounds are not 0 and infinity";
    std::vector<double> parameter = parameter_of(fit, 0);
    const auto at = [&](double value) {
      parameter[p] = value;
      return law().predict(parameter, point);
    };
    EXPECT_NEAR(at(2.0) - at(1.0), at(1.0) - at(0.0), 1e-13 * std::abs(at(2.0)))
        << "linear() names '" << fit.parameters[p] << "', in which predict() is not linear";
  }
}

TEST_P(LawContract, FitsWithinItsBounds) {
  const data::LawFit fit = fit_law(noisy(), options());
  const auto bounds = law().bounds(3);
  for (std::size_t e = 0; e < 3; ++e)
    for (std::size_t p = 0; p < bounds.size(); ++p) {
      EXPECT_GE(fit.coefficient(e, p), bounds[p].low);
      EXPECT_LE(fit.coefficient(e, p), bounds[p].high);
    }
}

// Fourth-order central differences of step h = 6e-6 |x|: rounding leaves 3e-16 L / h =
// 5e-11 L / |x|, truncation h^4 / 30 of the fifth derivative, below 1e-12 of the slope even for
// exponents of 10.
constexpr double difference_tolerance = 1e-8;

double difference_step(double x) { return std::cbrt(std::numeric_limits<double>::epsilon()) * x; }

/// Slope of f, a function of the change in one argument of size |x|.
template <class Function>
double numerical_slope(const Function& f, double x) {
  const double h = difference_step(std::abs(x));
  return (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h);
}

TEST_P(LawContract, HasTheGradientOfItsPrediction) {
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  for (std::size_t e = 0; e < 3; ++e) {
    const std::vector<double> parameter = parameter_of(fit, e);
    const LawPoint point{seen.mixtures[4], static_cast<int>(e), 3e5, last_size(), pools()};
    std::vector<double> slope(parameter.size());
    law().gradient(parameter, point, slope);
    const double loss = law().predict(parameter, point);
    for (std::size_t p = 0; p < parameter.size(); ++p) {
      if (parameter[p] == 0.0) continue;
      const auto moved = [&](double change) {
        std::vector<double> there = parameter;
        there[p] += change;
        return law().predict(there, point);
      };
      EXPECT_NEAR(slope[p], numerical_slope(moved, parameter[p]),
                  difference_tolerance * (std::abs(slope[p]) + loss / std::abs(parameter[p])))
          << "gradient() of " << fit.parameters[p] << ", of the loss of domain " << e;
    }
  }
}

TEST_P(LawContract, HasTheShareGradientOfItsPrediction) {
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  for (std::size_t e = 0; e < 3; ++e) {
    const std::vector<double> parameter = parameter_of(fit, e);
    const data::Mixture mixture = seen.mixtures[5];
    const LawPoint point{mixture, static_cast<int>(e), 3e5, last_size(), pools()};
    std::vector<double> slope(mixture.size());
    law().share_gradient(parameter, point, slope);
    const double loss = law().predict(parameter, point);
    for (std::size_t k = 0; k < mixture.size(); ++k) {
      const auto moved = [&](double change) {
        data::Mixture there = mixture;
        there[k] += change;
        return law().predict(parameter, {there, point.own, point.tokens, last_size(), pools()});
      };
      EXPECT_NEAR(slope[k], numerical_slope(moved, mixture[k]),
                  difference_tolerance * (std::abs(slope[k]) + loss / mixture[k]))
          << "share_gradient() of share " << k << ", of the loss of domain " << e;
    }
  }
}

// Nor where parameters rest at their bounds. A descent would take NaN for a flat place.
TEST_P(LawContract, HasASlopeInAShareOfZero) {
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  const auto bounds = law().bounds(3);
  for (std::size_t e = 0; e < 3; ++e)
    for (const data::Mixture& mixture :
         {data::Mixture{0.0, 0.4, 0.6}, data::Mixture{0.4, 0.6, 0.0}}) {
      if (law().diverges_without(mixture[0] == 0.0 ? 0 : 2, static_cast<int>(e))) continue;
      const auto pinned =
          law().pinned(domain_data(seen, law(), options(), e, [](int) { return true; }));
      for (std::size_t p = 0; p < bounds.size(); ++p)
        for (const double value : {bounds[p].low, bounds[p].high, fit.coefficient(e, p)}) {
          if (pinned[p] || !std::isfinite(value)) continue;
          std::vector<double> parameter = parameter_of(fit, e), slope(3);
          parameter[p] = value;
          const LawPoint point{mixture, static_cast<int>(e), 3e5, last_size()};
          if (!std::isfinite(law().predict(parameter, point))) continue;
          law().share_gradient(parameter, point, slope);
          for (const double by_share : slope)
            EXPECT_FALSE(std::isnan(by_share)) << fit.parameters[p] << " = " << value;
        }
    }
}

TEST_P(LawContract, IsConvexWhereItSaysSo) {
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  for (std::size_t e = 0; e < 3; ++e) {
    const std::vector<double> parameter = parameter_of(fit, e);
    if (!law().convex_in_shares(parameter)) continue;
    const auto loss = [&](const data::Mixture& mixture) {
      return law().predict(parameter, {mixture, static_cast<int>(e), 3e5, last_size()});
    };
    for (std::size_t d = 1; d < seen.mixtures.size(); ++d) {
      const data::Mixture &a = seen.mixtures[d - 1], &b = seen.mixtures[d];
      data::Mixture middle(3);
      for (std::size_t k = 0; k < 3; ++k) middle[k] = 0.5 * (a[k] + b[k]);
      EXPECT_LE(loss(middle), 0.5 * (loss(a) + loss(b)) * (1.0 + 1e-13))
          << "convex_in_shares() says that it is convex at these parameters";
    }
  }
}

TEST_P(LawContract, FallsInEveryShareWhereItSaysSo) {
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  for (std::size_t e = 0; e < 3; ++e) {
    const std::vector<double> parameter = parameter_of(fit, e);
    if (!law().falls_in_shares(parameter)) continue;
    std::vector<double> slope(3);
    for (const data::Mixture& mixture : seen.mixtures) {
      law().share_gradient(parameter, {mixture, static_cast<int>(e), 3e5, last_size()}, slope);
      for (const double by_share : slope)
        EXPECT_LE(by_share, 0.0) << "falls_in_shares() says that it rises with none";
    }
  }
}

TEST_P(LawContract, FitsDomainsWithoutATrainingDomainOrSaysWhyNot) {
  data::Observations seen = noisy();
  seen.domains.share_of[1] = -1;
  const data::LawFit fit = fit_law(seen, options());
  const double predicted = FittedLaw(fit).predict(1, {seen.mixtures[3], 1e6});
  if (law().sees_every_share())
    EXPECT_NEAR(predicted / FittedLaw(fit).predict(0, {seen.mixtures[3], 1e6}), 1.0, 0.6);
  else
    EXPECT_TRUE(std::isnan(predicted) && !fit.domain[1].flags.empty());
}

TEST_P(LawContract, HasThePowerSectionItClaims) {
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  const std::vector<double> parameter = parameter_of(fit, 0);
  const auto section = law().power_section(parameter, 3e5, last_size());
  if (!section) {
    EXPECT_TRUE(law().sees_every_share());
    return;
  }
  const auto power = [&](const data::Mixture& mixture) {
    return section->scale * std::pow(mixture[0], -section->exponent);
  };
  const auto loss = [&](const data::Mixture& mixture) {
    return law().predict(parameter, {mixture, 0, 3e5, last_size()});
  };
  const data::Mixture a = seen.mixtures[0], b = seen.mixtures[1];
  EXPECT_NEAR(loss(a) - loss(b), power(a) - power(b), 1e-13 * loss(a));
}

TEST_P(LawContract, GivesTheSameBitsForTheSameObservationsInAnyOrder) {
  const data::Observations seen = noisy(2);
  data::Observations reversed = seen;
  std::reverse(reversed.mixture_id.begin(), reversed.mixture_id.end());
  std::reverse(reversed.repeat.begin(), reversed.repeat.end());
  std::reverse(reversed.tokens.begin(), reversed.tokens.end());
  std::reverse(reversed.model_size.begin(), reversed.model_size.end());
  for (std::size_t row = 0; row < seen.loss_nats.rows; ++row)
    for (std::size_t e = 0; e < 3; ++e)
      reversed.loss_nats(row, e) = seen.loss_nats(seen.loss_nats.rows - 1 - row, e);
  const data::LawFit first = fit_law(seen, options());
  for (const data::LawFit& again : {fit_law(seen, options()), fit_law(reversed, options())}) {
    EXPECT_EQ(again.coefficient, first.coefficient);
    EXPECT_EQ(again.domain, first.domain);
  }
}

// The law that was fitted is in its own family: fitted to its own predictions without a prior, it
// predicts them. Errors in a parameter of 1e-14 standard errors of objective show as 1e-7 in
// predictions at most. A law of all shares has more coefficients than twelve mixtures determine
// without a prior: along such valleys the search may rest at a thirtieth of the noise; with the
// part of the model size, which follows the mixture too, or where the shape of curves over epochs
// is free as well, at a third of it, and at the noise twice beyond the last volume.
TEST_P(LawContract, FindsItselfInItsOwnPredictions) {
  data::Observations seen = noisy();
  FitOptions options = this->options();
  options.shrinkage = 0.0;
  const data::LawFit first = fit_law(seen, options);
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    for (std::size_t e = 0; e < 3; ++e)
      seen.loss_nats(row, e) = FittedLaw(first).predict(
          e, {seen.mixtures[static_cast<std::size_t>(seen.mixture_id[row])], seen.tokens[row],
              model_size_of(seen, row)});
  const data::LawFit second = fit_law(seen, options);
  for (std::size_t e = 0; e < 3; ++e) {
    const bool has_valleys = GetParam().sight.model_size || goes_by_epochs();
    const double loose = has_valleys ? 3e-3 : 1e-3;
    EXPECT_LT(second.domain[e].rmse_relative,
              law().sees_every_share() ? (has_valleys ? 1e-3 : 1e-4) : 1e-9);
    EXPECT_NEAR(FittedLaw(second).predict(e, {seen.mixtures[3], 8e6}) /
                    FittedLaw(first).predict(e, {seen.mixtures[3], 8e6}),
                1.0, law().sees_every_share() ? loose : 1e-7);
  }
}

// A start far off must not cost more than the objective's rounding; for laws of all shares, which
// have many valleys where the truth is none of theirs, not more than thrice the noise.
TEST_P(LawContract, DoesNotTrustItsStart) {
  const data::Observations seen = noisy();
  const data::LawFit fit = fit_law(seen, options());
  const std::vector<double> far_off(fit.parameters.size(), 5.0);
  for (std::size_t e = 0; e < 3; ++e) {
    const DomainData data = domain_data(seen, law(), options(), e, [](int) { return true; });
    const std::vector<double> near(fit.coefficient.view().row(static_cast<long>(e)).begin(),
                                   fit.coefficient.view().row(static_cast<long>(e)).end());
    const LawPoint point{seen.mixtures[1], data.own, 1e6, last_size(), pools()};
    const auto predicted = [&](const std::vector<double>& start) {
      return law().predict(law().fit(data, start, nullptr).parameter, point);
    };
    EXPECT_NEAR(predicted(near) / predicted(far_off), 1.0, law().sees_every_share() ? 1e-2 : 1e-7)
        << "its own starts() do not lead to the fit, which a far-off start then spoils";
  }
}

double squares_of_logs(const Law& law, const DomainData& data,
                       const std::vector<double>& parameter) {
  double sum = 0.0;
  for (std::size_t m = 0; m < data.loss_nats.size(); ++m) {
    const double off = std::log(law.predict(parameter, data.point(m)) / data.loss_nats[m]);
    sum += off * off;
  }
  return sum;
}

// Relative residuals of 3 % (some mixtures are far from the others) and log residuals differ by
// half their square: 0.05 %.
TEST_P(LawContract, FitsLogResidualsNearlyAsRelativeOnes) {
  const data::Observations seen = noisy();
  FitOptions logs = options();
  logs.residual = Residual::log;
  const data::LawFit relative = fit_law(seen, options()), log = fit_law(seen, logs);
  for (std::size_t e = 0; e < 3; ++e) {
    const double a = FittedLaw(relative).predict(e, {seen.mixtures[1], 1e6});
    const double b = FittedLaw(log).predict(e, {seen.mixtures[1], 1e6});
    EXPECT_NEAR(b / a, 1.0, 5e-3);
    EXPECT_NE(a, b);
    const DomainData data = domain_data(seen, law(), logs, e, [](int) { return true; });
    // Laws with a prior minimise its squares as well.
    EXPECT_LE(squares_of_logs(law(), data, parameter_of(log, e)),
              squares_of_logs(law(), data, parameter_of(relative, e)) *
                  (law().sees_every_share() ? 1.0 + 1e-2 : 1.0));
  }
}

TEST_P(LawContract, IsLeastSquaresWhereNoResidualIsLarge) {
  FitOptions robust = options();
  robust.huber = 1.0;
  EXPECT_EQ(fit_law(noisy(), robust).coefficient, fit_law(noisy(), options()).coefficient);
}

TEST_P(LawContract, IsMovedLessByAnOutlierWithHuber) {
  const data::Observations clean = noisy();
  data::Observations spoilt = clean;
  spoilt.loss_nats(7 * sizes().size() - 1, 0) *= 1.3;  // mixture 0, last model and volume
  FitOptions robust = options();
  robust.huber = 0.005;
  const auto moved = [&](const FitOptions& chosen) {
    double sum = 0.0;
    const data::LawFit before = fit_law(clean, chosen), after = fit_law(spoilt, chosen);
    for (const data::Mixture& mixture : clean.mixtures)
      sum += std::abs(FittedLaw(after).predict(0, {mixture, 4e6}) /
                          FittedLaw(before).predict(0, {mixture, 4e6}) -
                      1.0);
    return sum;
  };
  EXPECT_LT(moved(robust), 0.5 * moved(options()));
}

TEST_P(LawContract, LeavesOutWhatItCannotUse) {
  data::Observations seen = noisy();
  // At the last of seven volumes, which every law uses.
  const std::size_t rows = 7 * sizes().size();
  seen.loss_nats(rows - 1, 0) = std::numeric_limits<double>::quiet_NaN();
  seen.loss_nats(3 * rows - 1, 0) = std::numeric_limits<double>::infinity();
  seen.loss_nats(4 * rows - 1, 0) = -1.0;
  seen.mixtures[1] = {0.0, 0.5, 0.5};
  const data::LawFit fit = fit_law(seen, options());
  const int volumes = law().last_volume_only() ? 1 : static_cast<int>(rows);
  const int zero_shares = law().diverges_without(0, 0) ? volumes : 0;
  EXPECT_EQ(fit.domain[0].masked, 3 + zero_shares);
  EXPECT_EQ(fit.domain[0].observations, 12 * volumes - 3 - zero_shares);
  EXPECT_FALSE(fit.domain[0].flags.empty());
  for (std::size_t p = 0; p < fit.parameters.size(); ++p)
    EXPECT_TRUE(std::isfinite(fit.coefficient(0, p)));
}

TEST_P(LawContract, PredictsNanFromNan) {
  const std::size_t count = law().parameters(2).size();
  const std::vector<double> parameter(count, std::numeric_limits<double>::quiet_NaN());
  const data::Mixture mixture{0.4, 0.6};
  EXPECT_TRUE(std::isnan(law().predict(parameter, {mixture, 0, 1e6, 1e6})));
}

INSTANTIATE_TEST_SUITE_P(AllLaws, LawContract, testing::ValuesIn(forms()),
                         [](const auto& form) { return name_of(form.param); });

}  // namespace
}  // namespace bimix::law
