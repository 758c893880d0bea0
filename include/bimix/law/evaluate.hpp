#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/held_out.hpp>
#include <bimix/law/options.hpp>

#include <string>
#include <vector>

/// How well laws predict what they have not seen: protocols, and the choice of a law by them.
namespace bimix::law {

/// What trains, and what is predicted.
enum class Protocol {
  kfold,   ///< whole mixtures in folds
  draws,   ///< random sets of training mixtures
  unseen,  ///< the first mixtures train, the others are predicted (Table 2 of the paper)
  /// The last volume of every run from those before (Table 1), or from what is seen below
  /// `seen_tokens`.
  extrapolation,
  /// The last model size of mixtures that were seen with smaller ones, in draws of those that were
  /// seen with it, too, if there are any.
  larger_model,
  /// All runs of a model size on one choice of pools from all others, one after the other.
  pools
};

/// "kfold", "draws", "unseen", "extrapolation", "larger-model", "pools"
const core::WordTable<Protocol>& word_table(Protocol);

/// What `bimix evaluate` is asked for.
struct EvaluateOptions {
  Protocol protocol = Protocol::kfold;
  std::vector<std::string> laws{};  ///< names, and "auto": chosen anew for every split
  /// Mixtures that train, of draws and unseen; 0: half, and 4. Of larger-model those that are seen
  /// with the largest model.
  int train = 0;
  std::vector<int> held_out{};  ///< unseen: ids that are predicted from all others instead
  int draws = 20;
  double seen_tokens = 0.0;  ///< of each run, for extrapolation; 0: all but the last volume
  double tokens = 0.0;  ///< the last volume that counts: that is predicted; 0: the last there is
  bool operator==(const EvaluateOptions&) const = default;
};

/// The power law B s^-beta + C of each run alone, as in Table 1; a rival where runs are seen in
/// part. Not a law of unseen mixtures, so not in laws.def.
inline constexpr const char* run_power = "run_power";
/// True for a name that stands for a choice among laws, by all evaluation domains together.
bool chooses_by_every_domain(const std::string& law);
/// Before the name of a law: anchored on what was seen of each run, see continuation.hpp.
inline constexpr const char* anchored_prefix = "anchored ";
/// Stands for the law that choose_law finds for what a split lets it see.
inline constexpr const char* automatic_law = "auto";

/// True if the options' law is "all" or "auto".
bool wants_every_law(const FitOptions& options);

/// Every mistake in the options. Places are "--protocol", "--laws", ...
std::vector<core::Complaint> complaints(const EvaluateOptions& options,
                                        const data::Observations& observations);

/// The observations that count: those up to options.tokens.
data::Observations counted(const data::Observations& observations, const EvaluateOptions& options);

/// The splits of a protocol in groups. Scores are of a group, and averaged over groups: the folds
/// of kfold are one group, each draw is its own.
/// The draws are RandomStream(fit.seed, Purpose::folds, 1 + draw) shuffles of the mixture ids, the
/// first `train` of which train.
std::vector<std::vector<Split>> splits_of(const data::Observations& observations,
                                          const FitOptions& fit, const EvaluateOptions& options);

/// held_out_part for a name of EvaluateOptions::laws, one with anchored_prefix, or run_power.
HeldOutPart evaluate_split(const data::Observations& observations, const FitOptions& options,
                           const std::string& law, const Split& split);

/// Its rows of one evaluation domain, alike but for the domain's number in `eval_domain`: laws are
/// fitted domain by domain, so that a split can be shared out.
/// @param law one that does not choose_by_every_domain
HeldOutPart evaluate_domain(const data::Observations& observations, const FitOptions& options,
                            const std::string& law, const Split& split, std::size_t eval_domain);

/// Scores of each group's parts, averaged; the worst errors are the largest of all groups.
data::HeldOut mean_of_groups(const std::vector<data::HeldOut>& groups);

/// How one law did.
struct LawScore {
  std::string law{};
  data::HeldOut mean{};                           ///< over groups
  std::vector<data::HeldOut> groups{};            ///< one for each draw; one of all folds
  std::vector<std::vector<HeldOutPart>> parts{};  ///< the points of each group's splits
};

/// How one law did on one held-out mixture, over the domains it predicted and the draws that held
/// it out; NaN where there is nothing. The paper's tables are of these.
struct MixtureScore {
  int mixture = 0;
  double error = 0.0, worst = 0.0;                    ///< mean and largest relative error
  double persistence = 0.0, persistence_worst = 0.0;  ///< the same of persistence
  double curve_r2 = 0.0, curve_r2_lowest = 0.0;       ///< R2 of log loss along runs
};

/// One for each held-out mixture that was predicted in any domain, by ascending id.
std::vector<MixtureScore> mixture_scores(const LawScore& score);

/// How far a law was off on held-out readings of runs that went so often through a pool.
struct EpochScore {
  double above = 0.0, up_to = 0.0;  ///< epochs of the domain with the most
  std::size_t readings = 0;         ///< of a set each
  double log_error = 0.0;           ///< mean |log(predicted / seen)|; NaN without readings
};

/// Up to 4 epochs, up to 16, and more; nothing where no held-out run repeats.
std::vector<EpochScore> epoch_scores(const LawScore& score);

/// What a protocol found.
struct Evaluation {
  Protocol protocol = Protocol::kfold;
  data::DomainSet domains{};
  std::vector<std::vector<Split>> splits{};
  std::vector<LawScore> laws{};
};

/// Mean over evaluation domains; NaN if any of them could not be predicted.
double mean_error(const data::HeldOut& held);

/// The place of the best by mean_error; one displaces those before it only if it is better by a
/// hundredth and by 1e-6. 0 if none has any.
std::size_t best_of(const std::vector<data::HeldOut>& held);
/// The same of the held-out figures of fits.
std::size_t best_of(const std::vector<data::LawFit>& fits);

/// The law that predicts the mixtures of inner folds best, when it sees only what the split lets it
/// see.
std::string choose_law(const data::Observations& observations, const FitOptions& options,
                       const Split& split);

}  // namespace bimix::law
