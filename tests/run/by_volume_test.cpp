#include "support/synthetic.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/run/by_volume.hpp>

#include <gtest/gtest.h>

namespace bimix::run {
namespace {

data::LawFit fitted(const data::Observations& seen, int samples) {
  law::FitOptions options;
  data::LawFit fit = law::fit_law(seen, options);
  const law::Bootstrap bootstrap(seen, options, fit);
  for (int b = 0; b < samples; ++b) fit.bootstrap.push_back(bootstrap.sample(b));
  return fit;
}

TEST(ByVolume, ShowsWhereTheOptimumGoesAndWhatSmallerVolumesForesaw) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 1e-3});
  const data::LawFit fit = fitted(seen, 50);
  const auto optima = optima_by_volume(fit, seen, {.tokens = 1e8}, {0.4, 0.3, 0.3});
  ASSERT_EQ(optima.size(), 4u) << "the smallest, a middle, the last and the one asked for";
  EXPECT_EQ(optima[0].tokens, fit.tokens_low);
  EXPECT_EQ(optima[2].tokens, fit.tokens_high);
  EXPECT_EQ(optima[3].tokens, 1e8);
  for (const data::VolumeOptimum& optimum : optima) {
    EXPECT_TRUE(core::is_on_simplex(optimum.share));
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_LE(optimum.share_low[k], optimum.share[k] + 0.01);
      EXPECT_GE(optimum.share_high[k], optimum.share[k] - 0.01);
    }
    EXPECT_EQ(optimum.foreseen.empty(), optimum.tokens != fit.tokens_high);
  }
  // Losses follow one law at all volumes: the smaller ones foresee the last.
  EXPECT_LT(core::total_variation(optima[2].share, optima[2].foreseen), 0.02);
}

TEST(ByVolume, IsEmptyOrShortWhereVolumesAreFew) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.noise = 1e-3});
  data::LawFit fit = fitted(seen, 0);
  const auto bare = optima_by_volume(fit, seen, {.tokens = fit.tokens_high}, {0.4, 0.3, 0.3});
  EXPECT_EQ(bare.size(), 3u);
  EXPECT_TRUE(std::isnan(bare.front().share_low.front()));
  fit.law = "linear";  // knows the last volume only
  EXPECT_TRUE(optima_by_volume(fit, seen, {.tokens = 1e6}, {0.4, 0.3, 0.3}).empty());
}

}  // namespace
}  // namespace bimix::run
