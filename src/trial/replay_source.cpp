#include <bimix/trial/replay_source.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::trial {

ReplaySource::ReplaySource(replay::LossLog log) : log_(std::move(log)) {
  for (std::size_t n = log_.runs.size(); n-- > 0;)  // of two of one name the first counts
    place_of_run_[{log_.runs[n].run, log_.runs[n].repeat}] = n;
}

SourceTraits logged_traits() { return {.trains = false}; }

data::TrialResult ReplaySource::run(const data::TrialSpec& spec, const TrialHooks&) const {
  data::TrialResult result{.id = spec.id};
  const auto place = place_of_run_.find({spec.run, spec.repeat});
  if (spec.run.empty() || place == place_of_run_.end()) {
    result.status = data::TrialStatus::missing;
    result.message = fmt::format("no logged run has the mixture '{}'", spec.mixture_label);
    return result;
  }
  const data::LossCurve& run = log_.runs[place->second];
  result.parameters = run.parameters;
  result.unique_tokens = run.unique_tokens;
  for (const data::LossPoint& point : run.points)
    if (std::binary_search(spec.tokens.begin(), spec.tokens.end(), point.tokens))
      result.curve.push_back(point);
  return result;
}

}  // namespace bimix::trial
