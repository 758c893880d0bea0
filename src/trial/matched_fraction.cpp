#include <bimix/trial/trial_source.hpp>

#include <algorithm>

namespace bimix::trial {

double matched_fraction(const data::TrialSpec& spec, std::int64_t target) {
  if (target <= 0 || spec.tokens.empty()) return 1.0;
  return std::min(1.0, static_cast<double>(spec.tokens.back()) / static_cast<double>(target));
}

}  // namespace bimix::trial
