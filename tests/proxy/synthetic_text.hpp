#pragma once

#include <bimix/core/random.hpp>
#include <bimix/proxy/options.hpp>

#include <cstdint>
#include <vector>

namespace bimix::proxy {

inline constexpr double small_rate = 0.01;

/// A proxy small enough for a test, with an odd number of everything that may be odd.
inline ProxyOptions small_proxy() {
  return {.layers = 2,
          .width = 24,
          .heads = 3,
          .context = 13,
          .batch = 6,
          .vocabulary = 19,
          .learning_rate = small_rate,
          .warmup_steps = 2,
          .eval_sequences = 3,
          .micro_batch = 2};
}

/// Sequences with something to learn: each token is the last one plus a step that changes rarely.
/// @return (count, S+1) tokens in [0, V)
inline std::vector<std::int32_t> synthetic_text(const ProxyOptions& options, int count,
                                                std::uint64_t seed) {
  core::RandomStream random(seed, core::Purpose::test);
  std::vector<std::int32_t> tokens;
  const auto vocabulary = static_cast<std::uint64_t>(options.vocabulary);
  std::uint64_t token = random.below(vocabulary), step = 1;
  for (int i = 0; i < count * (options.context + 1); ++i) {
    if (random.uniform() < 0.1) step = 1 + random.below(3);
    token = (token + step) % vocabulary;
    tokens.push_back(static_cast<std::int32_t>(token));
  }
  return tokens;
}

}  // namespace bimix::proxy
