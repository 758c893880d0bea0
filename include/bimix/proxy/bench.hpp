#pragma once

#include <bimix/proxy/options.hpp>

#include <string>
#include <vector>

namespace bimix::proxy {

/// A part of the training step and the share of its time spent there.
struct StepPart {
  std::string name{};
  double share = 0.0;   ///< of the step's time
  double gflops = 0.0;  ///< its rate, where its operations count; otherwise 0
};

/// This machine's training speed.
struct ProxyBench {
  ProxyOptions options{};          ///< resolved
  double tokens_per_second = 0.0;  ///< median over the steps
  double gflops = 0.0;             ///< `training_flops` per second at that speed
  /// Of losses alone, on as many sequences as an evaluation domain has: median of several times.
  double evaluated_per_second = 0.0;
  /// Best product at these shapes on one thread, times threads; 0 for models without products.
  double limit_gflops = 0.0;
  std::vector<StepPart> parts{};
  /// gflops / limit_gflops
  double share_of_limit() const { return limit_gflops > 0 ? gflops / limit_gflops : 0.0; }
};

/// Trains on random tokens and times it; where sequences are weighed, from the first step on.
/// @param seconds roughly how long to measure
/// @note reads a clock: measuring is its purpose
ProxyBench bench_proxy(const ProxyOptions& options, double seconds);

/// The shapes whose speed is published (src/proxy/NOTES.md), from small to large.
std::vector<ProxyOptions> published_shapes();

}  // namespace bimix::proxy
