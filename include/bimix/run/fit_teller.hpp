#pragma once

#include <bimix/run/screen.hpp>
#include <bimix/spread/collective.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace bimix::run {

/// Tells of fits and optima, part by part, where a part takes longer than two seconds: how far it
/// is and how long it will go on. Ends the progress line as it goes.
class FitTeller {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  explicit FitTeller(Screen& screen, Clock now = std::chrono::steady_clock::now)
      : screen_(screen), now_(std::move(now)) {}
  ~FitTeller();
  FitTeller(const FitTeller&) = delete;
  FitTeller& operator=(const FitTeller&) = delete;

  /// Refers to this.
  spread::Progress progress() {
    return [this](const spread::FitProgress& at) { tell(at); };
  }

 private:
  void tell(const spread::FitProgress& at);

  Screen& screen_;
  Clock now_;
  std::chrono::steady_clock::time_point begin_{}, last_{};
  bool has_told_ = false;
};

}  // namespace bimix::run
