#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace bimix::test {

/// A stop that was asked for before anything began.
inline std::stop_token asked_to_stop() {
  std::stop_source source;
  source.request_stop();
  return source.get_token();
}

/// Asks for a stop as soon as something has happened.
class StopWhen {
 public:
  explicit StopWhen(std::function<bool()> happened)
      : looks_([this, happened = std::move(happened)](const std::stop_token& over) {
          while (!over.stop_requested()) {
            if (happened()) {
              source_.request_stop();
              return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_{};
  std::jthread looks_;
};

}  // namespace bimix::test
