#pragma once

#include <bimix/core/error.hpp>
#include <bimix/data/records.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::mix {

/// For OptimizeOptions::reference.
inline constexpr std::string_view best_reference = "best";

/// How often a domain may be gone through.
struct EpochLimit {
  /// Infinite: any number of times. Nothing: as often as a run went through any domain, at least
  /// once. Where there is no mixture within it, the fewest times with which there is one.
  std::optional<double> epochs{};

  /// @param text "seen", "none" or a positive number; "0" is none, as it was in older campaigns
  static std::optional<EpochLimit> from(std::string_view text);
  std::string text() const;
  /// What `from` takes, in words.
  static std::string forms() { return "seen, none, or a number of epochs"; }
  bool operator==(const EpochLimit&) const = default;
};

/// What is asked of the best mixture; the `optimize:` block of a campaign.
struct OptimizeOptions {
  double tokens = 0.0;  ///< the volume the mixture is for, positive
  /// The model it is for, in parameters; 0: the last size that was fitted. Laws that see no model
  /// size take no other.
  double model_size = 0.0;
  /// of find_objective
  std::string objective = "mean";
  double radius = 0.1;       ///< of the ball of weights, for the objectives that have one
  std::vector<int> group{};  ///< E: the group of each set, for objective groups; empty: none
  /// What rises are counted from: the name of a policy, or `best`, each set's least loss that a
  /// mixture within the limits gives.
  std::string reference = "default";
  data::Mixture reference_share{};  ///< K: its mixture; empty: the default's
  /// Each rise counts less by the error of its prediction, so that a noisy set does not own the
  /// worst.
  bool less_error = false;
  std::vector<double> weights{};  ///< E, not negative; empty: none. See Objective
  std::vector<double> floor{};    ///< smallest shares, one for each of
  /// data::domain_and_node_names; empty: none
  std::vector<double> cap{};    ///< largest shares, as many; empty: none
  data::Pools unique_tokens{};  ///< what the model will draw from; empty: not known
  /// What repeated tokens are worth: R* of Muennighoff et al. 2023 (15 in their fit of pretraining
  /// runs); 0: as much as new ones. A domain of U unique tokens that is drawn D = share * tokens >
  /// U counts as U + U R* (1 - exp(-(D / U - 1) / R*)).
  double repetition = 0.0;
  EpochLimit max_epochs{};  ///< share * tokens <= max_epochs * unique_tokens
  /// What the optimum is drawn to, as far as it is unsure: `none`, or the name of a policy.
  std::string prior = "none";
  data::Mixture prior_share{};  ///< K: its mixture; empty: the optimum stays what it is
  bool extrapolate = false;     ///< allow shares outside the range that was tried
  double level = 0.9;           ///< of the intervals, in (0, 1); a campaign has one: fit.level
  bool operator==(const OptimizeOptions&) const = default;
};

/// Every mistake in the options that needs no fit to be seen. Places are "optimize.cap", ...
std::vector<core::Complaint> complaints(const OptimizeOptions& options,
                                        const data::DomainSet& domains);

}  // namespace bimix::mix
