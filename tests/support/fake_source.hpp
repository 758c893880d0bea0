#pragma once

#include <bimix/core/error.hpp>
#include <bimix/trial/trial_source.hpp>

#include <chrono>
#include <new>
#include <thread>

namespace bimix::test {

/// A source whose losses are simple functions of the spec.
class FakeSource : public trial::TrialSource {
 public:
  std::string identity(const data::TrialSpec&) const override { return "fake"; }
  trial::SourceTraits traits() const override { return {.tokens_per_step = 1024}; }
  double cost(const data::TrialSpec& spec) const override {
    return static_cast<double>(spec.tokens.back());
  }

  data::TrialResult run(const data::TrialSpec& spec,
                        const trial::TrialHooks& hooks) const override {
    if (spec.mixture_label == "bad")
      throw core::DataError({.place = "fake", .problem = "cannot do this"});
    if (spec.mixture_label == "large") throw std::bad_alloc();
    if (spec.mixture_label == "huge")
      throw core::NoMemory({.place = "fake", .problem = "is too large"});
    if (spec.mixture_label == "endless") {
      for (int looks = 0; !hooks.stop.stop_requested(); ++looks) {
        if (looks == 60'000)
          throw core::DataError({.place = "fake", .problem = "was never stopped"});
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      throw core::Interrupted({.place = "fake", .problem = "stopped"});
    }
    data::TrialResult result{.id = spec.id};
    for (const std::int64_t tokens : spec.tokens) {
      data::LossPoint point{.tokens = tokens};
      for (const double r : spec.mixture)
        point.loss_nats.push_back(1.0 / (r + 1.0) + 1.0 / static_cast<double>(tokens) +
                                  1e-6 * spec.repeat);
      result.curve.push_back(point);
    }
    hooks.progress(1.0);
    return result;
  }
};

}  // namespace bimix::test
