#pragma once

#include <bimix/replay/loss_log.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bimix {

/// One cell of a log: the loss of one evaluation set at one volume of one run.
struct LogCell {
  std::string run{};
  int repeat = 0;
  double parameters = 0.0;               ///< 0 = not said
  std::optional<std::int64_t> tokens{};  ///< nothing: the log does not say
  std::optional<std::int64_t> steps{};   ///< nothing: the log does not say
  std::string domain{};                  ///< evaluation set
  double loss_nats = 0.0;                ///< NaN = missing
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
  explicit LogBuilder(const ReplayOptions& options) : options_(options) {}

  /// The share of a training domain in a run's mixture; nothing: the run says that it has none,
  /// because the domain is only evaluated. Repeats of a run share their mixture.
  /// @throws DataError if it contradicts an earlier one
  void add_share(const std::string& run, const std::string& domain, std::optional<double> share,
                 const std::string& path, int line);

  /// @throws DataError if the cell contradicts an earlier one
  /// @throws UsageError if its volume is not known
  void add_loss(const LogCell& cell, const std::string& path, int line,
                Again again = Again::refused);

  /// For formats that name runs by their folder or file.
  /// @throws DataError if another owner has a run of this name
  void claim(const std::string& run, const std::string& owner, const std::string& path);

  /// Counts something that is not read.
  void pass_over(const std::string& what) { ++passed_over_[what]; }
  /// Says once what the reader must know.
  void remark(const std::string& what) { remarks_[what]; }

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
  struct Point {
    std::int64_t steps = 0;
    Place place{};
    std::map<std::size_t, Seen> losses{};  ///< by evaluation set
  };
  struct Run {
    std::string name{};
    int repeat = 0;
    double parameters = 0.0;
    Place place{};                           ///< of its first cell
    std::map<std::int64_t, Point> points{};  ///< by tokens
  };
  struct Recipe {
    Place place{};
    std::map<std::string, std::optional<double>> share{};  ///< by domain
  };
  /// Names in order of first appearance.
  struct Names {
    std::vector<std::string> names{};
    std::map<std::string, std::size_t> index{};
    std::size_t of(const std::string& name);
  };
  struct Counts;

  Place place_of(const std::string& path, int line);
  std::int64_t volume_of(const LogCell& cell, Place place);
  Run& run_of(const LogCell& cell, Place place);
  std::vector<const Run*> runs_of_wanted_size(Counts& counts) const;
  std::vector<std::size_t> evaluated(const std::vector<const Run*>& runs) const;
  Mixture mixture_of(const Run& run, Counts& counts) const;
  std::string shown_name(const Run& run) const;
  LossCurve curve_of(const Run& run, const LossLog& log, const std::vector<std::size_t>& evals,
                     Counts& counts) const;
  void add_notes(const Counts& counts, LossLog& log) const;
  const std::string& path_of(Place place) const {
    return files_[static_cast<std::size_t>(place.file)];
  }

  ReplayOptions options_;
  std::vector<std::string> files_{};
  Names train_{}, eval_{};
  std::map<std::string, Recipe> recipes_{};  ///< by run
  std::deque<Run> runs_{};
  std::map<std::string, std::map<std::pair<int, double>, Run*>> runs_by_name_{};  ///< by seed, size
  std::map<std::string, std::string> owner_{};                                    ///< by run
  std::map<std::string, int> passed_over_{}, remarks_{};
  int repeated_ = 0;  ///< identical cells met again
  int replaced_ = 0;  ///< cells that a resumed run logged again
  int at_zero_ = 0;   ///< cells at 0 tokens
  bool uses_tokens_per_step_ = false, uses_tokens_ = false;
};

}  // namespace bimix
