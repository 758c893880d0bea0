#pragma once

#include <bimix/data/records.hpp>
#include <bimix/report/page.hpp>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// Figures that more than one section of the page and its data are made of.
namespace bimix::report {

/// The results of a record by trial.
class ResultsById {
 public:
  explicit ResultsById(const data::RunRecord& record);
  /// The result of a trial; null if there is none yet.
  const data::TrialResult* of(const data::TrialSpec& spec) const;

 private:
  std::unordered_map<std::string, const data::TrialResult*> by_id_{};
};

/// A trial and its result; null if there is none yet.
using TrialAndResult = std::pair<const data::TrialSpec*, const data::TrialResult*>;

/// All trials in plan order, then those of the check.
std::vector<TrialAndResult> trials_of(const data::RunRecord& record);

/// True if the run's model is of the size that the fit's figures are of, or none is said.
bool is_of_the_figures(const data::LawFit& fit, const data::TrialResult& result);

/// Losses seen at the last volume, mean over repeats: [mixture][E], NaN where there is none.
data::Table seen_at_last_volume(const data::RunRecord& record);

/// The most epochs that a run of each mixture gave to any domain, [mixture]; 0 where no pool is
/// known.
std::vector<double> most_epochs_of_mixtures(const data::RunRecord& record);

/// (predicted - seen) / seen of held-out mixtures: [mixture][E], NaN where there is none.
data::Table held_out_residuals(const data::RunRecord& record);
/// The held-out losses of the law that the optimum is of; none if nothing was fitted.
const std::vector<data::HeldOutLoss>& held_out_losses(const data::RunRecord& record);

/// The default mixture; the first one where nothing says which it is.
const data::Mixture& default_of(const data::RunRecord& record);

/// The mixture with another share of domain k; the others share the rest in proportion.
data::Mixture with_share(data::Mixture mixture, std::size_t k, double share);

/// How much of the mixture `transfer_table` moves.
inline constexpr double transfer_step = 0.01;

/// Who helps whom, by the law at the default mixture and the volume of the optimum (the largest
/// that was seen if there is none): relative change of each loss when training domain k gets
/// transfer_step more of the mixture and the others give it in proportion. [E][K]; NaN where a
/// domain has no such part left to take.
data::Table transfer_table(const data::RunRecord& record, const data::LawFit& fit);

}  // namespace bimix::report
