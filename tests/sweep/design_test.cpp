#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/sweep/design.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace bimix {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

const Mixture default_mixture{0.5, 0.3, 0.2};

ExpandedDesign expand_one(MixtureGroup group, std::uint64_t seed = 1) {
  return expand_design({.mixtures = {std::move(group)}}, default_mixture, {}, seed);
}

TEST(ExpandDesign, GivesEveryPointOfALattice) {
  // Compositions of 4 into 3 parts: binomial(6, 2) = 15.
  const ExpandedDesign design = expand_one(LatticeMixtures{.step = 0.25});
  EXPECT_EQ(design.mixtures.size(), 15u);
  EXPECT_THAT(design.mixtures.front().share, ElementsAre(0, 0, 1));
  EXPECT_THAT(design.mixtures.back().share, ElementsAre(1, 0, 0));
}

TEST(ExpandDesign, KeepsTheFloorOfALattice) {
  const ExpandedDesign design = expand_one(LatticeMixtures{.step = 0.3, .floor = 0.03});
  for (const LabelledMixture& mixture : design.mixtures)
    EXPECT_GE(*std::min_element(mixture.share.begin(), mixture.share.end()), 0.03);
  EXPECT_THROW(expand_one(LatticeMixtures{.step = 0.3, .floor = 0.4}), UsageError);
  EXPECT_THROW(expand_one(LatticeMixtures{.step = 1e-5}), UsageError);
}

TEST(ExpandDesign, DrawsDirichletMixturesFromTheSeedAlone) {
  const DirichletMixtures group{.count = 50,
                                .strength_low = 0.5,
                                .strength_high = 4,
                                .centre = default_mixture,
                                .floor = 0.03};
  const ExpandedDesign first = expand_one(group), again = expand_one(group);
  ASSERT_EQ(first.mixtures.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(first.mixtures[i].share, again.mixtures[i].share);
    EXPECT_TRUE(is_on_simplex(first.mixtures[i].share));
    for (const double r : first.mixtures[i].share) EXPECT_GE(r, 0.03);
  }
  EXPECT_NE(first.mixtures[0].share, expand_one(group, 2).mixtures[0].share);
}

TEST(ExpandDesign, SurvivesTinyStrength) {
  for (const LabelledMixture& mixture :
       expand_one(DirichletMixtures{.count = 20, .strength_low = 1e-6, .strength_high = 1e-6})
           .mixtures)
    EXPECT_TRUE(is_on_simplex(mixture.share));
}

TEST(ExpandDesign, SharesTheRestOfAGridInProportion) {
  const ExpandedDesign design = expand_one(GridMixtures{.domains = {0}, .values = {{0.2, 0.6}}});
  ASSERT_EQ(design.mixtures.size(), 2u);
  EXPECT_THAT(design.mixtures[0].share,
              ElementsAre(0.2, DoubleNear(0.48, 1e-15), DoubleNear(0.32, 1e-15)));
  EXPECT_THROW(expand_one(GridMixtures{.domains = {0, 1}, .values = {{0.6}, {0.5}}}), UsageError);
}

TEST(ExpandDesign, DropsAndCountsDuplicates) {
  const ExpandedDesign design =
      expand_design({.mixtures = {PresetMixtures{{"default", "uniform"}},
                                  ListedMixtures{.mixtures = {default_mixture, {0.1, 0.1, 0.8}}}}},
                    default_mixture, {}, 1);
  EXPECT_EQ(design.mixtures.size(), 3u);
  EXPECT_EQ(design.duplicates_dropped, 1);
  EXPECT_EQ(design.mixtures[2].label, "list-1");
}

TEST(ExpandDesign, TakesEntropyPresetsFromTheTable) {
  EntropyTable table;
  table.measures = {"shannon"};
  table.mixture = Table(1, 3);
  table.mixture.values = {0.2, 0.3, 0.5};
  const DesignOptions options{.mixtures = {PresetMixtures{{"entropy-shannon"}}}};
  EXPECT_THAT(expand_design(options, default_mixture, {table}, 1).mixtures[0].share,
              ElementsAre(0.2, 0.3, 0.5));
  EXPECT_THROW(expand_design(options, default_mixture, {}, 1), UsageError);
}

TEST(LogSpacedVolumes, IncludesBothEnds) {
  EXPECT_THAT(log_spaced_volumes(100, 10000, 3), ElementsAre(100, 1000, 10000));
  EXPECT_THAT(log_spaced_volumes(100, 100, 5), ElementsAre(100));
}

}  // namespace
}  // namespace bimix
