#pragma once

#include <bimix/run/stop.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace bimix::run {

/// Watches over a process whose main thread is busy with one long thing that cannot be stopped in
/// order or saved: a fit, a count. Says every now and then that the process is alive, and ends it
/// when it is to stop. What the main thread works on is left alone by the hooks, and the other way
/// round.
class LongWork {
 public:
  /// All are called from another thread.
  struct Hooks {
    std::function<void()> beat = [] {};
    std::function<bool()> is_to_stop = [] { return false; };
    std::function<void()> last_words = [] {};  ///< once, before the end
    std::function<void()> end = [] {};         ///< of the process; does not return
    std::chrono::milliseconds look_every{200};
    std::chrono::milliseconds beat_every{15000};
    std::chrono::milliseconds end_after{0};  ///< it is to stop: for others to speak first
  };

  explicit LongWork(Hooks hooks);
  /// The work is done; if the end has begun, waits for it.
  ~LongWork();
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

 private:
  void watch();

  Hooks hooks_;
  std::mutex mutex_{};
  std::condition_variable over_{};
  bool is_over_ = false;
  std::thread thread_{};
};

/// Work that is ended as it can be ended when a stop comes, while this lives.
struct WatchedWork {
  explicit WatchedWork(LongWork::Hooks hooks) : work(std::move(hooks)) {}
  StopIsNoticed stop_is_noticed{};
  LongWork work;
};

}  // namespace bimix::run
