#include <bimix/trial/replay_source.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix {

TrialResult ReplaySource::run(const TrialSpec& spec, const TrialHooks&) const {
  TrialResult result{.id = spec.id};
  const auto run = std::find_if(log_.runs.begin(), log_.runs.end(), [&](const LossCurve& curve) {
    return !spec.run.empty() && curve.run == spec.run && curve.repeat == spec.repeat;
  });
  if (run == log_.runs.end()) {
    result.status = TrialStatus::missing;
    result.message = fmt::format("no logged run has the mixture '{}'", spec.mixture_label);
    return result;
  }
  result.parameters = run->parameters;
  for (const LossPoint& point : run->points)
    if (std::find(spec.tokens.begin(), spec.tokens.end(), point.tokens) != spec.tokens.end())
      result.curve.push_back(point);
  return result;
}

}  // namespace bimix
