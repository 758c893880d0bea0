#include <gtest/gtest.h>
#include <run/long_work.hpp>

#include <atomic>
#include <future>

namespace bimix::run {
namespace {

using namespace std::chrono_literals;

// What the deadline of a fit does: the last words, then the end, once.
TEST(LongWork, SaysItsLastWordsAndEndsWhenItIsToStop) {
  std::atomic<bool> stop{false};
  std::atomic<int> words{0};
  std::promise<int> ended;
  {
    const LongWork work({.is_to_stop = [&] { return stop.load(); },
                         .last_words = [&] { ++words; },
                         .end = [&] { ended.set_value(words); },
                         .look_every = 1ms});
    stop = true;
    EXPECT_EQ(ended.get_future().get(), 1);
  }
  EXPECT_EQ(words, 1);
}

TEST(LongWork, BeatsAndLeavesInPeaceWhatIsDoneInTime) {
  std::promise<void> beaten;
  std::atomic<bool> first{true};
  {
    const LongWork work({.beat =
                             [&] {
                               if (first.exchange(false)) beaten.set_value();
                             },
                         .end = [] { FAIL() << "nobody asked for it"; },
                         .look_every = 1ms,
                         .beat_every = 1ms});
    beaten.get_future().get();
  }
  SUCCEED();
}

TEST(LongWork, EndsNothingThatIsDoneWhileOthersSpeak) {
  std::promise<void> seen;
  std::atomic<bool> first{true};
  const LongWork work({.is_to_stop =
                           [&] {
                             if (first.exchange(false)) seen.set_value();
                             return true;
                           },
                       .end = [] { FAIL() << "the work was done before"; },
                       .look_every = 1ms,
                       .end_after = 1h});
  seen.get_future().get();
}

}  // namespace
}  // namespace bimix::run
