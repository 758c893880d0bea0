#pragma once

#include <bimix/replay/loss_log.hpp>
#include <bimix/trial/trial_source.hpp>

#include <map>
#include <string>
#include <utility>

namespace bimix::trial {

SourceTraits logged_traits();

/// Gives back logged runs.
class ReplaySource final : public TrialSource {
 public:
  explicit ReplaySource(replay::LossLog log);

  std::string identity(const data::TrialSpec&) const override {
    return "replay " + log_.fingerprint;
  }
  SourceTraits traits() const override { return logged_traits(); }
  double cost(const data::TrialSpec&) const override { return 1.0; }
  std::vector<data::LossCurve> logged_runs() const override { return log_.runs; }
  /// A spec whose run the log lacks gives status `missing`.
  data::TrialResult run(const data::TrialSpec& spec, const TrialHooks& hooks) const override;

  const replay::LossLog& log() const { return log_; }

 private:
  replay::LossLog log_;
  std::map<std::pair<std::string, int>, std::size_t> place_of_run_{};  ///< by name and repeat
};

}  // namespace bimix::trial
