#pragma once

#include "cells.hpp"
#include "metrics.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/loss_log.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace bimix::replay {

/// Who wrote the logs.
enum class LogOrigin {
  archive,  ///< logs of runs that ended some time ago: what contradicts itself or is no number is
            ///< a mistake
  trial     ///< a trial that has just ended, as it went, perhaps with interruptions: of two losses
            ///< for one cell the later holds, lines that were cut and bytes that are no text are
            ///< passed over; a loss that is not finite is infinity, since the training has diverged
};

/// One cell of a log: the loss of one evaluation set at one volume of one run.
struct LogCell {
  std::string run{};
  int repeat = 0;
  double parameters = 0.0;               ///< 0 = not said
  std::optional<std::int64_t> tokens{};  ///< nothing: the log does not say
  std::optional<std::int64_t> steps{};   ///< nothing: the log does not say
  bool prefers_told = false;             ///< tokens_per_step, where given, comes before tokens
  std::string domain{};                  ///< evaluation set
  double loss = 0.0;                     ///< NaN = missing, infinity = not finite
  /// What the loss is, where a metric's name tells it; the name itself, or empty.
  LossScale scale = LossScale::nats;
  std::string metric{};
  int version = 0;  ///< of two metrics of one set the one of the lower version is read
  bool says_loss = true, needs_domain = false;  ///< see Metric
};

/// What another loss for the same cell means.
enum class Again {
  refused,  ///< a contradiction: tables are written once
  replaces  ///< a resumed run: logs that a trainer writes as it goes
};

/// Gathers shares and losses in any order from any number of files into runs; all checks that
/// every format shares are here, so that no format can forget one.
class LogBuilder {
 public:
  /// @param options what the logs may lack: volumes, model size
  /// @throws UsageError if the unit of the losses is no known one
  explicit LogBuilder(const ReplayOptions& options, LogOrigin origin = LogOrigin::archive);

  /// Of a trial a line that is not whole is passed over, and counted.
  bool is_of_trial() const { return origin_ == LogOrigin::trial; }

  /// The share of a training domain in a run's mixture; nothing: the run says that it has none,
  /// because the domain is only evaluated. Repeats of a run share their mixture.
  /// @throws DataError if it contradicts an earlier one
  void add_share(const std::string& run, const std::string& domain, std::optional<double> share,
                 const std::string& path, int line);

  /// How many different tokens of a domain a run could draw.
  /// @param run empty: every run that says nothing else
  /// @param domain empty: the only one that was trained on
  /// @param unique_tokens as an element of data::Pools
  /// @throws DataError if it contradicts an earlier one
  void add_pool(const std::string& run, const std::string& domain, double unique_tokens,
                const std::string& path, int line);

  /// True if no run's mixture is told.
  bool has_no_shares() const { return recipes_.empty(); }

  /// Gives the runs whose mixture the logs do not tell this one. @param mixture [train]
  void add_mixture_where_none(const std::vector<std::string>& train, const data::Mixture& mixture);

  /// The number that a log has under the name of a metric, which is a loss, or a perplexity that
  /// tells the base of the losses beside it; what is neither is not added.
  /// @param cell where it was logged; its set, where empty, is the metric's
  /// @param text the number @param place its column is the metric's name, if the cell has none
  /// @throws DataError as add_loss, and for what is no number
  void add_metric(LogCell cell, const Metric& metric, const std::string& text,
                  const CellPlace& place, Again again = Again::refused);

  /// @throws DataError if the cell contradicts an earlier one, or is not finite in an archive
  /// @throws UsageError if its volume is not known
  void add_loss(const LogCell& cell, const std::string& path, int line,
                Again again = Again::refused);

  /// Counts something that is not read. @param name one of these, to be named
  void pass_over(const std::string& what, const std::string& name = {}, int count = 1);
  /// Counts a metric that is no loss of an evaluation set; what every log is full of (training
  /// losses, learning rates) is passed over in silence.
  void pass_over(const Metric& metric, const std::string& name);
  /// Counts a file in which no metric is read, which is refused where that is so of all files.
  /// @param rule of metrics_rule()
  void found_no_loss(const std::string& path, const std::string& rule);
  /// Says once what the reader must know.
  void remark(const std::string& what) { remarks_.insert(what); }

  /// Checks the mixtures, merges the volumes, counts the gaps.
  /// @throws DataError for shares that are not complete or do not sum to 1
  LossLog build() const;

 private:
  struct Place {
    int file = 0;
    int line = 0;
  };
  struct Seen {
    double loss_nats;
    Place place;
  };
  /// One metric of one evaluation set.
  struct Series {
    std::size_t set;
    std::string metric;
    int version;
    LossScale scale;
    bool says_loss, needs_domain;
  };
  struct Point {
    std::int64_t steps = 0;
    Place place{};
    std::map<std::size_t, Seen> losses{};  ///< by series
  };
  struct Run {
    std::string name{};
    int repeat = 0;
    double parameters = 0.0;
    Place place{};                           ///< of its first cell
    std::map<std::int64_t, Point> points{};  ///< by tokens
    std::set<std::size_t> series{};          ///< that have a loss
  };
  struct Witness {
    std::string run, set;
    std::int64_t tokens;
    double perplexity;
  };
  struct PassedOver {
    int count = 0;
    std::set<std::string> names{};  ///< some of them
  };
  struct Recipe {
    Place place{};
    std::map<std::string, std::optional<double>> share{};  ///< by domain
  };
  struct Pool {
    double unique_tokens;
    Place place;
  };
  /// Names in order of first appearance.
  struct Names {
    std::vector<std::string> names{};
    std::map<std::string, std::size_t> index{};
    std::size_t of(const std::string& name);
  };
  struct Counts;

  void add_perplexity(const LogCell& cell, const std::string& path, int line);
  Place place_of(const std::string& path, int line);
  std::int64_t volume_of(const LogCell& cell, Place place);
  Run& run_of(const LogCell& cell, Place place);
  std::vector<const Run*> runs_of_wanted_size(Counts& counts) const;
  double in_our_unit(const LogCell& cell, Place place) const;
  std::size_t series_of(const LogCell& cell);
  std::map<std::size_t, std::size_t> series_read(const Run& run, Counts& counts) const;
  std::vector<std::size_t> evaluated(const std::vector<const Run*>& runs, Counts& counts) const;
  bool is_certain(std::size_t series) const;
  bool is_version_of_another(std::size_t set, const std::set<std::size_t>& sets) const;
  void leave_out_versions(Counts& counts, std::set<std::size_t>& sets) const;
  void refuse_another_base(const std::vector<const Run*>& runs, const Counts& counts) const;
  void refuse_pools_of_unknown_runs() const;
  data::Pools pools_of(const Run& run) const;
  data::Mixture mixture_of(const Run& run, Counts& counts) const;
  std::string shown_name(const Run& run) const;
  data::LossCurve curve_of(const Run& run, const LossLog& log,
                           const std::vector<std::size_t>& evals, Counts& counts) const;
  void add_notes(const Counts& counts, LossLog& log) const;
  const std::string& path_of(Place place) const {
    return files_[static_cast<std::size_t>(place.file)];
  }

  ReplayOptions options_;
  LogOrigin origin_;
  std::optional<LossScale> told_scale_{};
  std::vector<std::string> files_{};
  Names train_{}, eval_{};
  std::vector<Series> series_{};
  std::vector<Witness> witnesses_{};
  std::map<std::pair<std::size_t, std::string>, std::size_t> series_index_{};  ///< by set, metric
  std::map<std::string, Recipe> recipes_{};                                    ///< by run
  std::map<std::string, std::map<std::string, Pool>> pools_{};                 ///< by run, domain
  std::deque<Run> runs_{};
  std::map<std::string, std::map<std::pair<int, double>, Run*>> runs_by_name_{};  ///< by seed, size
  std::map<std::string, PassedOver> passed_over_{};
  std::set<std::string> remarks_{};
  std::optional<core::DataError> no_loss_{};  ///< about the first file without one
  int repeated_ = 0;                          ///< identical cells met again
  int replaced_ = 0;                          ///< cells that a resumed run logged again
  int at_zero_ = 0;                           ///< cells at 0 tokens
  bool uses_tokens_per_step_ = false, uses_tokens_ = false;
  double told_by_log_ = 0.0;  ///< tokens a step, of the first log that tells both
};

}  // namespace bimix::replay
