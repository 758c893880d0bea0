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

/// One cell of a log: the loss of one domain at one volume of one run.
struct LogCell {
  std::string run{};
  int repeat = 0;
  double parameters = 0.0;  ///< 0 = not said
  std::int64_t tokens = 0;
  std::int64_t steps = 0;
  std::string domain{};
  std::optional<double> share{};  ///< of this domain in the run; nothing: evaluated only
  double loss_nats = 0.0;         ///< NaN = missing
};

/// Gathers cells in any order from any number of files into runs; all checks that every format
/// shares are here, so that no format can forget one.
class LogBuilder {
 public:
  /// @throws DataError if the cell contradicts an earlier one
  void add(const LogCell& cell, const std::string& path, int line);

  /// Checks the mixtures, merges the volumes, counts the gaps.
  /// @throws DataError for shares that are not complete or do not sum to 1
  LossLog build(bool normalise) const;

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
    std::map<std::size_t, Seen> losses{};  ///< by domain
  };
  struct Run {
    std::string name{};
    int repeat = 0;
    double parameters = 0.0;
    Place place{};                                         ///< of its first cell
    std::map<std::size_t, std::optional<double>> share{};  ///< by domain
    std::map<std::int64_t, Point> points{};                ///< by tokens
  };

  std::size_t domain_index(const std::string& name);
  Run& run_of(const LogCell& cell, Place place);
  DomainSet domain_set() const;
  Mixture mixture_of(const Run& run, const DomainSet& domains, bool normalise,
                     int& normalised_runs) const;
  const std::string& path_of(Place place) const {
    return files_[static_cast<std::size_t>(place.file)];
  }

  std::vector<std::string> files_{};
  std::vector<std::string> domains_{};
  std::map<std::string, std::size_t> domain_by_name_{};
  std::deque<Run> runs_{};
  std::map<std::pair<std::string, int>, Run*> run_by_name_{};
  int repeated_ = 0;  ///< identical cells met again
  int at_zero_ = 0;   ///< cells at 0 tokens
};

}  // namespace bimix
