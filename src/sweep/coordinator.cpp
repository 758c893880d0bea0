#include <bimix/core/error.hpp>
#include <bimix/sweep/coordinator.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <set>

namespace bimix {
namespace {

/// Where the largest first comes this near to the lower bound there is nothing to be won.
constexpr double near_enough = 1.01;
constexpr int capacities_tried = 12;

double sum_of(const std::vector<double>& costs) {
  return std::accumulate(costs.begin(), costs.end(), 0.0);
}

/// Start of each trial where every worker has at most `capacity` to do: each trial goes to the
/// fullest worker that has room. Nothing if they do not all fit.
/// @param order largest first
std::optional<std::vector<double>> packed(const std::vector<double>& costs,
                                          const std::vector<std::size_t>& order, int workers,
                                          double capacity) {
  std::multiset<double> loads;
  for (int worker = 0; worker < workers; ++worker) loads.insert(0.0);
  std::vector<double> start(costs.size());
  for (const std::size_t trial : order) {
    const auto above = loads.upper_bound(capacity - costs[trial]);
    if (above == loads.begin()) return std::nullopt;
    auto fullest = loads.extract(std::prev(above));
    start[trial] = fullest.value();
    fullest.value() += costs[trial];
    loads.insert(std::move(fullest));
  }
  return start;
}

}  // namespace

std::vector<std::size_t> largest_first_order(const std::vector<double>& costs) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });
  return order;
}

double makespan(const std::vector<double>& costs, const std::vector<std::size_t>& order,
                int workers) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (int worker = 0; worker < workers; ++worker) free_at.push(0.0);
  double last = 0.0;
  for (const std::size_t trial : order) {
    const double end = free_at.top() + costs[trial];
    free_at.pop();
    free_at.push(end);
    last = std::max(last, end);
  }
  return last;
}

double makespan_lower_bound(const std::vector<double>& costs, int workers) {
  if (costs.empty()) return 0.0;
  const std::vector<std::size_t> order = largest_first_order(costs);
  const auto m = static_cast<std::size_t>(workers);
  const double pair = costs.size() > m ? costs[order[m - 1]] + costs[order[m]] : 0.0;
  return std::max({costs[order.front()], pair, sum_of(costs) / workers});
}

std::vector<std::size_t> dispatch_order(const std::vector<double>& costs, int workers) {
  std::vector<std::size_t> best = largest_first_order(costs);
  double best_end = makespan(costs, best, workers);
  double low = makespan_lower_bound(costs, workers);
  if (best_end <= near_enough * low) return best;
  const std::vector<std::size_t> largest = best;
  for (int i = 0; i < capacities_tried; ++i) {
    const double capacity = (low + best_end) / 2;
    const auto start = packed(costs, largest, workers, capacity);
    if (!start) {
      low = capacity;
      continue;
    }
    // Taken in the order of their starts, no trial begins later than it does there.
    std::vector<std::size_t> order = largest;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return (*start)[a] < (*start)[b]; });
    best_end = makespan(costs, order, workers);
    best = std::move(order);
  }
  return best;
}

Coordinator::Coordinator(std::vector<double> costs, int rank_count)
    : costs_(std::move(costs)),
      order_(dispatch_order(costs_, rank_count)),
      seats_(static_cast<std::size_t>(rank_count)),
      cost_total_(sum_of(costs_)) {}

std::optional<std::size_t> Coordinator::next(int rank, double largest) {
  Seat& seat = seats_.at(static_cast<std::size_t>(rank));
  require(!seat.trial, "a rank runs one trial at a time");
  if (exhausted()) return std::nullopt;
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(next_);
  const auto fits = std::find_if(first, order_.end(),
                                 [&](std::size_t trial) { return costs_[trial] <= largest; });
  if (fits == order_.end()) return std::nullopt;
  std::rotate(first, fits, fits + 1);
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

std::size_t Coordinator::finished(int rank) {
  const std::size_t trial = leave_seat(rank);
  cost_finished_ += costs_[trial];
  ++done_;
  return trial;
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
