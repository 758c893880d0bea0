#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/words.hpp>
#include <bimix/data/records.hpp>
#include <bimix/data/utilities.hpp>
#include <bimix/mix/policy.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bimix::plan {

/// Of a preset: the default without each of its domains in turn, the others in proportion.
inline constexpr std::string_view deletions = "deletions";

/// Mixtures of policies by their names: "default", "uniform", "entropy-<measure>"; and `deletions`.
struct PresetMixtures {
  std::vector<std::string> names{};
  int repeats = 0;  ///< seeds of each; 0: as many as of the others
};

/// The points of a regular lattice on the simplex; see expand_design.
struct LatticeMixtures {
  double step = 0.25;
  double floor = 0.0;
};

/// Random mixtures: a strength log-uniform in its range, then Dirichlet(strength * K * centre),
/// squeezed above the floor.
struct DirichletMixtures {
  int count = 8;
  double strength_low = 1.0;
  double strength_high = 1.0;
  std::string around = "uniform";  ///< the policy whose mixture is the centre
  double floor = 0.0;
  /// Domains and nodes that vary, each as one, and with them all others as one more; empty: every
  /// domain varies. What varies as one keeps the default's proportions.
  std::vector<std::string> among{};
  /// The node whose children vary, each as one, while all other shares stay the default's; empty:
  /// none.
  std::string within{};
};

/// All combinations of the named domains' values; the other domains share the rest in proportion
/// to the default mixture.
struct GridMixtures {
  std::vector<std::size_t> domains{};         ///< indices of the named domains
  std::vector<std::vector<double>> values{};  ///< for each of them
};

/// Mixtures written out, in the campaign or in a file.
struct ListedMixtures {
  std::string label = "list";
  std::vector<data::Mixture> mixtures{};
};

using MixtureGroup =
    std::variant<PresetMixtures, LatticeMixtures, DirichletMixtures, GridMixtures, ListedMixtures>;

/// Whether one run visits all volumes, or each (mixture, volume) is a separate run.
enum class VolumeAxis { trajectory, independent };

const core::WordTable<VolumeAxis>& word_table(VolumeAxis);

/// Whether trials of one repeat share initial weights and streams of text (common random numbers,
/// so that they differ by the mixture alone), or every mixture has its own seeds.
enum class SeedChoice { common, independent };

const core::WordTable<SeedChoice>& word_table(SeedChoice);

/// What a campaign that chooses its own mixtures may spend.
struct Budget {
  enum class Unit { trials, flop, hours };
  double amount = 96.0;
  Unit unit = Unit::trials;

  /// @param text "96 trials", "2e15 FLOP" or a time such as "12h", above zero
  static std::optional<Budget> from(std::string_view text);
  std::string text() const;
  std::string unit_text() const;
  /// What `from` takes, in words.
  static std::string forms() { return "96 trials, 2e15 FLOP (proxies), or a time such as 12h"; }
  bool operator==(const Budget&) const = default;
};

/// When more rounds are not worth it: with this probability, the best mixture known is within so
/// many nats of the best there is.
struct Until {
  double gain = 0.001;
  double confidence = 0.9;
  bool operator==(const Until&) const = default;
};

/// How a campaign chooses its own mixtures, round by round: the `adaptive:` block of a design.
struct AdaptiveOptions {
  int batch = 8;   ///< mixtures of a round
  int start = 16;  ///< mixtures that spread over the simplex before the first round
  Budget budget{};
  Until until{};
  bool operator==(const AdaptiveOptions&) const = default;
};

/// The grid of a campaign.
struct DesignOptions {
  std::vector<MixtureGroup> mixtures{};
  std::vector<std::int64_t> tokens{};  ///< volumes as asked for, ascending
  VolumeAxis axis = VolumeAxis::trajectory;
  int repeats = 1;
  SeedChoice seeds = SeedChoice::common;
  data::Utilities utilities{};       ///< for policies; empty: not known
  std::vector<std::string> reuse{};  ///< folders of runs whose trials count here as well
  /// Nothing: the mixtures above are all. Else they are where it starts from.
  std::optional<AdaptiveOptions> adaptive{};
};

/// A mixture and where it came from.
struct LabelledMixture {
  std::string label{};
  data::Mixture share{};
  int repeats = 0;  ///< seeds; 0: as many as the design says
};

/// Distinct mixtures of a design, in the order they are written, and how many were dropped because
/// an earlier one was the same (to 1e-9 in every share); that one has the larger number of repeats.
struct ExpandedDesign {
  std::vector<LabelledMixture> mixtures{};
  int duplicates_dropped = 0;
};

/// What makes a design impossible, or too large, before anything of it is made: floors without
/// room, more than a million mixtures (all groups together, duplicates counted), more than ten
/// million evaluations (mixtures x repeats x volumes).
/// @param domains K
/// @return places such as "design.mixtures[1]"; empty if it can be made
std::vector<core::Complaint> complaints(const DesignOptions& options, std::size_t domains);

/// All mixtures of a design; of an adaptive one those that it starts with, filled up by
/// space_filling.
///
/// Cost grows as n log n with the number of mixtures.
///
/// A lattice has the points floor + n_i * step with whole n_i >= 0 and sum n_i * step =
/// 1 - K * floor; the step is shortened to divide that mass into a whole number of parts.
///
/// @param known what policies may know; its place is each group's
/// @param seed the campaign's; Dirichlet group g draws from its own stream
/// @throws UsageError the first of complaints(), or if a combination of a grid exceeds 1
ExpandedDesign expand_design(const DesignOptions& options, const mix::PolicyInput& known,
                             std::uint64_t seed);

/// `count` volumes from `low` to `high`, evenly spaced in the logarithm, both ends included.
std::vector<std::int64_t> log_spaced_volumes(std::int64_t low, std::int64_t high, int count);

}  // namespace bimix::plan
