#pragma once

#include <bimix/core/median.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace bimix::core {

/// How much of something a second gets done: the median over passes.
/// @param seconds roughly how long; one pass at least
/// @param pass does some of it, and returns how much
/// @note reads a clock: for benches only
template <class Pass>
double rate_of(double seconds, Pass pass) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  std::vector<double> rates;
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point begin = Clock::now();
    const auto amount = static_cast<double>(pass());
    rates.push_back(amount / seconds_since(begin));
  } while (seconds_since(start) < seconds);
  return median(std::move(rates));
}

}  // namespace bimix::core
