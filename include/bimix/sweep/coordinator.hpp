#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace bimix::sweep {

/// The order in which free ranks should take the trials, so that the last one ends early.
///
/// The largest cost first (Graham 1969, doi:10.1137/0117039: at most 4/3 of the best makespan), or,
/// where that misses the lower bound, the better of it and MULTIFIT (Coffman, Garey and Johnson
/// 1978, doi:10.1137/0207001: at most 13/11). Ties keep their order.
/// @param workers ranks, or groups of them, at least 1
std::vector<std::size_t> dispatch_order(const std::vector<double>& costs, int workers);

/// The largest first, ties in order.
std::vector<std::size_t> largest_first_order(const std::vector<double>& costs);

/// Which worker gets each trial if they take them in dispatch order: parts that end together.
std::vector<std::size_t> shared_out(const std::vector<double>& costs, int workers);

/// End of the last trial if `workers` equal workers take the trials in that order.
double makespan(const std::vector<double>& costs, const std::vector<std::size_t>& order,
                int workers);

/// No schedule ends earlier: the largest trial, the mean work of a worker, or the two smallest of
/// the `workers` + 1 largest trials, which must share a worker.
double makespan_lower_bound(const std::vector<double>& costs, int workers);

/// Which trial goes to whom, in dispatch order. Pure bookkeeping, without clock or messages, so
/// that a simulated sweep runs the same code as a real one.
class Coordinator {
 public:
  /// @param costs expected work of each trial
  /// @param rank_count ranks that may ask, or groups of them where ranks share trials
  Coordinator(std::vector<double> costs, int rank_count);

  /// Further trials, numbered on: they go out after those before them, in their dispatch order.
  void add(const std::vector<double>& costs);
  /// The next trial for a rank that is free; nothing if none is left (or stop was called).
  /// @param largest larger ones are skipped, and remain to be done
  std::optional<std::size_t> next(int rank,
                                  double largest = std::numeric_limits<double>::infinity());
  /// The rank's trial has ended, one way or another. @return which it was
  std::size_t finished(int rank);
  /// The rank's trial was interrupted and remains to be done.
  void interrupted(int rank);
  /// How far the rank's trial has come. @param fraction 0 to 1
  void progressed(int rank, double fraction);
  /// Nothing is handed out from here on.
  void stop() { stopped_ = true; }

  /// What a rank does.
  struct Seat {
    std::optional<std::size_t> trial{};
    double fraction = 0.0;
  };
  const std::vector<Seat>& seats() const { return seats_; }

  bool exhausted() const { return stopped_ || next_ == order_.size(); }
  bool is_stopped() const { return stopped_; }
  int running() const { return running_; }
  std::size_t done() const { return done_; }
  std::size_t total() const { return order_.size(); }

  /// Work done so far, running trials counted by their progress.
  double cost_done() const;
  double cost_total() const { return cost_total_; }
  /// Seconds until the last trial ends, if work goes on at the speed so far: the rest of the work
  /// over all ranks, or the rest of the longest running trial, whichever is longer.
  /// Nothing before there is any progress.
  std::optional<double> seconds_left(double elapsed_seconds) const;

 private:
  std::size_t leave_seat(int rank);

  std::vector<double> costs_;
  std::vector<std::size_t> order_;
  std::vector<Seat> seats_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  int running_ = 0;
  bool stopped_ = false;
  double cost_total_ = 0.0;
  double cost_finished_ = 0.0;
};

}  // namespace bimix::sweep
