#include "long_work.hpp"

#include <utility>

namespace bimix::run {

LongWork::LongWork(Hooks hooks) : hooks_(std::move(hooks)), thread_([this] { watch(); }) {}

void LongWork::watch() {
  using Clock = std::chrono::steady_clock;
  auto next_beat = Clock::now() + hooks_.beat_every;
  std::unique_lock lock(mutex_);
  const auto ends_within = [&](std::chrono::milliseconds time) {
    return over_.wait_for(lock, time, [&] { return is_over_; });
  };
  while (!ends_within(hooks_.look_every)) {
    if (hooks_.is_to_stop()) {
      if (ends_within(hooks_.end_after)) return;
      // The lock is kept: work that is done now waits for the end.
      hooks_.last_words();
      return hooks_.end();
    }
    if (Clock::now() < next_beat) continue;
    next_beat = Clock::now() + hooks_.beat_every;
    hooks_.beat();
  }
}

LongWork::~LongWork() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  over_.notify_one();
  thread_.join();
}

}  // namespace bimix::run
