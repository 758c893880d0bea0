#include "support/synthetic.hpp"

#include <bimix/core/error.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace bimix::law {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

data::Observations known() { return synthetic::observations(synthetic::three_domains(), {}); }

std::ptrdiff_t training(const Split& split) {
  return std::count(split.trains.begin(), split.trains.end(), true);
}

TEST(SplitsOf, HoldEachMixtureOutOnceInFolds) {
  const auto groups = splits_of(known(), {}, {.protocol = Protocol::kfold});
  ASSERT_EQ(groups.size(), 1u);
  std::vector<int> held(12, 0);
  for (const Split& split : groups.front())
    for (std::size_t id = 0; id < 12; ++id) held[id] += split.trains[id] ? 0 : 1;
  EXPECT_THAT(held, testing::Each(1));
}

TEST(SplitsOf, DrawTheSameMixturesForTheSameSeed) {
  const EvaluateOptions options{.protocol = Protocol::draws, .train = 5, .draws = 7};
  const auto groups = splits_of(known(), {.seed = 3}, options);
  ASSERT_EQ(groups.size(), 7u);
  EXPECT_EQ(groups[2].front().trains, splits_of(known(), {.seed = 3}, options)[2].front().trains);
  EXPECT_NE(groups[2].front().trains, splits_of(known(), {.seed = 4}, options)[2].front().trains);
  EXPECT_NE(groups[2].front().trains, groups[3].front().trains);
  for (const auto& group : groups) EXPECT_EQ(training(group.front()), 5);
}

// The draws that the published figures are of. The file is what others need to compare with them:
// it must not change with the program.
TEST(SplitsOf, AreListedInAFileForSixtyMixtures) {
  const data::Observations sixty =
      synthetic::observations(synthetic::three_domains(), {.mixtures = 60});
  std::ifstream file(BIMIX_SOURCE_DIR "/tests/samples/draws_of_60_mixtures.csv");
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "train,draw,mixtures");
  for (const int train : {25, 12, 8}) {
    const auto groups =
        splits_of(sixty, {}, {.protocol = Protocol::draws, .train = train, .draws = 20});
    for (std::size_t draw = 0; draw < groups.size(); ++draw) {
      std::vector<std::size_t> ids;
      for (std::size_t id = 0; id < 60; ++id)
        if (groups[draw].front().trains[id]) ids.push_back(id);
      std::getline(file, line);
      EXPECT_EQ(line, fmt::format("{},{},{}", train, draw, fmt::join(ids, " ")));
    }
  }
}

TEST(SplitsOf, TrainOnTheFirstFourForUnseenAndOnAllForExtrapolation) {
  const Split unseen = splits_of(known(), {}, {.protocol = Protocol::unseen}).front().front();
  EXPECT_EQ(training(unseen), 4);
  EXPECT_TRUE(unseen.trains[0] && unseen.trains[3]);
  const Split last = splits_of(known(), {}, {.protocol = Protocol::extrapolation}).front().front();
  EXPECT_EQ(training(last), 12);
  EXPECT_DOUBLE_EQ(last.seen_below, 0.995 * 4e6);
}

TEST(Protocol, IsNamedAmongAllThereAre) {
  EXPECT_EQ(core::find_word<Protocol>("larger-model"), Protocol::larger_model);
  EXPECT_EQ(core::to_string(core::unknown_word<Protocol>("folds", "--protocol")),
            "--protocol: 'folds' is no protocol (there are: kfold, draws, unseen, extrapolation, "
            "larger-model and pools). Choose one of them.");
}

TEST(EvaluateOptions, NameEveryMistakeAtOnce) {
  const EvaluateOptions options{
      .protocol = Protocol::draws, .laws = {"bimix", "joinz", "auto"}, .draws = 0};
  const auto found = complaints(options, known());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].place, "--laws");
  EXPECT_THAT(found[0].remedy, testing::HasSubstr("joint"));
  EXPECT_EQ(found[1].place, "--draws");
  for (const int train : {-1, 1, 11, 500}) {
    const EvaluateOptions few{.protocol = Protocol::draws, .train = train, .draws = 0};
    EXPECT_EQ(complaints(few, known()).size(), 2u);
  }
  EXPECT_THAT(complaints({.protocol = Protocol::draws, .train = 5}, known()), IsEmpty());
}

TEST(EvaluateSplit, ContinuesEachRunByItsOwnPowerLaw) {
  const data::Observations seen = known();
  const Split last = splits_of(seen, {}, {.protocol = Protocol::extrapolation}).front().front();
  const data::HeldOut held = merge_folds(seen.domains, {evaluate_split(seen, {}, run_power, last)});
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_LT(held.worst[e], 1e-7);
    EXPECT_GT(held.persistence[e], 0.01);
  }
}

TEST(SplitsOf, HoldOutTheMixturesThatAreNamed) {
  const Split split =
      splits_of(known(), {}, {.protocol = Protocol::unseen, .held_out = {2, 7}}).front().front();
  EXPECT_EQ(training(split), 10);
  EXPECT_FALSE(split.trains[2] || split.trains[7]);
}

TEST(EvaluateOptions, RefuseMixturesThatCannotBeHeldOut) {
  const auto about = [](const EvaluateOptions& options) { return complaints(options, known()); };
  EXPECT_THAT(about({.protocol = Protocol::unseen, .held_out = {0}}), IsEmpty());
  EXPECT_EQ(about({.protocol = Protocol::kfold, .held_out = {0}}).at(0).place, "--hold-out");
  EXPECT_EQ(about({.protocol = Protocol::unseen, .train = 4, .held_out = {0}}).size(), 1u);
  std::vector<int> eleven(11);
  std::iota(eleven.begin(), eleven.end(), 0);
  EXPECT_EQ(about({.protocol = Protocol::unseen, .held_out = eleven}).size(), 1u);
  data::Observations without = known();
  for (int& id : without.mixture_id) id = std::max(id, 1);
  EXPECT_EQ(complaints({.protocol = Protocol::unseen, .held_out = {0}}, without).size(), 1u);
}

TEST(LastVolume, IsTheLargestThatHalfTheMixturesReached) {
  data::Observations seen = known();
  // One run went on.
  seen.mixture_id.push_back(3);
  seen.repeat.push_back(0);
  seen.tokens.push_back(8e6);
  ++seen.loss_nats.rows;
  seen.loss_nats.values.insert(seen.loss_nats.values.end(), {1.0, 1.0, 1.0});
  const Split split{.trains = std::vector<bool>(12, true)};
  Split held = split;
  held.trains[3] = held.trains[7] = false;
  const HeldOutPart part = evaluate_split(seen, {}, "bimix", held);
  for (std::size_t row = 0; row < part.point.rows; ++row)
    EXPECT_NE(part.point(row, HeldOutPart::seen), 1.0);
  EXPECT_DOUBLE_EQ(
      splits_of(seen, {}, {.protocol = Protocol::extrapolation}).front().front().seen_below,
      0.995 * 4e6);
  EXPECT_EQ(counted(seen, {.tokens = 4e6}).tokens, known().tokens);
  EXPECT_EQ(counted(seen, {}).tokens, seen.tokens);
  EXPECT_EQ(complaints({.protocol = Protocol::extrapolation, .tokens = 1.0},
                       counted(seen, {.tokens = 1.0}))
                .at(0)
                .place,
            "--tokens");
}

TEST(EvaluateDomain, HasTheRowsOfTheSplit) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 1e-3});
  const std::string laws[] = {"bimix", "effective_share", run_power};
  for (const Protocol protocol : {Protocol::unseen, Protocol::extrapolation}) {
    const Split split = splits_of(seen, {}, {.protocol = protocol}).front().front();
    for (const std::string& law : laws) {
      std::vector<double> rows;
      for (std::size_t e = 0; e < 3; ++e) {
        const HeldOutPart part = evaluate_domain(seen, {}, law, split, e);
        rows.insert(rows.end(), part.point.values.begin(), part.point.values.end());
      }
      const std::vector<double> whole = evaluate_split(seen, {}, law, split).point.values;
      ASSERT_EQ(rows.size(), whole.size());
      for (std::size_t n = 0; n < rows.size(); ++n)  // bit for bit, and NaN where that is
        EXPECT_TRUE(rows[n] == whole[n] || (std::isnan(rows[n]) && std::isnan(whole[n])));
    }
  }
}

/// Rows (mixture, domain, seen, predicted, previous, R2 along the run).
HeldOutPart points(const std::vector<std::array<double, 6>>& rows) {
  HeldOutPart part{.point = data::Table(rows.size(), HeldOutPart::column_count)};
  for (std::size_t n = 0; n < rows.size(); ++n) {
    part.point(n, HeldOutPart::mixture_id) = rows[n][0];
    part.point(n, HeldOutPart::eval_domain) = rows[n][1];
    part.point(n, HeldOutPart::seen) = rows[n][2];
    part.point(n, HeldOutPart::predicted) = rows[n][3];
    part.point(n, HeldOutPart::previous) = rows[n][4];
    part.point(n, HeldOutPart::curve_r2) = rows[n][5];
  }
  return part;
}

TEST(MixtureScores, AreOverTheDomainsOfAMixture) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const LawScore score{
      .law = "bimix",
      .parts = {{points({{5, 0, 2.0, 2.2, 2.4, 0.9},
                         {1, 0, 4.0, 4.0, 5.0, 0.8},
                         {5, 1, 1.0, 0.7, 1.1, -0.5},
                         {1, 1, 1.0, nan, 1.1, nan}})},
                {points({{5, 0, 2.0, 2.0, nan, nan}, {3, 0, nan, 1.0, 1.0, nan}})}}};
  const auto scores = mixture_scores(score);
  ASSERT_EQ(scores.size(), 2u) << "mixture 3 was not predicted at all";
  EXPECT_EQ(scores[0].mixture, 1);
  EXPECT_EQ(scores[0].error, 0.0);  // of the one domain that was predicted
  EXPECT_EQ(scores[0].persistence, 0.25);
  EXPECT_NEAR(scores[1].error, (0.1 + 0.3 + 0.0) / 3, 1e-15);  // both draws
  EXPECT_NEAR(scores[1].worst, 0.3, 1e-15);
  EXPECT_NEAR(scores[1].persistence, 0.15, 1e-15);
  EXPECT_NEAR(scores[1].persistence_worst, 0.2, 1e-15);
  EXPECT_NEAR(scores[1].curve_r2, 0.2, 1e-15);
  EXPECT_EQ(scores[1].curve_r2_lowest, -0.5);
}

TEST(EvaluateSplit, ChoosesWithoutTheHeldOutMixtures) {
  data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 1e-3, .seed = 2});
  Split split{.trains = std::vector<bool>(12, true)};
  split.trains[4] = false;
  const std::string before = choose_law(seen, {}, split);
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.mixture_id[row] == 4)
      for (std::size_t e = 0; e < 3; ++e) seen.loss_nats(row, e) *= 3.0;
  EXPECT_EQ(choose_law(seen, {}, split), before);
  EXPECT_EQ(evaluate_split(seen, {}, automatic_law, split),
            evaluate_split(seen, {}, before, split));
}

data::HeldOut with_error(std::vector<double> error) {
  data::HeldOut held;
  held.error = std::move(error);
  return held;
}

TEST(BestOf, PrefersWhatPredictsEveryDomain) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(best_of({with_error({0.01, nan}), with_error({0.03, 0.03}), with_error({0.02, 0.02})}),
            2u);
  EXPECT_EQ(best_of({with_error({1e-7}), with_error({1e-9})}), 0u);      // both are right
  EXPECT_EQ(best_of({with_error({0.0200}), with_error({0.0199})}), 0u);  // too close to tell
  EXPECT_EQ(best_of({with_error({nan}), with_error({nan})}), 0u);
}

TEST(MeanOfGroups, AveragesFiguresAndKeepsTheWorst) {
  const data::HeldOut a{
      .error = {0.1}, .worst = {0.2}, .r2 = {0.5}, .spearman = 1.0, .regret_nats = 0.0};
  const data::HeldOut b{
      .error = {0.3}, .worst = {0.9}, .r2 = {0.7}, .spearman = 0.0, .regret_nats = 0.2};
  const data::HeldOut mean = mean_of_groups({a, b});
  EXPECT_NEAR(mean.error[0], 0.2, 1e-15);
  EXPECT_EQ(mean.worst[0], 0.9);
  EXPECT_NEAR(mean.r2[0], 0.6, 1e-15);
  EXPECT_EQ(mean.spearman, 0.5);
  EXPECT_NEAR(mean.regret_nats, 0.1, 1e-15);
}

}  // namespace
}  // namespace bimix::law
