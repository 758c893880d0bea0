#include <bimix/proxy/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace bimix::proxy {

bool rate_decays(const ProxyOptions& options) { return options.schedule != Schedule::constant; }

std::int64_t trunk_steps(const ProxyOptions& options, std::int64_t steps) {
  if (options.schedule == Schedule::constant) return steps;
  if (options.schedule == Schedule::cosine) return 0;
  const double decay = options.decay_fraction * static_cast<double>(steps);
  return steps - std::max<std::int64_t>(1, std::llround(decay));
}

double learning_rate_at(const ProxyOptions& options, std::int64_t step, std::int64_t steps) {
  const auto at = static_cast<double>(step);
  const double warm = std::min(1.0, at / std::max(1, options.warmup_steps));
  const std::int64_t trunk = trunk_steps(options, steps);
  if (step <= trunk) return options.learning_rate * warm;
  const double place = static_cast<double>(step - trunk) / static_cast<double>(steps - trunk);
  const double fallen = options.schedule == Schedule::cosine
                            ? 0.5 * (1.0 - std::cos(std::numbers::pi * place))
                            : std::sqrt(place);
  return options.learning_rate * warm * (1.0 - (1.0 - options.final_rate) * fallen);
}

std::int64_t trained_tokens(const ProxyOptions& options, std::span<const std::int64_t> volumes) {
  const std::int64_t unit = tokens_per_step(options);
  std::int64_t steps = 0, trunk = 0;
  for (const std::int64_t volume : volumes) {
    const std::int64_t own = volume / unit, shared = trunk_steps(options, own);
    steps += own - trunk;  // what is left of the trunk, and the branch
    trunk = std::max(trunk, shared);
  }
  return steps * unit;
}

}  // namespace bimix::proxy
