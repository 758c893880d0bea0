#include "support/processor_time.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/plan/design.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace bimix::plan {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

const data::Mixture default_mixture{0.5, 0.3, 0.2};

ExpandedDesign expand_one(MixtureGroup group, std::uint64_t seed = 1) {
  return expand_design({.mixtures = {std::move(group)}}, {default_mixture, {}}, seed);
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
  EXPECT_THROW(expand_one(LatticeMixtures{.step = 0.3, .floor = 0.4}), core::UsageError);
  EXPECT_THROW(expand_one(LatticeMixtures{.step = 1e-5}), core::UsageError);
}

TEST(ExpandDesign, DrawsDirichletMixturesFromTheSeedAlone) {
  const DirichletMixtures group{
      .count = 50, .strength_low = 0.5, .strength_high = 4, .around = "default", .floor = 0.03};
  const ExpandedDesign first = expand_one(group), again = expand_one(group);
  ASSERT_EQ(first.mixtures.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(first.mixtures[i].share, again.mixtures[i].share);
    EXPECT_TRUE(core::is_on_simplex(first.mixtures[i].share));
    for (const double r : first.mixtures[i].share) EXPECT_GE(r, 0.03);
  }
  EXPECT_NE(first.mixtures[0].share, expand_one(group, 2).mixtures[0].share);
}

TEST(ExpandDesign, SurvivesTinyStrength) {
  for (const LabelledMixture& mixture :
       expand_one(DirichletMixtures{.count = 20, .strength_low = 1e-6, .strength_high = 1e-6})
           .mixtures)
    EXPECT_TRUE(core::is_on_simplex(mixture.share));
}

ExpandedDesign expand_named(DirichletMixtures group, const std::vector<std::string>& domains,
                            const data::Mixture& share) {
  return expand_design({.mixtures = {std::move(group)}},
                       {.default_share = share, .entropy = {}, .domains = domains}, 1);
}

TEST(ExpandDesign, VariesTheChildrenOfANodeAndNothingElse) {
  const std::vector<std::string> domains{"web/news", "code", "web/forums/high", "web/forums/low"};
  const data::Mixture share{0.3, 0.4, 0.2, 0.1};
  const ExpandedDesign design = expand_named({.count = 20, .within = "web"}, domains, share);
  ASSERT_EQ(design.mixtures.size(), 20u);
  for (const LabelledMixture& mixture : design.mixtures) {
    EXPECT_DOUBLE_EQ(mixture.share[1], 0.4);
    EXPECT_NEAR(mixture.share[2], 2.0 * mixture.share[3], 1e-15);  // forums vary as one
    EXPECT_TRUE(core::is_on_simplex(mixture.share));
  }
  EXPECT_EQ(design.mixtures[3].label, "within-web-3");
}

// What did not change is swept as one domain.
TEST(ExpandDesign, VariesSomeDomainsAgainstAllOthersAsOne) {
  const std::vector<std::string> domains{"a", "b", "c", "new/x", "new/y"};
  const data::Mixture share{0.4, 0.2, 0.2, 0.1, 0.1};
  const ExpandedDesign design =
      expand_named({.count = 20, .floor = 0.05, .among = {"c", "new"}}, domains, share);
  ASSERT_EQ(design.mixtures.size(), 20u);
  for (const LabelledMixture& mixture : design.mixtures) {
    EXPECT_NEAR(mixture.share[0], 2.0 * mixture.share[1], 1e-15);
    EXPECT_NEAR(mixture.share[3], mixture.share[4], 1e-15);
    EXPECT_GE(mixture.share[2], 0.05);
    EXPECT_GE(mixture.share[3] + mixture.share[4], 0.05 - 1e-15);
    EXPECT_TRUE(core::is_on_simplex(mixture.share));
  }
}

TEST(ExpandDesign, RefusesPartsOfWhichNothingVaries) {
  const data::Mixture share{0.5, 0.5, 0.0};
  EXPECT_THROW(expand_named({.within = "a"}, {"a/x", "b", "c"}, share), core::UsageError);
  EXPECT_THROW(expand_named({.floor = 0.6, .among = {"b"}}, {"a/x", "b", "c"}, share),
               core::UsageError);
  EXPECT_THROW(expand_named({.within = "n"}, {"a", "b", "n/c"}, share), core::UsageError);
}

TEST(ExpandDesign, SharesTheRestOfAGridInProportion) {
  const ExpandedDesign design = expand_one(GridMixtures{.domains = {0}, .values = {{0.2, 0.6}}});
  ASSERT_EQ(design.mixtures.size(), 2u);
  EXPECT_THAT(design.mixtures[0].share,
              ElementsAre(0.2, DoubleNear(0.48, 1e-15), DoubleNear(0.32, 1e-15)));
  EXPECT_THROW(expand_one(GridMixtures{.domains = {0, 1}, .values = {{0.6}, {0.5}}}),
               core::UsageError);
}

TEST(ExpandDesign, LeavesOutEachDomainInTurn) {
  const ExpandedDesign design = expand_one(PresetMixtures{.names = {"deletions"}, .repeats = 3});
  ASSERT_EQ(design.mixtures.size(), 3u);
  EXPECT_THAT(design.mixtures[0].share,
              ElementsAre(0.0, DoubleNear(0.6, 1e-12), DoubleNear(0.4, 1e-12)));
  EXPECT_THAT(design.mixtures[2].share,
              ElementsAre(DoubleNear(0.625, 1e-12), DoubleNear(0.375, 1e-12), 0.0));
  EXPECT_EQ(design.mixtures[1].label, "without-1");
  EXPECT_EQ(design.mixtures[1].repeats, 3);
}

TEST(ExpandDesign, DropsAndCountsDuplicates) {
  const ExpandedDesign design =
      expand_design({.mixtures = {PresetMixtures{{"default", "uniform"}},
                                  ListedMixtures{.mixtures = {default_mixture, {0.1, 0.1, 0.8}}}}},
                    {default_mixture, {}}, 1);
  EXPECT_EQ(design.mixtures.size(), 3u);
  EXPECT_EQ(design.duplicates_dropped, 1);
  EXPECT_EQ(design.mixtures[2].label, "list-1");
}

// The default stood among the presets first, and its repeats, asked for below, were dropped with
// it.
TEST(ExpandDesign, KeepsTheLargestNumberOfRepeatsOfEqualMixtures) {
  const auto repeats_of_default = [](int first, int second, int of_design) {
    return expand_design({.mixtures = {PresetMixtures{{"default", "uniform"}, first},
                                       PresetMixtures{{"default"}, second}},
                          .repeats = of_design},
                         {default_mixture, {}}, 1)
        .mixtures.front()
        .repeats;
  };
  EXPECT_EQ(repeats_of_default(0, 4, 1), 4);
  EXPECT_EQ(repeats_of_default(4, 0, 1), 4);
  EXPECT_EQ(repeats_of_default(0, 2, 3), 0) << "as many as the design says";
  EXPECT_EQ(repeats_of_default(2, 0, 3), 0);
}

/// Mixtures of K shares near to a few others: by less than the tolerance, by just as much, by more.
std::vector<data::Mixture> crowded_mixtures(std::size_t count, std::size_t domains) {
  std::mt19937 draw(11);
  std::vector<data::Mixture> mixtures;
  for (std::size_t n = 0; n < count; ++n) {
    data::Mixture share;
    if (n < 20) {
      for (std::size_t k = 0; k < domains; ++k)
        share.push_back(1.0 + static_cast<double>(draw() % 1000));
      share = core::normalised(share);
    } else {
      share = mixtures[draw() % n];
      const double moved = 0.25 * core::simplex_tolerance * static_cast<double>(draw() % 9);
      share[draw() % domains] += moved;
      share[draw() % domains] -= moved;
    }
    mixtures.push_back(std::move(share));
  }
  return mixtures;
}

TEST(ExpandDesign, DropsWhatComparingEveryPairWouldDrop) {
  for (const std::size_t domains : {2u, 3u, 17u}) {
    std::vector<data::Mixture> kept;
    int dropped = 0;
    const std::vector<data::Mixture> all = crowded_mixtures(600, domains);
    for (const data::Mixture& share : all) {
      const bool seen = std::any_of(kept.begin(), kept.end(), [&](const data::Mixture& other) {
        return std::equal(share.begin(), share.end(), other.begin(), [](double a, double b) {
          return std::abs(a - b) <= core::simplex_tolerance;
        });
      });
      if (seen)
        ++dropped;
      else
        kept.push_back(share);
    }
    ASSERT_GT(dropped, 100);
    ASSERT_GT(kept.size(), 50u);
    const ExpandedDesign design =
        expand_design({.mixtures = {ListedMixtures{.mixtures = all}}},
                      {data::Mixture(domains, 1.0 / static_cast<double>(domains)), {}}, 1);
    EXPECT_EQ(design.duplicates_dropped, dropped);
    ASSERT_EQ(design.mixtures.size(), kept.size());
    for (std::size_t m = 0; m < kept.size(); ++m) EXPECT_EQ(design.mixtures[m].share, kept[m]);
  }
}

// Comparing every pair of these takes minutes; the others a fraction of a second.
TEST(ExpandDesign, DoesNotCompareEveryPairOfManyMixtures) {
  const double start = test::processor_seconds();
  std::vector<double> values;
  for (int i = 0; i < 500; ++i) values.push_back(0.001 * i);
  EXPECT_EQ(expand_one(GridMixtures{.domains = {0, 1}, .values = {values, values}}).mixtures.size(),
            250'000u);
  EXPECT_LT(test::processor_seconds() - start, 30.0);
}

std::string refusal(const DesignOptions& options, std::size_t domains = 3) {
  std::string text;
  for (const core::Complaint& complaint : complaints(options, domains))
    text += core::to_string(complaint);
  return text;
}

TEST(DesignComplaints, CountAGridBeforeItIsMade) {
  const std::vector<double> ten(10, 0.01);
  EXPECT_EQ(refusal({.mixtures = {GridMixtures{.domains = {0, 1, 2, 3, 4, 5},
                                               .values = std::vector(6, ten)}}},
                    8),
            "");
  EXPECT_EQ(refusal({.mixtures = {GridMixtures{.domains = {0, 1, 2, 3, 4, 5, 6},
                                               .values = std::vector(7, ten)}}},
                    8),
            "design.mixtures[0]: this grid makes 10000000 mixtures (a design has at most 1000000). "
            "Give fewer values, or fewer domains.");
}

TEST(DesignComplaints, CountWhatNoIntegerHolds) {
  // 10^400 combinations, and a lattice of 10^6 parts in 500 domains.
  EXPECT_NE(
      refusal(
          {.mixtures = {GridMixtures{.values = std::vector(400, std::vector<double>(10, 0.001))}}},
          500)
          .find("makes inf mixtures"),
      std::string::npos);
  EXPECT_NE(refusal({.mixtures = {LatticeMixtures{.step = 1e-6}}}, 500).find("this lattice makes"),
            std::string::npos);
  EXPECT_NE(refusal({.mixtures = {LatticeMixtures{.step = 1e-300}}}, 2).find("Use a larger step"),
            std::string::npos);
}

TEST(DesignComplaints, CountEveryKindAndAllGroupsTogether) {
  const DirichletMixtures drawn{.count = 600'000};
  EXPECT_EQ(refusal({.mixtures = {drawn}}), "");
  EXPECT_EQ(refusal({.mixtures = {drawn, drawn}}),
            "design.mixtures[1]: this `count` makes 600000 mixtures after 600000 of the groups "
            "before it (a design has at most 1000000). Draw fewer.");
  EXPECT_EQ(refusal({.mixtures = {ListedMixtures{
                         .label = "file", .mixtures = std::vector<data::Mixture>(1'000'001)}}}),
            "design.mixtures[0]: this file makes 1000001 mixtures (a design has at most 1000000). "
            "List fewer.");
  EXPECT_THROW(expand_one(DirichletMixtures{.count = 1'000'001}), core::UsageError);
}

TEST(DesignComplaints, CountRepeatsAndVolumes) {
  DesignOptions options{.mixtures = {DirichletMixtures{.count = 100'000}},
                        .tokens = {1000, 2000, 4000, 8000},
                        .repeats = 25};
  EXPECT_EQ(refusal(options), "");
  options.repeats = 1'000'000;
  EXPECT_EQ(refusal(options),
            "design: 100000 mixtures x 1000000 repeats x 4 volumes are 400000000000 evaluations (a "
            "design has at most 10000000). Take fewer mixtures, repeats or volumes.");
}

TEST(DesignComplaints, NameAFloorWithoutRoom) {
  EXPECT_EQ(refusal({.mixtures = {LatticeMixtures{.floor = 0.4}}}),
            "design.mixtures[0]: floor 0.4 leaves no room for 3 domains (the floors add up to more "
            "than 1). Use at most 0.3333.");
}

TEST(ExpandDesign, TakesEntropyPresetsFromTheTable) {
  data::EntropyTable table;
  table.measures = {"shannon"};
  table.mixture = data::Table(1, 3);
  table.mixture.values = {0.2, 0.3, 0.5};
  const std::vector<data::EntropyTable> tables{table};
  const DesignOptions options{.mixtures = {PresetMixtures{{"entropy-shannon"}}}};
  EXPECT_THAT(expand_design(options, {default_mixture, tables}, 1).mixtures[0].share,
              ElementsAre(0.2, 0.3, 0.5));
  EXPECT_THROW(expand_design(options, {default_mixture, {}}, 1), core::UsageError);
}

TEST(LogSpacedVolumes, IncludesBothEnds) {
  EXPECT_THAT(log_spaced_volumes(100, 10000, 3), ElementsAre(100, 1000, 10000));
  EXPECT_THAT(log_spaced_volumes(100, 100, 5), ElementsAre(100));
}

}  // namespace
}  // namespace bimix::plan
