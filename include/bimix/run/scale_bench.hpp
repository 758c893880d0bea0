#pragma once

#include <bimix/par/comm.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/run/screen.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

/// How time and memory of a run grow with its size.
namespace bimix::run {

/// A made-up log: BiMix laws with 0.5 % of noise, at two volumes.
struct ScaleSize {
  int trials = 100;  ///< logged runs, each of another mixture
  int domains = 7;   ///< trained on; each is an evaluation set as well
};

struct ScaleOptions {
  std::string law = "bimix";
  int resamples = 200;
};

/// What one step of the work took.
struct ScaleCost {
  std::string step{};
  double seconds = 0.0;            ///< by the clock, on the slowest rank
  double processor_seconds = 0.0;  ///< of the busiest rank, whatever else the machine does
  /// The most memory that was in use, of all ranks together; where the system does not let a
  /// process forget its peak, that since the start of the program.
  double peak_bytes = 0.0;
};

/// Everything that was measured at one size.
struct ScaleBench {
  ScaleSize size{};
  std::vector<ScaleCost> cost{};  ///< in the order of the work
  std::uintmax_t journal_bytes = 0;
  std::uintmax_t results_bytes = 0;
};

/// The rest of the work that `bimix report` does with a run. @collective
using ScalePage = std::function<void(const StoredRun&)>;

/// @collective Writes a log of that size, in a temporary folder that is removed in the end, and
/// measures with it: `plan` (a design of as many Dirichlet draws), `import` (logs read twice, as
/// the command does; plan, journal, results.h5 without fits), `status`, `run again` (on the
/// finished folder), `journal` (read and checked, by every rank), `fit` (with folds and resamples),
/// `optimum`, `results.h5` (with all that) and `page`.
/// @throws DataError if no temporary folder can be made; CollectiveError if a signal came
/// @note Reads clocks: measuring is its purpose. Ranks must share the temporary folder.
ScaleBench bench_scale(const par::Comm& comm, Screen& screen, const ScaleSize& size,
                       const ScaleOptions& options, const ScalePage& page);

/// The power of the size by which a cost grows: the slope of log cost over log size through the
/// last three points (least squares), since small sizes show what costs the same at every size.
/// @param size, cost of the same length, sizes ascending
/// @return NaN for fewer than two, or where one of the three costs nothing
double growth_exponent(std::span<const double> size, std::span<const double> cost);

}  // namespace bimix::run
