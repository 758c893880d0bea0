#include <bimix/core/error.hpp>
#include <bimix/sweep/coordinator.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <random>
#include <set>

namespace bimix::sweep {
namespace {

/// Where the largest first comes this near to the lower bound there is little to be won.
/// (Its order also bears wrong costs best: the small ones come last and fill whatever gaps there
/// are.)
constexpr double near_enough = 1.03;
constexpr int capacities_tried = 12, shuffles_tried = 32;
/// With more trials than this there are small ones enough to fill the gaps.
constexpr std::size_t few = 2000;

double sum_of(const std::vector<double>& costs) {
  return std::accumulate(costs.begin(), costs.end(), 0.0);
}

/// Which worker gets each trial.
using Assignment = std::vector<std::size_t>;

/// Every worker has at most `capacity` to do: each trial goes to the fullest worker that has room.
/// Nothing if they do not all fit.
/// @param order largest first
std::optional<Assignment> packed(const std::vector<double>& costs,
                                 const std::vector<std::size_t>& order, int workers,
                                 double capacity) {
  std::set<std::pair<double, std::size_t>> loads;
  for (int worker = 0; worker < workers; ++worker)
    loads.emplace(0.0, static_cast<std::size_t>(worker));
  Assignment worker_of(costs.size());
  for (const std::size_t trial : order) {
    const auto above = loads.lower_bound(
        {std::nextafter(capacity - costs[trial], std::numeric_limits<double>::infinity()), 0});
    if (above == loads.begin()) return std::nullopt;
    auto fullest = loads.extract(std::prev(above));
    worker_of[trial] = fullest.value().second;
    fullest.value().first += costs[trial];
    loads.insert(std::move(fullest));
  }
  return worker_of;
}

/// The worker that is free first takes the next.
Assignment list_scheduled(const std::vector<double>& costs, const std::vector<std::size_t>& order,
                          int workers) {
  using Free = std::pair<double, std::size_t>;  // when, who
  std::priority_queue<Free, std::vector<Free>, std::greater<>> free_at;
  for (int worker = 0; worker < workers; ++worker)
    free_at.emplace(0.0, static_cast<std::size_t>(worker));
  Assignment worker_of(costs.size());
  for (const std::size_t trial : order) {
    const auto [when, who] = free_at.top();
    free_at.pop();
    worker_of[trial] = who;
    free_at.emplace(when + costs[trial], who);
  }
  return worker_of;
}

/// The order of costs that are off by up to a half.
std::vector<std::size_t> roughly_largest_first(std::vector<double> costs, std::mt19937& draw) {
  for (double& cost : costs) cost *= 1.0 + 0.5 * static_cast<double>(draw()) / 4294967296.0;
  return largest_first_order(costs);
}

/// Moves a trial away from the worker that ends last, or exchanges it for a smaller one, as long as
/// that makes the two involved end earlier.
void relieve_the_last(const std::vector<double>& costs, int workers, Assignment& worker_of) {
  std::vector<double> load(static_cast<std::size_t>(workers));
  for (std::size_t trial = 0; trial < costs.size(); ++trial) load[worker_of[trial]] += costs[trial];
  for (std::size_t steps = 0; steps < costs.size(); ++steps) {
    const auto last =
        static_cast<std::size_t>(std::max_element(load.begin(), load.end()) - load.begin());
    double best = load[last];
    std::size_t moved = costs.size(), worker = 0, back = costs.size();
    const auto consider = [&](std::size_t trial, std::size_t to, std::size_t in_return) {
      const double difference = costs[trial] - (in_return < costs.size() ? costs[in_return] : 0.0);
      const double end = std::max(load[last] - difference, load[to] + difference);
      if (end < best * (1 - 1e-12)) {
        best = end;
        moved = trial;
        worker = to;
        back = in_return;
      }
    };
    for (std::size_t trial = 0; trial < costs.size(); ++trial) {
      if (worker_of[trial] != last) continue;
      for (std::size_t to = 0; to < load.size(); ++to)
        if (to != last) consider(trial, to, costs.size());
      for (std::size_t other = 0; other < costs.size(); ++other)
        if (worker_of[other] != last) consider(trial, worker_of[other], other);
    }
    if (moved == costs.size()) return;
    const auto give = [&](std::size_t trial, std::size_t to) {
      load[worker_of[trial]] -= costs[trial];
      load[to] += costs[trial];
      worker_of[trial] = to;
    };
    give(moved, worker);
    if (back < costs.size()) give(back, last);
  }
}

/// The trials by their start, the largest of each worker first. If each worker that is free takes
/// the next of this order, none begins later than that.
std::vector<std::size_t> by_start(const std::vector<double>& costs,
                                  const std::vector<std::size_t>& largest_first, int workers,
                                  const Assignment& worker_of) {
  std::vector<double> load(static_cast<std::size_t>(workers)), start(costs.size());
  for (const std::size_t trial : largest_first) {
    start[trial] = load[worker_of[trial]];
    load[worker_of[trial]] += costs[trial];
  }
  std::vector<std::size_t> order = largest_first;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return start[a] < start[b]; });
  return order;
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
  const std::vector<std::size_t> largest_first = largest_first_order(costs);
  std::vector<std::size_t> best = largest_first;
  double best_end = makespan(costs, best, workers);
  const double bound = makespan_lower_bound(costs, workers);
  const auto good_enough = [&] { return best_end <= near_enough * bound; };
  const auto offer = [&](Assignment worker_of) {
    if (costs.size() <= few) relieve_the_last(costs, workers, worker_of);
    std::vector<std::size_t> order = by_start(costs, largest_first, workers, worker_of);
    const double end = makespan(costs, order, workers);
    if (end >= best_end) return;
    best_end = end;
    best = std::move(order);
  };
  double low = bound;  // where trials were last seen not to fit
  for (int i = 0; i < capacities_tried && !good_enough(); ++i) {
    const double capacity = (low + best_end) / 2;
    auto worker_of = packed(costs, largest_first, workers, capacity);
    if (worker_of)
      offer(std::move(*worker_of));
    else
      low = capacity;
  }
  std::mt19937 draw(1);
  for (int i = 0; i < shuffles_tried && costs.size() <= few && !good_enough(); ++i)
    offer(list_scheduled(costs, roughly_largest_first(costs, draw), workers));
  return best;
}

std::vector<std::size_t> shared_out(const std::vector<double>& costs, int workers) {
  return list_scheduled(costs, dispatch_order(costs, workers), workers);
}

Coordinator::Coordinator(std::vector<double> costs, int rank_count)
    : costs_(std::move(costs)),
      order_(dispatch_order(costs_, rank_count)),
      seats_(static_cast<std::size_t>(rank_count)),
      cost_total_(sum_of(costs_)) {}

void Coordinator::add(const std::vector<double>& costs) {
  const std::size_t before = costs_.size();
  for (const std::size_t trial : dispatch_order(costs, static_cast<int>(seats_.size())))
    order_.push_back(before + trial);
  costs_.insert(costs_.end(), costs.begin(), costs.end());
  cost_total_ += sum_of(costs);
}

std::optional<std::size_t> Coordinator::next(int rank, double largest) {
  Seat& seat = seats_.at(static_cast<std::size_t>(rank));
  core::require(!seat.trial, "a rank runs one trial at a time");
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
  core::require(seat.trial.has_value(), "only a running trial can end");
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

}  // namespace bimix::sweep
