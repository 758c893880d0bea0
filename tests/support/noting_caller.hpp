#pragma once

#include <bimix/sweep/run_trials.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace bimix::test {

/// Notes what a sweep hands over.
class NotingCaller : public sweep::SweepCaller {
 public:
  void on_start(const std::vector<const data::TrialSpec*>& given) override {
    for (const data::TrialSpec* spec : given) started.push_back(spec->id);
  }
  void on_news(const sweep::SweepNews& news) override {
    ++hand_overs;
    results.insert(results.end(), news.results.begin(), news.results.end());
    if (news.others_work) others_work.push_back(*news.others_work);
    out.insert(out.end(), news.taken_out.begin(), news.taken_out.end());
  }
  void on_progress(const sweep::SweepProgress& now) override {
    progress = now;
    most_listed = std::max(most_listed, now.longest.size());
  }
  double seconds_to_deadline() override { return time_left(); }

  std::vector<std::string> started{};  ///< ids
  std::size_t hand_overs = 0;
  std::vector<data::TrialResult> results{};
  std::vector<bool> others_work{};
  std::vector<sweep::TakenOut> out{};
  sweep::SweepProgress progress{};  ///< the last one
  std::size_t most_listed = 0;      ///< of trials that run longest
  std::function<double()> time_left = [] { return std::numeric_limits<double>::infinity(); };
};

}  // namespace bimix::test
