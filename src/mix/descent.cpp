#include "descent.hpp"

#include "nested_box.hpp"

#include <bimix/core/simplex.hpp>

#include <boost/math/tools/toms748_solve.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace bimix::mix {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A point of the descent. Infinite slopes, at shares of 0, are cut to something that projects.
struct Point {
  data::Mixture share{};
  double value = infinity;
  std::vector<double> slope{};
};

Point evaluate(const SmoothObjective& objective, data::Mixture share) {
  constexpr double steepest = 1e6;
  Point point{std::move(share), infinity, {}};
  point.slope.assign(point.share.size(), 0.0);
  point.value = objective(point.share, point.slope);
  if (!std::isfinite(point.value)) point.value = infinity;
  for (double& slope : point.slope)
    slope = std::isnan(slope) ? 0.0 : std::clamp(slope, -steepest, steepest);
  return point;
}

double gap_at(const Point& point, const Box& box) {
  return core::dot(point.slope, point.share) -
         core::dot(point.slope, least_in_box(point.slope, box));
}

data::Mixture along(const data::Mixture& share, const std::vector<double>& direction,
                    double length) {
  data::Mixture result(share.size());
  for (std::size_t k = 0; k < share.size(); ++k) result[k] = share[k] + length * direction[k];
  return result;
}

/// From the projected step's direction, the first point that is low enough beside the last few
/// values; the point itself if there is none.
Point search_line(const SmoothObjective& objective, const Point& from,
                  const std::vector<double>& direction, double highest) {
  constexpr double sufficient = 1e-4, shortest = 1e-14;
  const double slope = core::dot(from.slope, direction);
  for (double length = 1.0; length > shortest; length *= 0.5) {
    Point next = evaluate(objective, along(from.share, direction, length));
    if (next.value <= highest + sufficient * length * slope) return next;
  }
  return from;
}

/// The Barzilai-Borwein step length, at most what takes a slope a thousand shares far: beyond, the
/// projection would lose digits.
double spectral_length(const Point& before, const Point& after) {
  double steepest = 1e-9;
  for (const double slope : after.slope) steepest = std::max(steepest, std::abs(slope));
  const double longest = 1e3 / steepest, shortest = 1e-12 * longest;
  double ss = 0.0, sy = 0.0;
  for (std::size_t k = 0; k < before.share.size(); ++k) {
    const double s = after.share[k] - before.share[k];
    ss += s * s;
    sy += s * (after.slope[k] - before.slope[k]);
  }
  return sy > 0.0 ? std::clamp(ss / sy, shortest, longest) : longest;
}

/// Steps of a spectral projected gradient until the gap is at rounding or nothing more is gained.
Point descend_along_slopes(const SmoothObjective& objective, const Box& box, Point point) {
  constexpr int step_limit = 2000;
  constexpr std::size_t memory = 10;
  constexpr double gap_tolerance = 1e-13;
  Point best = point;
  std::vector<double> recent{point.value};
  double length = 1.0;
  for (int step = 0; step < step_limit; ++step) {
    if (gap_at(point, box) <= gap_tolerance) break;
    const data::Mixture target = project_to_box(along(point.share, point.slope, -length), box);
    std::vector<double> direction(target.size());
    for (std::size_t k = 0; k < target.size(); ++k) direction[k] = target[k] - point.share[k];
    const double highest = *std::max_element(recent.begin(), recent.end());
    Point next = search_line(objective, point, direction, highest);
    if (next.share == point.share) break;
    length = spectral_length(point, next);
    point = std::move(next);
    if (point.value < best.value) best = point;
    recent.push_back(point.value);
    if (recent.size() > memory) recent.erase(recent.begin());
  }
  return best;
}

/// The two domains between which share is best moved: from the first, which misses it least, to the
/// second, which gains most by it; nothing where no bound leaves room.
std::optional<std::pair<std::size_t, std::size_t>> best_exchange(const Box& box,
                                                                 const Point& point) {
  std::optional<std::pair<std::size_t, std::size_t>> best;
  double most = 0.0;
  for (std::size_t to = 0; to < point.share.size(); ++to)
    for (std::size_t from = 0; from < point.share.size(); ++from) {
      const double gain = point.slope[from] - point.slope[to];
      if (!(gain > most) || !(room_between(box, point.share, from, to) > 0.0)) continue;
      most = gain;
      best = {from, to};
    }
  return best;
}

/// Moves share from the domain that misses it least to the one that gains most by it, as far as
/// that pays. Needs no common scale of the slopes, so it goes on where one share is next to 0 and
/// its slope is steep.
/// @return false if nothing is gained
bool exchange(const SmoothObjective& objective, const Box& box, Point& point) {
  const auto pair = best_exchange(box, point);
  if (!pair) return false;
  const auto [from, to] = *pair;
  const auto moved = [&, from = from, to = to](double amount) {
    data::Mixture share = point.share;
    share[to] = std::min(share[to] + amount, box.high[to]);
    share[from] = std::max(share[from] - amount, box.low[from]);
    return evaluate(objective, std::move(share));
  };
  const auto rise = [&, from = from, to = to](double amount) {
    const Point there = moved(amount);
    return there.slope[to] - there.slope[from];
  };
  const double most = room_between(box, point.share, from, to);
  double amount = most;
  if (rise(most) > 0.0) {
    std::uintmax_t steps = 100;
    const auto [low, high] = boost::math::tools::toms748_solve(
        rise, 0.0, most, point.slope[to] - point.slope[from], rise(most),
        boost::math::tools::eps_tolerance<double>(50), steps);
    amount = low > 0.0 ? low : 0.5 * high;
  }
  Point next = moved(amount);
  // What a share next to 0 brings may be less than the value's last digit.
  constexpr double rounding = 4.0 * std::numeric_limits<double>::epsilon();
  if (!(next.value <= point.value + rounding * std::abs(point.value))) return false;
  point = std::move(next);
  return true;
}

}  // namespace

data::Mixture project_to_box(std::span<const double> point, const Box& box) {
  if (!box.groups.empty()) return NestedBox(box).project(point);
  const std::size_t domains = point.size();
  const auto shifted = [&](double shift) {
    data::Mixture share(domains);
    for (std::size_t k = 0; k < domains; ++k)
      share[k] = std::clamp(point[k] - shift, box.low[k], box.high[k]);
    return share;
  };
  // The sum falls in the shift, in straight pieces between these.
  std::vector<double> corner;
  for (std::size_t k = 0; k < domains; ++k) {
    corner.push_back(point[k] - box.high[k]);
    corner.push_back(point[k] - box.low[k]);
  }
  std::sort(corner.begin(), corner.end());
  std::size_t below = 0, above = corner.size() - 1;
  while (above - below > 1) {
    const std::size_t middle = (below + above) / 2;
    (core::stable_sum(shifted(corner[middle])) >= 1.0 ? below : above) = middle;
  }
  const double most = core::stable_sum(shifted(corner[below]));
  const double least = core::stable_sum(shifted(corner[above]));
  const double part = most > least ? std::clamp((most - 1.0) / (most - least), 0.0, 1.0) : 0.0;
  return shifted(corner[below] + part * (corner[above] - corner[below]));
}

data::Mixture least_in_box(std::span<const double> slope, const Box& box) {
  if (!box.groups.empty()) return NestedBox(box).least(slope);
  std::vector<std::size_t> order(slope.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return slope[a] < slope[b]; });
  data::Mixture share = box.low;
  double left = 1.0 - core::stable_sum(share);
  for (const std::size_t k : order) {
    const double taken = std::clamp(left, 0.0, box.high[k] - box.low[k]);
    share[k] += taken;
    left -= taken;
  }
  return share;
}

Rest descend(const SmoothObjective& objective, const Box& box, const data::Mixture& start) {
  constexpr int most_rounds = 30;
  constexpr double small_gap = 1e-9;
  Point point = evaluate(objective, project_to_box(start, box));
  for (int round = 0; round < most_rounds; ++round) {
    point = descend_along_slopes(objective, box, std::move(point));
    const double value = point.value, gap = gap_at(point, box);
    for (std::size_t n = 0; n < 2 * start.size() && gap_at(point, box) > small_gap; ++n)
      if (!exchange(objective, box, point)) break;
    if (!(point.value < value) && !(gap_at(point, box) < gap)) break;
  }
  return {point.share, point.value, std::max(0.0, gap_at(point, box))};
}

}  // namespace bimix::mix
