#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/evaluate.hpp>

#include <string>
#include <vector>

/// The records as text for people: fixed-width tables with a heading, each ending in a line end.
/// Losses with four decimals, shares with three, missing values as "-".
namespace bimix::report {

/// Entropies in nats and the mixtures they imply.
std::string entropy_text(const data::EntropyTable& table);

/// Coefficients in the paper's gauge with the intervals of the exponents, the noise, held-out
/// figures beside persistence and mean baseline, and below it what the reader must know.
/// @param level of the intervals, over the bootstrap
std::string fit_text(const data::LawFit& fit, double level);

/// How the laws predict held-out mixtures, one row each, and the baselines.
std::string laws_text(const std::vector<data::LawFit>& laws);

/// The same for a protocol: the strict figures beside the paper's, which are of unseen and
/// extrapolation also given by mixture, of the law that the paper means.
/// @param labels of the mixtures, by id
std::string evaluation_text(const law::Evaluation& evaluation,
                            const std::vector<std::string>& labels);

/// The optimum by volume with intervals, and how far smaller volumes foresaw it; empty if there is
/// nothing.
std::string volumes_text(const std::vector<data::VolumeOptimum>& optima,
                         const data::DomainSet& domains);

/// The recommended mixture against the default: shares with intervals, predicted losses, gain.
std::string optimum_text(const data::MixtureChoice& choice, const data::DomainSet& domains);

/// Further mixtures, with the gain expected of each and the loss about which it says most.
std::string next_text(const data::NextMixtures& next, const data::DomainSet& domains);

/// What a campaign chose next and by what, or why it chose no more. No line end.
/// @param unit of the budget
std::string round_text(const data::Round& round, const data::DomainSet& domains,
                       const std::string& unit);

/// Predicted against trained loss, and the paired difference between default and optimum.
std::string check_text(const data::CheckReport& report);

/// Trials of a plan by count, volumes and cost; every mixture.
/// @param unique_tokens what trials draw from; empty: not known
/// @param target the volume whose repetitions they have; 0: their own
std::string plan_text(const data::SweepPlan& plan, const data::Pools& unique_tokens,
                      std::int64_t target);

/// The trials that ended badly, those of one kind and message together, and how to run one again.
/// Empty if there are none.
std::string failures_text(const std::vector<data::TrialResult>& results);

/// "ok", "missing", "diverged" or "failed".
std::string status_word(data::TrialStatus status);

/// Cells as one line of CSV, quoted where needed (RFC 4180).
std::string csv_line(const std::vector<std::string>& cells);

/// Shortest text that reads back as the same number; blank for NaN.
std::string number_cell(double value);

/// Rows of cells as aligned columns: the first to the left, the others to the right.
/// @param rows the first one is the heading
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace bimix::report
