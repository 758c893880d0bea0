#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/words.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace bimix::law {

/// The law of the paper (Ge et al. 2025, arXiv 2405.14908): fitted beside whichever law is asked
/// for, and the one that is used where none is.
inline constexpr const char* reference_law = "bimix";

/// How far a prediction is off.
enum class Residual {
  relative,  ///< (predicted - seen) / seen
  plain,     ///< predicted - seen, nats
  log        ///< log(predicted / seen)
};

/// "relative", "plain", "log"
const core::WordTable<Residual>& word_table(Residual);

/// How a law is fitted; the `fit:` block of a campaign.
struct FitOptions {
  /// A name of law_names(); "all": every law is fitted and compared, the reference is used; "auto":
  /// the same, and the one that predicts held-out mixtures best is used. Functions of one law want
  /// its name.
  std::string law = reference_law;
  Residual residual = Residual::relative;
  double huber = 0.0;       ///< residuals beyond it count by their size, not its square; 0: none
  double shrinkage = 1.0;   ///< strength of the priors of laws that have any; 0: none
  int bootstrap = 200;      ///< resamples for intervals, see Bootstrap
  double level = 0.9;       ///< of the intervals, in (0, 1)
  std::uint64_t seed = 1;   ///< of bootstrap draws and folds: the campaign's seed
  double min_tokens = 0.0;  ///< volumes below are left out: early training follows no power law
  /// E: how much each loss counts where the fit is judged, see trust_in; empty: all alike. Those of
  /// the objective.
  std::vector<double> weights{};
  int folds = 0;  ///< held-out folds of mixtures; 0: one per mixture below 20 mixtures, else 10
  bool operator==(const FitOptions&) const = default;
};

/// Every mistake in the options, none if they can be used. Places are "fit.law", "fit.level", ...
std::vector<core::Complaint> complaints(const FitOptions& options);

}  // namespace bimix::law
