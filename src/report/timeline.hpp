#pragma once

#include <bimix/data/records.hpp>

#include <cstddef>
#include <vector>

namespace bimix::report {

/// Which rank ran what and when. Time in which no trial ran at all, as between two sessions, is
/// left out.
struct Timeline {
  struct Bar {
    std::size_t row = 0;  ///< index into `ranks`
    double from = 0.0, to = 0.0;
    const data::TrialSpec* spec = nullptr;
    const data::TrialResult* result = nullptr;
  };
  std::vector<int> ranks{};    ///< that ran trials, ascending
  std::vector<Bar> bars{};     ///< ascending by `from`; seconds since the first trial began
  std::vector<double> cuts{};  ///< where time was left out
  double length = 0.0;         ///< seconds until the last trial ended
  double busy = 0.0;           ///< seconds of all bars
};

/// Of the trials that say when they began; those of the check as well.
/// @note clocks of several hosts are taken as equal
Timeline timeline_of(const data::RunRecord& record);

}  // namespace bimix::report
