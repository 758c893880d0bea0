#include "mix/nested_box.hpp"

#include "mix/descent.hpp"
#include "support/synthetic.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/mix/optimum.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace bimix::mix {
namespace {

using testing::HasSubstr;

double sum_of(const GroupBound& group, const data::Mixture& share) {
  double sum = 0.0;
  for (const std::size_t k : group.domains) sum += share[k];
  return sum;
}

/// Six domains, {0, 1} within {0, 1, 2}, and {3, 4}; the bounds hold a mixture that is drawn first.
Box random_tree(core::RandomStream& stream) {
  data::Mixture inside(6);
  for (double& share : inside) share = stream.gamma(1.0);
  inside = core::normalised(inside);
  Box box{std::vector<double>(6), std::vector<double>(6)};
  for (std::size_t k = 0; k < 6; ++k) {
    box.low[k] = inside[k] * stream.uniform();
    box.high[k] = inside[k] + (1.0 - inside[k]) * stream.uniform();
  }
  for (const std::vector<std::size_t>& domains :
       {std::vector<std::size_t>{0, 1}, {0, 1, 2}, {3, 4}}) {
    GroupBound group{domains};
    const double sum = sum_of(group, inside);
    group.low = sum * (0.5 + 0.5 * stream.uniform());
    group.high = sum + 0.2 * (1.0 - sum) * stream.uniform();
    box.groups.push_back(group);
  }
  return box;
}

// The nearest point x of a convex set satisfies (p - x) . (v - x) <= 0 for every v of the set, and
// `least` finds the v for which that is the largest.
TEST(NestedBox, ProjectsToTheNearestMixture) {
  core::RandomStream stream(3, core::Purpose::test);
  for (int n = 0; n < 300; ++n) {
    const Box box = random_tree(stream);
    std::vector<double> point(6), slope(6);
    for (double& x : point) x = stream.normal();
    const data::Mixture nearest = project_to_box(point, box);
    EXPECT_NEAR(core::stable_sum(nearest), 1.0, 1e-12);
    EXPECT_TRUE(is_in_box(box, nearest));
    for (std::size_t k = 0; k < 6; ++k) slope[k] = nearest[k] - point[k];
    const data::Mixture corner = least_in_box(slope, box);
    EXPECT_TRUE(is_in_box(box, corner));
    EXPECT_NEAR(core::stable_sum(corner), 1.0, 1e-12);
    double angle = 0.0;
    for (std::size_t k = 0; k < 6; ++k) angle += slope[k] * (nearest[k] - corner[k]);
    EXPECT_LE(angle, 1e-11);
  }
}

TEST(NestedBox, FindsNoMixtureBelowTheLeast) {
  core::RandomStream stream(4, core::Purpose::test);
  for (int n = 0; n < 100; ++n) {
    const Box box = random_tree(stream);
    std::vector<double> slope(6);
    for (double& x : slope) x = stream.normal();
    const data::Mixture least = least_in_box(slope, box);
    const double value = std::inner_product(slope.begin(), slope.end(), least.begin(), 0.0);
    for (int other = 0; other < 20; ++other) {
      std::vector<double> point(6);
      for (double& x : point) x = stream.normal();
      const data::Mixture share = NestedBox(box).project(point);
      EXPECT_LE(value, std::inner_product(slope.begin(), slope.end(), share.begin(), 0.0) + 1e-12);
    }
  }
}

TEST(NestedBox, WithoutGroupsIsTheBox) {
  core::RandomStream stream(5, core::Purpose::test);
  for (int n = 0; n < 100; ++n) {
    Box box = random_tree(stream);
    box.groups.clear();
    std::vector<double> point(6);
    for (double& x : point) x = stream.normal();
    const data::Mixture plain = project_to_box(point, box), nested = NestedBox(box).project(point);
    const data::Mixture least = least_in_box(point, box), cheapest = NestedBox(box).least(point);
    for (std::size_t k = 0; k < 6; ++k) {
      EXPECT_NEAR(nested[k], plain[k], 1e-12);
      EXPECT_NEAR(cheapest[k], least[k], 1e-12);
    }
  }
}

TEST(RoomBetween, IsWhatEveryBoundLeaves) {
  Box box{{0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}};
  box.groups = {{{0, 1}, 0.5, 0.7}};
  const data::Mixture share{0.2, 0.4, 0.4};
  EXPECT_NEAR(room_between(box, share, 2, 0), 0.1, 1e-15);  // the group's cap
  EXPECT_NEAR(room_between(box, share, 1, 2), 0.1, 1e-15);  // its floor
  EXPECT_NEAR(room_between(box, share, 1, 0), 0.4, 1e-15);  // it stays as it is
}

data::Observations nested_domains() {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.noise = 1e-3});
  seen.domains.train = seen.domains.eval = {"web/high", "web/low", "code"};
  return seen;
}

// The exact solver knows no nodes: where the bound of a node binds, the descent is held against the
// box in which the optimum lies.
TEST(BestMixture, KeepsTheBoundsOfNodes) {
  for (const char* law : {"bimix", "effective_share"}) {
    const data::LawFit fit = law::fit_law(nested_domains(), {.law = law, .bootstrap = 0});
    const data::Mixture even(3, 1.0 / 3.0);
    OptimizeOptions options{.tokens = 1e7};
    const data::MixtureChoice free = best_mixture(fit, options, even);
    const double web = free.share[0] + free.share[1];
    options.cap = {1.0, 1.0, 1.0, web - 0.1};  // of the domains, then of the node
    const data::MixtureChoice bound = best_mixture(fit, options, even);
    EXPECT_NEAR(bound.share[0] + bound.share[1], web - 0.1, 1e-9);
    EXPECT_LT(bound.certificate, 1e-7) << law;
    OptimizeOptions fixed{
        .tokens = 1e7, .floor = {0, 0, 1.1 - web, 0}, .cap = {1, 1, 1.1 - web, 1}};
    const data::MixtureChoice same = best_mixture(fit, fixed, even);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(bound.share[k], same.share[k], 1e-5) << law;
    EXPECT_NEAR(bound.objective_nats, same.objective_nats, 1e-9) << law;
  }
}

TEST(AllowedBox, NamesWhatANodeHoldsWhereItsBoundsContradict) {
  const data::LawFit fit = law::fit_law(nested_domains(), {.bootstrap = 0});
  try {
    allowed_box(fit, {.tokens = 1e7, .cap = {1, 1, 1, 0.01}});
    ADD_FAILURE() << "a cap below the smallest shares that were tried";
  } catch (const core::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("web/high and web/low together"));
  }
}

TEST(AllowedBox, RaisesEpochsWithinTheBoundsOfNodes) {
  const data::LawFit fit = law::fit_law(nested_domains(), {.bootstrap = 0});
  const double tokens = 1e7;
  OptimizeOptions options{.tokens = tokens,
                          .cap = {1, 1, 1, 0.5},
                          .unique_tokens = {tokens, tokens, 0.1 * tokens},
                          .max_epochs = {1.0},
                          .extrapolate = true};
  const Box box = allowed_box(fit, options);  // the node leaves half to a tenth
  EXPECT_NEAR(box.max_epochs, 5.0, 1e-9);
  EXPECT_GE(NestedBox(box).reach().most, 1.0 - 1e-9);
}

}  // namespace
}  // namespace bimix::mix
