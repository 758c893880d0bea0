#include <bimix/core/error.hpp>
#include <bimix/sweep/coordinator.hpp>

#include <algorithm>
#include <numeric>

namespace bimix {

Coordinator::Coordinator(std::vector<double> costs, int rank_count)
    : costs_(std::move(costs)),
      order_(costs_.size()),
      seats_(static_cast<std::size_t>(rank_count)) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return costs_[a] > costs_[b]; });
  cost_total_ = std::accumulate(costs_.begin(), costs_.end(), 0.0);
}

std::optional<std::size_t> Coordinator::next(int rank) {
  Seat& seat = seats_.at(static_cast<std::size_t>(rank));
  require(!seat.trial, "a rank runs one trial at a time");
  if (exhausted()) return std::nullopt;
  seat = {.trial = order_[next_++], .fraction = 0.0};
  ++running_;
  return seat.trial;
}

std::size_t Coordinator::leave_seat(int rank) {
  Seat& seat = seats_.at(static_cast<std::size_t>(rank));
  require(seat.trial.has_value(), "only a running trial can end");
  const std::size_t trial = *seat.trial;
  seat = {};
  --running_;
  return trial;
}

void Coordinator::finished(int rank) {
  cost_finished_ += costs_[leave_seat(rank)];
  ++done_;
}

void Coordinator::interrupted(int rank) { leave_seat(rank); }

void Coordinator::progressed(int rank, double fraction) {
  seats_.at(static_cast<std::size_t>(rank)).fraction = std::clamp(fraction, 0.0, 1.0);
}

double Coordinator::cost_done() const {
  double cost = cost_finished_;
  for (const Seat& seat : seats_)
    if (seat.trial) cost += seat.fraction * costs_[*seat.trial];
  return cost;
}

std::optional<double> Coordinator::seconds_left(double elapsed_seconds) const {
  const double done = cost_done();
  if (!(done > 0) || !(elapsed_seconds > 0)) return std::nullopt;
  const auto workers = static_cast<double>(std::min(seats_.size(), order_.size()));
  const double rate_of_one = done / elapsed_seconds / workers;
  double longest = 0.0;
  for (const Seat& seat : seats_)
    if (seat.trial) longest = std::max(longest, (1 - seat.fraction) * costs_[*seat.trial]);
  return std::max((cost_total_ - done) / workers, longest) / rate_of_one;
}

}  // namespace bimix
