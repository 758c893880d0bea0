#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace bimix {

/// Which trial goes to whom: the largest cost first, ties in plan order. Pure bookkeeping, without
/// clock or messages, so that a simulated sweep runs the same code as a real one.
class Coordinator {
 public:
  /// @param costs expected work of each trial
  /// @param rank_count ranks that may ask, or groups of them where ranks share trials
  Coordinator(std::vector<double> costs, int rank_count);

  /// The next trial for a rank that is free; nothing if none is left (or stop was called).
  std::optional<std::size_t> next(int rank);
  /// The rank's trial has ended, one way or another.
  void finished(int rank);
  /// The rank's trial was interrupted and remains to be done.
  void interrupted(int rank);
  /// How far the rank's trial has come. @param fraction 0 to 1
  void progressed(int rank, double fraction);
  /// Nothing is handed out from here on.
  void stop() { stopped_ = true; }

  bool exhausted() const { return stopped_ || next_ == order_.size(); }
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
  struct Seat {
    std::optional<std::size_t> trial{};
    double fraction = 0.0;
  };
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

}  // namespace bimix
