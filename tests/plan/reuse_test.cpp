#include <bimix/core/simplex.hpp>
#include <bimix/plan/reuse.hpp>
#include <bimix/plan/rounds.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::plan {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

DomainsOfRun domains(const std::vector<std::string>& names,
                     const std::vector<std::string>& fingerprints = {},
                     const data::Pools& pools = {}) {
  data::DomainSet set{.train = names, .eval = names};
  for (std::size_t k = 0; k < names.size(); ++k) set.share_of.push_back(static_cast<int>(k));
  return {set, fingerprints, pools};
}

/// A run with a trial of each mixture; losses of set e are 1 + e.
FormerRun run_of(DomainsOfRun of, const std::vector<data::Mixture>& mixtures) {
  FormerRun run{.name = "old", .of = std::move(of)};
  for (std::size_t m = 0; m < mixtures.size(); ++m) {
    const std::string id = "trial-" + std::to_string(m);
    run.trials.push_back({.id = id,
                          .mixture_label = "list-" + std::to_string(m),
                          .mixture_id = static_cast<int>(m),
                          .mixture = mixtures[m],
                          .tokens = {1000},
                          .cost = 5.0});
    data::LossPoint point{.tokens = 1000};
    for (std::size_t e = 0; e < run.of.domains.eval.size(); ++e)
      point.loss_nats.push_back(1.0 + static_cast<double>(e));
    run.results.push_back({.id = id,
                           .curve = {point},
                           .tokens_seen = std::vector<std::int64_t>(mixtures[m].size(), 1),
                           .unique_tokens = data::Pools(mixtures[m].size(), 100.0)});
  }
  return run;
}

std::string told(const Reused& reused) {
  std::string all;
  for (const std::string& words : reused.words) all += words + "\n";
  return all;
}

TEST(ReusedTrials, OfRunsBeforeADomainWasAddedHadNoneOfIt) {
  const Reused reused = reused_trials(run_of(domains({"web", "code"}), {{0.7, 0.3}}),
                                      domains({"code", "math", "web"}));
  ASSERT_EQ(reused.trials.size(), 1u);
  EXPECT_THAT(reused.trials[0].mixture, ElementsAre(0.3, 0.0, 0.7));
  EXPECT_THAT(reused.results[0].curve[0].loss_nats, ElementsAre(2.0, IsNan(), 1.0));
  EXPECT_THAT(reused.results[0].unique_tokens, ElementsAre(100.0, 0.0, 100.0));
  EXPECT_EQ(reused.trials[0].reused, "old");
  EXPECT_EQ(reused.trials[0].cost, 0.0) << "it is not run again";
  EXPECT_THAT(told(reused), HasSubstr("1 of its 1 trials are reused"));
  EXPECT_THAT(told(reused), HasSubstr("new: 'math'"));
  EXPECT_THAT(told(reused), HasSubstr("nothing of the losses on 'math'"));
  EXPECT_THAT(told(reused), HasSubstr("{count: 9, among: [math]}"));
}

TEST(ReusedTrials, GiveTheChildrenOfADividedDomainTheirPartsOfThePool) {
  const Reused reused =
      reused_trials(run_of(domains({"web", "code"}), {{0.8, 0.2}}),
                    domains({"web/high", "web/low", "code"}, {}, {1e6, 3e6, 5e6}));
  ASSERT_EQ(reused.trials.size(), 1u);
  EXPECT_THAT(reused.trials[0].mixture,
              ElementsAre(DoubleNear(0.2, 1e-15), DoubleNear(0.6, 1e-15), DoubleNear(0.2, 1e-15)));
  EXPECT_THAT(reused.results[0].curve[0].loss_nats, ElementsAre(IsNan(), IsNan(), 2.0));
  EXPECT_THAT(told(reused), HasSubstr("divided, each child with its part of the pool: 'web'"));
  EXPECT_THAT(told(reused), HasSubstr("{count: 12, among: [web/high, web/low]}"));
}

TEST(ReusedTrials, LeaveOutAndCountWhatNothingIsKnownOf) {
  const FormerRun former = run_of(domains({"web", "code", "news"}, {"1", "2", "3"}),
                                  {{0.5, 0.5, 0.0}, {0.4, 0.4, 0.2}, {0.0, 1.0, 0.0}});
  const auto count = [&](const DomainsOfRun& now) {
    return reused_trials(former, now).trials.size();
  };
  EXPECT_EQ(count(domains({"web", "code", "news"}, {"1", "2", "3"})), 3u);
  EXPECT_EQ(count(domains({"web", "code"}, {"1", "2"})), 2u) << "one had a share of what is gone";
  EXPECT_EQ(count(domains({"web", "code", "news"}, {"9", "2", "3"})), 1u) << "other texts";
  EXPECT_EQ(count(domains({"web/a", "web/b", "code", "news"}, {"4", "5", "2", "3"}, {0, 7, 8, 9})),
            1u)
      << "children of unknown pools";
  const Reused reused = reused_trials(former, domains({"web", "code"}, {"1", "2"}));
  EXPECT_THAT(told(reused), HasSubstr("2 of its 3 trials are reused; 1 have a share of what is "
                                      "gone"));
  EXPECT_THAT(told(reused), HasSubstr("gone: 'news'"));
}

// Nothing else tells that the children are the texts that the domain had.
TEST(ReusedTrials, OfADividedDomainNeedChildrenAsLargeAsItWas) {
  const FormerRun former = run_of(domains({"web", "code"}, {}, {4e6, 5e6}), {{0.8, 0.2}});
  const auto count = [&](double high) {
    return reused_trials(former, domains({"web/high", "web/low", "code"}, {}, {high, 3e6, 5e6}))
        .trials.size();
  };
  EXPECT_EQ(count(1.1e6), 1u);
  EXPECT_EQ(count(2e6), 0u);
}

// The whole pool of a child stood for the part that a matched run had drawn from.
TEST(ReusedTrials, OfADividedDomainDrewFromPartsOfItsPool) {
  const Reused reused = reused_trials(run_of(domains({"web", "code"}), {{0.8, 0.2}}),
                                      domains({"web/a", "web/b", "code"}, {}, {1e6, 3e6, 5e6}));
  EXPECT_THAT(reused.results[0].unique_tokens, ElementsAre(25.0, 75.0, 100.0));
}

// The set of a domain whose texts changed has the same name and other losses.
TEST(ReusedTrials, HaveNoLossesOnTextsThatChanged) {
  const Reused reused = reused_trials(run_of(domains({"web", "code"}, {"1", "2"}), {{0.0, 1.0}}),
                                      domains({"web", "code"}, {"9", "2"}));
  ASSERT_EQ(reused.results.size(), 1u);
  EXPECT_THAT(reused.results[0].curve[0].loss_nats, ElementsAre(IsNan(), 2.0));
}

TEST(ReusedTrials, AreThoseThatEndedWell) {
  FormerRun former = run_of(domains({"web", "code"}), {{0.5, 0.5}, {0.6, 0.4}, {0.7, 0.3}});
  former.results[0].status = data::TrialStatus::diverged;
  former.results.pop_back();
  const Reused reused = reused_trials(former, former.of);
  ASSERT_EQ(reused.trials.size(), 1u);
  EXPECT_EQ(reused.trials[0].id, "trial-1");
  EXPECT_THAT(told(reused), HasSubstr("2 did not end well"));
}

TEST(WithReused, PutsFirstWhatIsKnown) {
  const FormerRun former = run_of(domains({"web", "code"}), {{0.5, 0.5}, {0.6, 0.4}, {0.6, 0.4}});
  data::SweepPlan plan{.mixtures = {{0.9, 0.1}, {0.5, 0.5}}, .labels = {"list-0", "default"}};
  plan.tokens = {500};
  plan.trials = {{.id = "a", .mixture_id = 0, .mixture = {0.9, 0.1}, .tokens = {500}, .cost = 5.0},
                 {.id = "b", .mixture_id = 1, .mixture = {0.5, 0.5}, .tokens = {500}, .cost = 5.0}};
  const data::SweepPlan whole = with_reused(plan, reused_trials(former, former.of).trials);
  ASSERT_EQ(whole.trials.size(), 5u);
  std::vector<int> numbers;
  for (const data::TrialSpec& spec : whole.trials) numbers.push_back(spec.mixture_id);
  EXPECT_THAT(numbers, ElementsAre(0, 1, 1, 2, 0)) << "one mixture is in both";
  EXPECT_THAT(whole.labels, ElementsAre("default", "old:list-1", "list-0"));
  EXPECT_EQ(whole.trials[0].mixture_label, "default");
  EXPECT_THAT(whole.tokens, ElementsAre(500, 1000));
  EXPECT_EQ(spent(whole, Budget::Unit::trials), 2.0) << "what is reused costs nothing";
  EXPECT_EQ(price(whole, Budget::Unit::trials, 3), 3.0);
  EXPECT_EQ(price(whole, Budget::Unit::flop, 3), 15.0);
}

TEST(WithReused, TakesATrialOfThePlansOwnOnce) {
  const FormerRun former = run_of(domains({"web", "code"}), {{0.5, 0.5}});
  data::SweepPlan plan{.mixtures = {{0.5, 0.5}}, .labels = {"default"}, .trials = former.trials};
  EXPECT_EQ(with_reused(plan, reused_trials(former, former.of).trials).trials.size(), 1u);
}

}  // namespace
}  // namespace bimix::plan
