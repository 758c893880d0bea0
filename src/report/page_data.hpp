#pragma once

#include "rows.hpp"

#include <bimix/data/json.hpp>
#include <bimix/report/page.hpp>

namespace bimix {

/// What the charts are drawn from, as one object; six digits a number, null for what is missing.
/// page.js is its only reader.
Json page_data(const PageInput& input);

/// Losses seen at the last volume, mean over repeats: (mixture, E), NaN where there is none.
Table seen_at_last_volume(const RunRecord& record);

/// One prediction of a mixture that the fit never saw.
struct Unseen {
  std::string mixture{};
  std::size_t domain = 0;
  std::string kind{};  ///< "held out" or "check"
  double seen = 0.0;
  double predicted = 0.0;
};

/// Held-out folds in the order of mixtures, then the check.
std::vector<Unseen> unseen_points(const PageInput& input);

/// (predicted - seen) / seen of held-out mixtures: (mixture, E), NaN where there is none.
Table held_out_residuals(const PageInput& input);

/// The result of a trial, or none yet.
const TrialResult* result_of(const RunRecord& record, const std::string& id);

}  // namespace bimix
