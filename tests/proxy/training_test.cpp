#include "support/thread_group.hpp"
#include "synthetic_text.hpp"

#include <bimix/core/error.hpp>
#include <bimix/proxy/schedule.hpp>
#include <bimix/proxy/training.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::proxy {
namespace {

using testing::ElementsAre;

/// Options, a batch source and two evaluation blocks.
struct Rig {
  ProxyOptions options = resolved(small_proxy());
  std::vector<std::int32_t> first_block = synthetic_text(options, 3, 1001);
  std::vector<std::int32_t> second_block = synthetic_text(options, 5, 1002);
  std::int64_t unit = tokens_per_step(options);
  int drawn = 0;

  TrainingData data() {
    return {.batches = {.next =
                            [this](std::span<std::int32_t> batch) {
                              const auto text = synthetic_text(options, options.batch,
                                                               static_cast<std::uint64_t>(drawn++));
                              std::copy(text.begin(), text.end(), batch.begin());
                            },
                        .place = [this] { return std::vector<std::int64_t>{drawn}; },
                        .go_to =
                            [this](std::span<const std::int64_t> place) {
                              drawn = static_cast<int>(place.front());
                            }},
            .evaluation = {first_block, second_block}};
  }
  TrainingOutcome run(std::vector<std::int64_t> volumes, const TrainingHooks& hooks = {}) {
    drawn = 0;
    return train(options, data(), {.volumes = volumes, .seed = 7}, hooks);
  }
};

/// The training looks that often whether it is to stop, and goes on; the next time it is.
TrainingHooks stopping_after(std::int64_t looks) {
  std::stop_source source;
  if (looks == 0) source.request_stop();
  TrainingHooks hooks{.stop = source.get_token()};
  hooks.save_due = [source, looks, seen = std::int64_t{0}]() mutable {
    if (++seen == looks) source.request_stop();
    return false;
  };
  return hooks;
}

TEST(Train, VisitsEveryVolumeOnce) {
  Rig rig;
  const TrainingOutcome outcome = rig.run({2 * rig.unit, 3 * rig.unit, 6 * rig.unit});
  EXPECT_EQ(outcome.end, TrainingEnd::finished);
  EXPECT_EQ(outcome.trained_tokens, 6 * rig.unit);
  EXPECT_EQ(rig.drawn, 6);
  ASSERT_EQ(outcome.curve.size(), 3U);
  EXPECT_EQ(outcome.curve[1].tokens, 3 * rig.unit);
  EXPECT_EQ(outcome.curve[1].steps, 3);
  EXPECT_EQ(outcome.curve[1].loss_nats.size(), 2U);
}

TEST(Train, LearnsTheText) {
  Rig rig;
  const TrainingOutcome outcome = rig.run({rig.unit, 80 * rig.unit});
  for (std::size_t domain = 0; domain < 2; ++domain)
    EXPECT_LT(outcome.curve[1].loss_nats[domain], 0.6 * outcome.curve[0].loss_nats[domain]);
}

TEST(Train, PassesThroughVolumesWithoutTrace) {
  Rig rig;
  const TrainingOutcome often = rig.run({rig.unit, 2 * rig.unit, 3 * rig.unit, 4 * rig.unit});
  const TrainingOutcome once = rig.run({4 * rig.unit});
  EXPECT_EQ(often.curve.back(), once.curve.back());
}

// Each point of a decaying schedule is the end of a run of its own: the runs share what they have
// in common, and no bit tells.
class DecayingSchedule : public testing::TestWithParam<Schedule> {
 protected:
  DecayingSchedule() {
    rig_.options.schedule = GetParam();
    rig_.options.decay_fraction = 0.25;
  }
  Rig rig_;
  std::vector<std::int64_t> volumes_{4 * rig_.unit, 9 * rig_.unit, 20 * rig_.unit};
};

TEST_P(DecayingSchedule, BranchesHaveTheBitsOfRunsOfTheirOwn) {
  const TrainingOutcome together = rig_.run(volumes_);
  ASSERT_EQ(together.curve.size(), 3U);
  EXPECT_EQ(together.trained_tokens, trained_tokens(rig_.options, volumes_));
  for (std::size_t i = 0; i < volumes_.size(); ++i)
    EXPECT_EQ(rig_.run({volumes_[i]}).curve.front(), together.curve[i]);
  rig_.options.schedule = Schedule::constant;
  EXPECT_NE(rig_.run(volumes_).curve.back(), together.curve.back());
}

TEST_P(DecayingSchedule, GoesOnFromAnyStepWithTheSameBits) {
  const TrainingOutcome whole = rig_.run(volumes_);
  for (std::int64_t stop_after = 0; stop_after < whole.trained_tokens / rig_.unit; ++stop_after) {
    TrainingState saved;
    TrainingHooks hooks = stopping_after(stop_after);
    hooks.save = [&](const TrainingState& state) { saved = state; };
    rig_.run(volumes_, hooks);
    rig_.drawn = -1;  // wherever: the state knows the place
    const TrainingOutcome resumed =
        train(rig_.options, rig_.data(), {.volumes = volumes_, .seed = 7, .from = &saved});
    EXPECT_EQ(resumed.curve, whole.curve) << stop_after;
    EXPECT_EQ(resumed.trained_tokens, whole.trained_tokens);
  }
}

// Also if the training was stopped on its way there, wherever that was.
TEST(Train, KeepsWhatLargerVolumesGoOnFrom) {
  Rig rig;
  rig.options.decay_fraction = 0.25;
  const std::vector<std::int64_t> few{4 * rig.unit, 9 * rig.unit},
      many{4 * rig.unit, 9 * rig.unit, 20 * rig.unit};
  for (const Schedule schedule : {Schedule::constant, Schedule::wsd}) {
    rig.options.schedule = schedule;
    const TrainingOutcome whole = rig.run(many), alone = rig.run(few);
    for (std::int64_t stop_after = 0; stop_after <= alone.trained_tokens / rig.unit; ++stop_after) {
      TrainingState saved, kept;
      const TrainingHooks keeping{.save = [&](const TrainingState& state) { saved = state; },
                                  .keep = [&](const TrainingState& state) { kept = state; }};
      TrainingHooks stopping = stopping_after(stop_after);
      stopping.save = keeping.save;
      stopping.keep = keeping.keep;
      if (rig.run(few, stopping).end == TrainingEnd::stopped)
        train(rig.options, rig.data(), {.volumes = few, .seed = 7, .from = &saved}, keeping);
      ASSERT_EQ(kept.outcome.curve, alone.curve) << core::word_of(schedule) << ' ' << stop_after;
      EXPECT_EQ(train(rig.options, rig.data(), {.volumes = many, .seed = 7, .from = &kept}).curve,
                whole.curve);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, DecayingSchedule,
                         testing::Values(Schedule::cosine, Schedule::wsd));

TEST(Train, StopsWhenAsked) {
  Rig rig;
  const TrainingOutcome outcome = rig.run({2 * rig.unit, 9 * rig.unit}, stopping_after(4));
  EXPECT_EQ(outcome.end, TrainingEnd::stopped);
  EXPECT_EQ(outcome.steps, 4);
  EXPECT_EQ(outcome.curve.size(), 1U);
}

// One member is asked to stop: all do, at the same step, and go on together.
TEST(Train, StopsAndResumesAsAGroup) {
  Rig alone;
  const std::vector<std::int64_t> volumes{5 * alone.unit, 30 * alone.unit};
  const TrainingOutcome whole = alone.run(volumes);
  constexpr int members = 3;
  std::vector<TrainingState> saved(members);
  std::vector<TrainingOutcome> stopped(members), resumed(members);
  test::run_as_group(members, [&](const core::ProcessGroup& group) {
    const auto own = static_cast<std::size_t>(group.number);
    Rig rig;
    TrainingHooks hooks = group.number == 1 ? stopping_after(2) : TrainingHooks{};
    hooks.save = [&](const TrainingState& state) { saved[own] = state; };
    stopped[own] = train(rig.options, rig.data(), {.volumes = volumes, .seed = 7}, hooks, group);
    resumed[own] = train(rig.options, rig.data(),
                         {.volumes = volumes, .seed = 7, .from = &saved[own]}, {}, group);
  });
  for (std::size_t member = 0; member < members; ++member) {
    EXPECT_EQ(stopped[member].end, TrainingEnd::stopped);
    EXPECT_GT(stopped[member].steps, 0);
    EXPECT_EQ(stopped[member].steps, stopped[0].steps);
    EXPECT_EQ(saved[member].run.model, saved[0].run.model);
    EXPECT_EQ(resumed[member].curve, whole.curve);
  }
}

TEST(Train, ReportsProgress) {
  Rig rig;
  std::vector<double> fractions;
  rig.run({rig.unit, 3 * rig.unit},
          {.progress = [&](double fraction) { fractions.push_back(fraction); }});
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_DOUBLE_EQ(fractions.back(), 1.0);
}

TEST(Train, ReportsDivergenceInsteadOfNumbers) {
  Rig rig;
  rig.options.learning_rate = 1e30;  // weights overflow within a few steps
  rig.options.warmup_steps = 0;
  const TrainingOutcome outcome = rig.run({50 * rig.unit});
  EXPECT_EQ(outcome.end, TrainingEnd::diverged);
  EXPECT_LE(outcome.steps, 50);
  for (const data::LossPoint& point : outcome.curve)
    for (const double loss : point.loss_nats) EXPECT_TRUE(std::isfinite(loss));
}

TEST(Train, RefusesVolumesThatAreNoSteps) {
  Rig rig;
  EXPECT_THROW(rig.run({}), core::InternalError);
  EXPECT_THROW(rig.run({0}), core::InternalError);
  EXPECT_THROW(rig.run({rig.unit + 1}), core::InternalError);
  EXPECT_THROW(rig.run({2 * rig.unit, rig.unit}), core::InternalError);
}

TEST(Train, RefusesAnEmptyEvaluationBlock) {
  Rig rig;
  rig.first_block.clear();
  EXPECT_THROW(rig.run({rig.unit}), core::InternalError);
}

}  // namespace
}  // namespace bimix::proxy
