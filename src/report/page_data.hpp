#pragma once

#include "rows.hpp"

#include <bimix/data/json.hpp>
#include <bimix/report/page.hpp>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bimix::report {

/// What the charts are drawn from, as one object; six digits a number, null for what is missing.
/// page.js is its only reader.
data::Json page_data(const PageInput& input);

/// The results of a record by trial.
class ResultsById {
 public:
  explicit ResultsById(const data::RunRecord& record);
  /// The result of a trial; null if there is none yet.
  const data::TrialResult* of(const data::TrialSpec& spec) const;

 private:
  std::unordered_map<std::string, const data::TrialResult*> by_id_{};
};

/// Which of many are drawn.
struct Drawn {
  std::vector<std::size_t> index{};  ///< ascending
  std::size_t all = 0;               ///< how many could have been
};

/// The mixtures whose runs are drawn: those with a finished trial; of more than 64, which could not
/// be told apart, as many evenly chosen, the first and the last among them.
Drawn drawn_mixtures(const data::RunRecord& record);

/// The mixtures whose residuals are drawn, of those that have any: the 60 whose largest is largest.
Drawn drawn_residuals(const data::Table& residuals);

/// The mixtures that are listed and drawn by their shares: all, or of more than 500 as many evenly
/// chosen, and those whose runs or residuals are drawn.
Drawn listed_mixtures(const PageInput& input);

/// A trial and its result; null if there is none yet.
using TrialAndResult = std::pair<const data::TrialSpec*, const data::TrialResult*>;

/// The runs that are drawn: of the drawn mixtures, ended well, with a model of the size that the
/// figures are of, by plan order; of more than 400 as many evenly chosen.
struct DrawnRuns {
  std::vector<TrialAndResult> runs{};
  std::size_t all = 0;  ///< of those mixtures
};
DrawnRuns drawn_runs(const data::RunRecord& record, const data::LawFit* fit);

/// The volumes that runs are drawn at: all, or of more than 100 as many evenly chosen and those of
/// the sections.
std::vector<std::int64_t> drawn_volumes(const data::RunRecord& record, const data::LawFit* fit);

/// The trials whose time is drawn, at most 100 of those with a result: those that did not end well
/// first, then those that took longest. In plan order, the check's last.
std::vector<TrialAndResult> drawn_trials(const data::RunRecord& record);

/// The trials that are listed, at most 1000, by the same rule; also those without a result.
std::vector<TrialAndResult> listed_trials(const data::RunRecord& record);

/// Losses seen at the last volume, mean over repeats: (mixture, E), NaN where there is none.
data::Table seen_at_last_volume(const data::RunRecord& record);

/// One prediction of a mixture that the fit never saw.
struct Unseen {
  std::string mixture{};
  std::size_t domain = 0;
  std::string kind{};  ///< "held out" or "check"
  double seen = 0.0;
  double predicted = 0.0;
};

/// Held-out folds of the drawn mixtures in their order, then the check.
std::vector<Unseen> unseen_points(const PageInput& input);

/// (predicted - seen) / seen of held-out mixtures: (mixture, E), NaN where there is none.
data::Table held_out_residuals(const PageInput& input);

/// How much of the mixture `transfer_table` moves.
inline constexpr double transfer_step = 0.01;

/// Who helps whom, by the law at the default mixture and the volume of the optimum (the largest
/// that was seen if there is none): relative change of each loss when training domain k gets
/// transfer_step more of the mixture and the others give it in proportion. (E, K); NaN where a
/// domain has no such part left to take.
data::Table transfer_table(const data::RunRecord& record, const data::LawFit& fit);

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

/// The rows of a timeline that are drawn: of more than 64 ranks as many evenly chosen.
std::vector<std::size_t> drawn_rows(const Timeline& timeline);

/// The bars that are drawn: those of the drawn rows; of more than 2000 the longest.
Drawn drawn_bars(const Timeline& timeline);

/// True if the run's model is of the size that the fit's figures are of, or none is said.
bool is_of_the_figures(const data::LawFit& fit, const data::TrialResult& result);

}  // namespace bimix::report
