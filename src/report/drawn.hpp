#pragma once

#include "run_figures.hpp"
#include "timeline.hpp"

#include <bimix/report/page.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Which of many are drawn and listed, so that the page of a large run stays a page. Tables and
/// charts ask here, so they show the same.
namespace bimix::report {

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

/// The runs that are drawn: of the drawn mixtures, ended well, with a model of the size that the
/// figures are of, by plan order; of more than 400 as many evenly chosen.
struct DrawnRuns {
  std::vector<TrialAndResult> runs{};
  std::size_t all = 0;  ///< of those mixtures
};
DrawnRuns drawn_runs(const data::RunRecord& record, const data::LawFit* fit);

/// Of the volumes that were fitted at most 6, evenly chosen: one line each in the sections.
std::vector<std::int64_t> section_volumes(const data::RunRecord& record, const data::LawFit& fit);

/// The volumes that runs are drawn at: all, or of more than 100 as many evenly chosen and those of
/// the sections.
std::vector<std::int64_t> drawn_volumes(const data::RunRecord& record, const data::LawFit* fit);

/// The trials whose time is drawn, at most 100 of those with a result: those that did not end well
/// first, then those that took longest. In plan order, the check's last.
std::vector<TrialAndResult> drawn_trials(const data::RunRecord& record);

/// The trials that are listed, at most 1000, by the same rule; also those without a result.
std::vector<TrialAndResult> listed_trials(const data::RunRecord& record);

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

/// The rows of a timeline that are drawn: of more than 64 ranks as many evenly chosen.
std::vector<std::size_t> drawn_rows(const Timeline& timeline);

/// The bars that are drawn: those of the drawn rows; of more than 2000 the longest.
Drawn drawn_bars(const Timeline& timeline);

}  // namespace bimix::report
