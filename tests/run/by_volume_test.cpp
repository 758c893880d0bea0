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
  law::Bootstrap bootstrap(seen, options, fit);
  for (int b = 0; b < samples; ++b) fit.bootstrap.push_back(bootstrap.sample(b));
  return fit;
}

TEST(ByVolume, ShowsWhereTheOptimumGoesAndWhatSmallerVolumesForesaw) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 1e-3});
  const data::LawFit fit = fitted(seen, 50);
  const auto optima =
      optima_by_volume({fit, seen, law::FitOptions()}, {.tokens = 1e8}, {0.4, 0.3, 0.3});
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

// The recommendation was drawn to a prior, and what was foreseen of it was not: they seemed to
// differ.
TEST(ByVolume, DrawsWhatWasForeseenAsFarAsTheOptimum) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 1e-2});
  const data::LawFit fit = fitted(seen, 50);
  mix::OptimizeOptions options{.tokens = fit.tokens_high, .prior = "uniform"};
  const auto last = [&] {
    return optima_by_volume({fit, seen, law::FitOptions()}, options, {0.4, 0.3, 0.3}).back();
  };
  const data::VolumeOptimum alone = last();
  options.prior_share = alone.share;
  for (std::size_t k = 0; k < 3; ++k) options.prior_share[k] += k == 2 ? 0.02 : -0.01;
  const data::VolumeOptimum drawn = last();
  const double part = (drawn.share[2] - alone.share[2]) / 0.02;
  ASSERT_GT(part, 0.0) << "it is drawn";
  for (std::size_t k = 0; k < 3; ++k)
    EXPECT_NEAR(drawn.foreseen[k] - drawn.share[k],
                (1.0 - part) * (alone.foreseen[k] - alone.share[k]), 1e-9);
}

TEST(ByVolume, FitsSmallerVolumesByTheOptionsOfTheFit) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 1e-2});
  const data::LawFit fit = fitted(seen, 0);
  const auto foreseen = [&](law::Residual residual) {
    return optima_by_volume({fit, seen, {.residual = residual}}, {.tokens = fit.tokens_high},
                            {0.4, 0.3, 0.3})
        .back()
        .foreseen;
  };
  EXPECT_NE(foreseen(law::Residual::relative), foreseen(law::Residual::plain));
}

TEST(ByVolume, IsEmptyOrShortWhereVolumesAreFew) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.noise = 1e-3});
  data::LawFit fit = fitted(seen, 0);
  const auto bare = optima_by_volume({fit, seen, law::FitOptions()}, {.tokens = fit.tokens_high},
                                     {0.4, 0.3, 0.3});
  EXPECT_EQ(bare.size(), 3u);
  EXPECT_TRUE(std::isnan(bare.front().share_low.front()));
  fit.law = "linear";  // knows the last volume only
  EXPECT_TRUE(
      optima_by_volume({fit, seen, law::FitOptions()}, {.tokens = 1e6}, {0.4, 0.3, 0.3}).empty());
}

}  // namespace
}  // namespace bimix::run
