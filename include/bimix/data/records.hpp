#pragma once

#include <bimix/core/words.hpp>
#include <bimix/data/corpus_table.hpp>
#include <bimix/data/loss_unit.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// The plain records that pass between layers. No input, output or behaviour here.
///
/// Shape letters used in all docstrings: K training domains, E evaluation domains, M observations,
/// P parameters of a law, V vocabulary, B batch, S sequence length, N = B*S tokens of a batch.
/// Losses are in nats per token unless DomainSet::loss_unit says otherwise, volumes in training
/// tokens.
namespace bimix::data {

/// Dense row-major table of doubles; NaN marks what is missing.
struct Table {
  using View = Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
  using ConstView =
      Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

  Table() = default;
  Table(std::size_t row_count, std::size_t column_count, double fill = 0.0)
      : rows(row_count), columns(column_count), values(row_count * column_count, fill) {}

  double& operator()(std::size_t i, std::size_t j) { return values[i * columns + j]; }
  double operator()(std::size_t i, std::size_t j) const { return values[i * columns + j]; }
  std::span<const double> row(std::size_t i) const {
    return std::span<const double>(values).subspan(i * columns, columns);
  }
  View view() {
    return {values.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
  }
  ConstView view() const {
    return {values.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
  }
  bool operator==(const Table&) const = default;

  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values{};
};

/// A point of the simplex: one share for each training domain, in the campaign's order.
using Mixture = std::vector<double>;

/// The pool of each training domain, K: how many different tokens there are to draw from. 0 where
/// that is not known; infinite where the stream never ends, so that nothing repeats. Empty: not
/// known for any. A run of s tokens gives domain k with share r_k and pool n_k r_k s / n_k epochs.
using Pools = std::vector<double>;

/// Names of the domains; their order is the order everywhere.
struct DomainSet {
  std::vector<std::string> train{};  ///< K names
  std::vector<std::string> eval{};   ///< E names
  /// For each evaluation domain the index of the training domain whose share its loss follows
  /// (r_i of the law), or -1 where it has none.
  std::vector<int> share_of{};
  LossUnit loss_unit = LossUnit::nats;  ///< of the losses of all evaluation domains
  /// E: bytes of text that a token stands for, so that losses in nats a token are told in bits a
  /// byte as well, which do not depend on the tokenizer; empty: not known.
  std::vector<double> bytes_per_token{};
  bool operator==(const DomainSet&) const = default;
};

/// What a trial is run for.
enum class TrialPurpose {
  sweep,  ///< for the fit
  check   ///< on fresh seeds, for how well the recommended mixture does
};

/// "sweep", "check"
const core::WordTable<TrialPurpose>& word_table(TrialPurpose);

/// Everything that a trial's losses depend on, and nothing else that does.
struct TrialSpec {
  std::string id{};  ///< 16 hex digits: hash of the fields marked (h)
  TrialPurpose purpose = TrialPurpose::sweep;
  std::string mixture_label{};  ///< where the mixture came from: "default", "dirichlet-3", ...
  int mixture_id = 0;           ///< trials of one mixture share it: held out and resampled together
  Mixture mixture{};            ///< (h) K
  int repeat = 0;               ///< (h) seed number; trials of one repeat share their randomness
  std::uint64_t seed = 0;       ///< (h) the campaign's seed
  std::vector<std::int64_t> tokens{};  ///< (h) volumes at which losses are wanted, ascending
  std::string run{};                   ///< (h) name of the logged run, for replay; empty otherwise
  std::string source{};                ///< (h) canonical text of the trial source and its settings
  double cost = 0.0;     ///< expected work in the source's unit; orders and estimates only
  int round = 0;         ///< in which the campaign chose the mixture itself; 0: it was designed
  std::string reused{};  ///< the run that it was a trial of, of other domains; empty: it is new
  bool operator==(const TrialSpec&) const = default;
};

/// Losses of one evaluation.
struct LossPoint {
  std::int64_t tokens = 0;          ///< training tokens seen so far
  std::int64_t steps = 0;           ///< optimiser steps so far; 0 where a log has none
  std::vector<double> loss_nats{};  ///< E; NaN where missing
  bool operator==(const LossPoint&) const = default;
};

enum class TrialStatus : int { ok = 0, missing = 1, diverged = 2, failed = 3 };

/// What kind of thing made a trial fail.
enum class FailureKind : int {
  none,         ///< it did not fail
  data,         ///< a file, its content, or the environment
  memory,       ///< there was none left
  timeout,      ///< it took longer than it may
  killed,       ///< a signal ended the command
  command,      ///< the command gave up, or ended with an exit code
  quarantined,  ///< it was running each time that the run was killed
  internal      ///< a defect of this program
};

/// What a trial gave, and how it went.
struct TrialResult {
  std::string id{};  ///< the spec's id
  TrialStatus status = TrialStatus::ok;
  FailureKind failure = FailureKind::none;
  std::string message{};           ///< why not ok
  std::vector<LossPoint> curve{};  ///< at the spec's volumes, ascending; fewer if not ok
  std::vector<std::int64_t>
      tokens_seen{};         ///< K training tokens drawn from each domain; may be empty
  Pools unique_tokens{};     ///< what the trial drew from, where its source knows
  double started_utc = 0.0;  ///< seconds since 1970 when the attempt that ended began; 0 = unknown
  double wall_seconds = 0.0;
  double tokens_per_second = 0.0;  ///< 0 for sources that do not train
  double parameters = 0.0;         ///< model size; 0 = not said
  int rank = 0;
  int attempt = 1;
  std::string host{};
  bool operator==(const TrialResult&) const = default;
};

/// A logged or measured run, before any plan: what replay readers produce.
struct LossCurve {
  std::string run{};  ///< name in the log
  int repeat = 0;
  double parameters = 0.0;  ///< model size; 0 = not said
  Mixture mixture{};        ///< K
  Pools unique_tokens{};    ///< what it drew from, where the log says
  std::vector<LossPoint> points{};
  bool operator==(const LossCurve&) const = default;
};

/// Entropies of the training domains and the mixtures they imply.
struct EntropyTable {
  std::vector<std::string> domains{};   ///< K
  std::vector<std::string> measures{};  ///< "shannon", "joint", "conditional", "von-neumann"
  Table nats{};                         ///< (measure, K)
  Table mixture{};                      ///< (measure, K): exp(H_i) / sum_j exp(H_j)
  std::vector<std::int64_t> bigrams{};  ///< K: bigrams counted
  std::vector<std::int64_t> samples{};  ///< K: sample vectors of the von Neumann measure
  std::string embedding{};              ///< what those vectors are
  bool operator==(const EntropyTable&) const = default;
};

/// The observations that laws are fitted to, wherever they come from: M rows.
struct Observations {
  DomainSet domains{};
  /// The distinct mixtures, indexed by mixture id; of logged runs, one again for each other pools.
  std::vector<Mixture> mixtures{};
  std::vector<int> mixture_id{};     ///< M
  std::vector<int> repeat{};         ///< M
  std::vector<double> tokens{};      ///< M
  std::vector<double> model_size{};  ///< M parameters of the model; empty, or all 0: not said
  std::vector<Pools> pools{};        ///< the distinct ones of all rows, of K numbers each
  std::vector<int> pool_id{};        ///< M, into `pools`; empty: no pool is known
  Table loss_nats{};                 ///< (M, E); NaN where missing
  int same_runs = 0;  ///< left out: with the very losses of another run of their mixture
  bool operator==(const Observations&) const = default;
};

/// How the fit of one evaluation domain went.
struct DomainFit {
  int observations = 0;              ///< rows used
  int masked = 0;                    ///< rows left out: missing loss, or a share of 0
  double rmse_relative = 0.0;        ///< root mean square of (predicted - seen) / seen
  int rank = 0;                      ///< numerical rank of the Jacobian at the solution
  double condition = 0.0;            ///< its condition number after column scaling
  std::string stop_reason{};         ///< why the solver stopped
  std::vector<std::string> flags{};  ///< what the reader must know: bounds hit, narrow shares, ...
  /// Standard deviations as fractions of a loss, where they are known: of a reading around the
  /// curve of its run, and between whole runs of one mixture.
  std::optional<double> noise_reading{}, noise_seed{};
  std::string noise_source{};  ///< how they were found: "2 repeats of 12 mixtures", ...
  bool operator==(const DomainFit&) const = default;
};

/// One loss of a mixture that the fit never saw.
struct HeldOutLoss {
  std::size_t mixture = 0;      ///< id
  std::size_t eval_domain = 0;  ///< e
  double seen_nats = 0.0;       ///< mean over its repeats
  double predicted_nats = 0.0;
  bool operator==(const HeldOutLoss&) const = default;
};

/// Errors on mixtures that the fit never saw. NaN where it could not be computed.
struct HeldOut {
  std::string protocol{};  ///< "mixture folds at the last volume", ...
  int folds = 0;
  std::vector<double> error{};        ///< E: mean |predicted - seen| / seen at the last volume
  std::vector<double> worst{};        ///< E: largest of them
  std::vector<double> r2;             ///< E: across mixtures at the last volume
  std::vector<double> persistence{};  ///< E: same error of "the last volume equals the one before"
  std::vector<double> mean_baseline{};  ///< E: same error of the training mixtures' mean loss there
  std::vector<double> curve_r2{};       ///< E: of log loss along the volumes of a run, mean of runs
  double spearman = 0.0;                ///< rank correlation of mean loss over held-out mixtures
  /// True mean loss of the held-out mixture that is predicted to be the best, above that of the one
  /// that is.
  double regret_nats = 0.0;
  std::vector<HeldOutLoss> losses{};  ///< fold by fold
  bool operator==(const HeldOut&) const = default;
};

/// Whether the predictions of a law for mixtures that it never saw can be trusted.
struct Trust {
  std::string doubt{};  ///< why the recommendation is not to be trusted; empty: nothing says so
  /// Of held-out mixtures, over the sets that count in the objective: error and mean_baseline as in
  /// HeldOut, and R2 over all their losses together; nothing where it is not known.
  std::optional<double> error{}, mean_baseline{}, r2{};
  /// E: 1 for a set that counts and whose held-out losses the mean of the other mixtures predicts
  /// better than the law
  std::vector<std::int8_t> is_worse{};
  bool operator==(const Trust&) const = default;
};

/// A fitted law.
struct LawFit {
  std::string law{};  ///< registered name
  DomainSet domains{};
  std::vector<std::string> parameters{};  ///< P names
  Table coefficient{};                    ///< (E, P); NaN where a domain could not be fitted
  std::vector<Table> covariance{};        ///< E of (P, P)
  std::vector<DomainFit> domain{};        ///< E
  std::vector<Table> bootstrap{};         ///< samples of (E, P)
  /// E: interval of alpha from its profile, where the law offers one; NaN where it is not known
  std::vector<double> profile_low{}, profile_high{};
  std::vector<std::string> flags{};  ///< what the reader must know about the fit as a whole
  HeldOut held_out{};
  Trust trust{};
  std::vector<double> share_low{}, share_high{};  ///< K: range of shares seen
  double tokens_low = 0.0, tokens_high = 0.0;     ///< range of volumes seen
  double size_low = 0.0, size_high = 0.0;  ///< range of model sizes seen, parameters; 0 = not said
  double last_size = 0.0;    ///< the one that predictions are for where none is asked for
  Pools unique_tokens{};     ///< the pools that predictions are for where none are asked for
  double most_epochs = 0.0;  ///< that a run gave to any domain; 0: no pool is known
  bool operator==(const LawFit&) const = default;
};

/// What a recommended mixture makes least, in words.
struct ObjectiveWords {
  std::string value{};         ///< what its value is: "mean loss"
  std::string whole{};         ///< with the sets: "mean loss of web and code"
  std::vector<bool> counts{};  ///< E: whether the set's loss counts
  bool shows_weights = false;  ///< sets weigh differently, as was asked for
  bool operator==(const ObjectiveWords&) const = default;
};

/// The recommended mixture and how sure it is.
struct MixtureChoice {
  std::string law{};
  std::string objective{};  ///< its name in a campaign: "mean"
  ObjectiveWords objective_words{};
  double tokens = 0.0;      ///< the volume it is meant for
  double model_size = 0.0;  ///< and the model, in parameters; 0: any, for all the law sees
  Mixture share{};          ///< K
  Mixture default_share{};  ///< K: what it is compared with
  std::vector<double> floor{}, cap{};  ///< K: the box it was sought in
  Pools unique_tokens{};               ///< what it will draw from; empty: not known
  double max_epochs = std::numeric_limits<double>::infinity();  ///< that bounded `cap`
  std::vector<double> weight{};                  ///< E: of the mean that `share` makes least
  std::vector<double> predicted_nats{};          ///< E at `share`
  std::vector<double> predicted_default_nats{};  ///< E at `default_share`
  double objective_nats = 0.0;                   ///< the objective at `share`, unit of the losses
  double objective_default_nats = 0.0;
  double certificate = 0.0;        ///< bound or residual, see `certificate_kind`
  std::string certificate_kind{};  ///< "KKT residual", ...
  Table bootstrap_share{};         ///< (sample, K): the optimum of each bootstrap law
  /// Where the optimum was drawn to a mixture: its name, how far (0: not, 1: all the way), and the
  /// optimum itself, K.
  std::string prior{};
  double prior_weight = 0.0;
  Mixture unshrunk_share{};
  Mixture free_share{};  ///< K: the optimum without floors, caps and epochs; empty: there is none
  double level = 0.9;    ///< of the intervals below
  std::vector<double> share_low{}, share_high{};            ///< K: interval of the optimum
  double gain_nats = 0.0, gain_low = 0.0, gain_high = 0.0;  ///< default minus optimum
  /// What is to be expected of the gain: its mean over the bootstrap laws. It is less than the
  /// gain as a rule, since that is of the very law by which the mixture was chosen. Nothing without
  /// bootstrap.
  std::optional<double> gain_expected{};
  /// Of the mixtures that were run the nearest, by total variation; nothing: not compared.
  std::string nearest_run{};
  std::optional<double> nearest_distance{};
  /// The part of the gain, 0 to 1, that the law promises beyond the convex hull of the mixtures
  /// that were run; nothing: not compared, or there is no gain.
  std::optional<double> gain_beyond_runs{};
  Trust trust{};          ///< in the law
  std::string caution{};  ///< what to know before all else: repeats beyond any run; or empty
  std::vector<std::string> flags{};
  bool operator==(const MixtureChoice&) const = default;
};

/// The recommended mixture at one volume.
struct VolumeOptimum {
  double tokens = 0.0;
  Mixture share{};                                ///< K
  std::vector<double> share_low{}, share_high{};  ///< K; NaN without bootstrap
  double most_epochs = 0.0;                       ///< of any domain; 0: no pool is known
  /// K: what the same law recommends for this volume if it has seen smaller ones only; empty: not
  /// asked, or these do not suffice.
  Mixture foreseen{};
  bool operator==(const VolumeOptimum&) const = default;
};

/// A mixture that is worth a run.
struct NextMixture {
  Mixture share{};           ///< K, in whole ten-thousandths
  double gain_nats = 0.0;    ///< expected fall of the objective at the mixture then recommended
  double most_epochs = 0.0;  ///< of any domain in a run to the last fitted volume; 0: not known
  /// The evaluation domain about which it says most, and the fraction by which the uncertainty of
  /// that loss over the possible optima (its standard deviation) is expected to fall.
  std::string domain{};
  double domain_fall = 0.0;
  bool operator==(const NextMixture&) const = default;
};

/// What is known of the best mixture, by functions of the mixture that may be true.
struct BestKnown {
  Mixture share{};           ///< K: of the mixtures looked at, the best by what is known
  Mixture low{}, high{};     ///< K: with the probability asked for, between these by each share
  double regret_nats = 0.0;  ///< expected loss of `share` above that of the best there is
  double regret_high_nats = 0.0;  ///< it is below this with the probability that was asked for
  /// What the laws were believed by their held-out losses, mean over the sets that count; the last
  /// is "no law".
  std::vector<std::pair<std::string, double>> laws{};
  bool operator==(const BestKnown&) const = default;
};

/// What to run next, the most useful first; each is chosen as if the ones before it had been run.
struct NextMixtures {
  std::vector<NextMixture> mixtures{};
  BestKnown known{};                 ///< today
  double regret_after_nats = 0.0;    ///< when these have been run
  std::vector<std::string> flags{};  ///< what the reader must know
  bool operator==(const NextMixtures&) const = default;
};

/// How a campaign chose its next mixtures, or why it chose no more.
struct Round {
  int number = 1;          ///< from 1
  int seen = 0;            ///< it was chosen by the first so many mixtures of the plan
  int under_way = 0;       ///< and by what was expected of so many after them
  std::string stop{};      ///< why no mixtures were chosen; empty: some were
  std::string note{};      ///< what the reader must know of the choice
  BestKnown known{};       ///< then; its mixtures are empty where no law could be fitted yet
  double level = 0.9;      ///< of the interval, and probability of the regret's bound
  double gain_nats = 0.0;  ///< by which the round is expected to lower the regret
  double spent = 0.0;      ///< by the trials before it, in the unit of the budget
  double price = 0.0;      ///< of the round, in the same unit
  bool operator==(const Round&) const = default;
};

/// Predicted against trained loss of the recommended mixture and the default.
struct CheckReport {
  std::int64_t tokens = 0;
  LossUnit loss_unit = LossUnit::nats;
  std::vector<double> bytes_per_token{};  ///< E, see DomainSet; empty: not known
  std::vector<std::string> domains{};     ///< E
  std::vector<std::string> labels{};      ///< rows below: "default", "optimum", ...
  std::vector<Mixture> mixtures{};        ///< (label) of K
  Table predicted_nats{};                 ///< (label, E)
  Table trained_nats{};                   ///< (label, E): mean over repeats
  Table trained_error_nats{};             ///< (label, E): standard error; NaN with one repeat
  int repeats = 0;
  int same_repeats = 0;                     ///< left out: with the very losses of another one
  std::vector<double> weight{};             ///< E in the gain of the objective
  std::vector<double> paired_gain_nats{};   ///< E: default minus optimum, mean over repeats
  std::vector<double> paired_error_nats{};  ///< E: its standard error; NaN with one repeat
  double mean_gain_nats = 0.0, mean_gain_error_nats = 0.0;  ///< of the objective
  /// (label): each mixture minus optimum in the objective, mean over the repeats that both have,
  /// and its standard error; NaN with one.
  std::vector<double> over_nats{}, over_error_nats{};
  std::vector<int> over_repeats{};  ///< (label)
  bool operator==(const CheckReport&) const = default;
};

/// All trials of a campaign, in plan order.
struct SweepPlan {
  std::string name{};
  DomainSet domains{};
  std::vector<Mixture> mixtures{};     ///< distinct, indexed by mixture id
  std::vector<std::string> labels{};   ///< of the mixtures
  std::vector<std::int64_t> tokens{};  ///< the volumes of the campaign, ascending
  std::vector<TrialSpec> trials{};
  int duplicates_dropped = 0;
  bool operator==(const SweepPlan&) const = default;
};

/// Where, when and with what the run was made. Values are text; order is kept.
struct RunStamp {
  std::vector<std::pair<std::string, std::string>> facts{};  ///< "commit", "compiler", "hosts", ...
  bool operator==(const RunStamp&) const = default;
};

/// Everything results.h5 holds; built from the journal.
struct RunRecord {
  std::string campaign_text{};
  std::string resolved_text{};
  SweepPlan plan{};
  std::vector<TrialSpec> check_trials{};
  std::vector<TrialResult> results{};   ///< any order; looked up by id
  std::vector<CorpusTable> corpus{};    ///< none or one
  std::vector<EntropyTable> entropy{};  ///< none or one
  std::vector<LawFit> laws{};           ///< the reference law first
  std::string fitted_to{};  ///< hash of the observations and options that the laws were fitted with
  std::vector<MixtureChoice> optimum{};    ///< none or one
  std::vector<VolumeOptimum> by_volume{};  ///< the optimum by ascending volume
  std::vector<CheckReport> check{};        ///< none or one
  RunStamp stamp{};
  std::vector<Round> rounds{};  ///< of a campaign that chooses its own mixtures
};

}  // namespace bimix::data
