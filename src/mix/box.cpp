#include "nested_box.hpp"
#include "problem.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/mix/optimum.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace bimix::mix {
namespace {

/// Tokens that may be drawn from each domain, repetitions counted; infinite where unlimited.
std::vector<double> drawable_tokens(const data::Pools& pools, double epochs, std::size_t domains) {
  std::vector<double> tokens(domains, std::numeric_limits<double>::infinity());
  for (std::size_t k = 0; k < pools.size(); ++k)
    if (data::is_known(pools[k])) tokens[k] = epochs * pools[k];
  return tokens;
}

/// The box with shares that go through no pool more often than its max_epochs.
Box limited_to(Box box, const std::vector<double>& drawable, double volume) {
  for (std::size_t k = 0; k < drawable.size(); ++k)
    box.high[k] = std::min(box.high[k], drawable[k] / volume);
  return box;
}

bool has_mixture(const Box& box, double rounding = core::simplex_tolerance) {
  for (std::size_t k = 0; k < box.low.size(); ++k)
    if (box.low[k] > box.high[k]) return false;
  const NestedBox nested(box);
  return !nested.impossible_group() && nested.reach().most >= 1.0 - rounding;
}

/// The fewest epochs that leave a mixture, by halving: for boxes with groups.
double fewest_epochs_of_groups(const std::function<Box(double)>& limited) {
  constexpr double most = 1e15, rounding = 1e-12;
  double low = 0.0, high = 1.0;
  while (high < most && !has_mixture(limited(high), rounding)) high *= 2.0;
  for (;;) {
    const double middle = low + 0.5 * (high - low);
    if (!(middle > low && middle < high)) return high;
    (has_mixture(limited(middle), rounding) ? high : low) = middle;
  }
}

/// The fewest epochs that leave a mixture at this volume: sum_k min(high_k, e n_k / s) >= 1 and
/// e n_k / s >= low_k. Domains reach their caps one after the other; between two of these epochs
/// the sum is a + b e.
double fewest_epochs(const Box& box, const data::Pools& pools, double volume) {
  struct Corner {
    double epochs, cap, slope;
  };
  std::vector<Corner> corners;
  double least = 0.0, fixed = 0.0, slope = 0.0;
  for (std::size_t k = 0; k < box.high.size(); ++k) {
    if (k >= pools.size() || !data::is_known(pools[k]) || std::isinf(pools[k])) {
      fixed += box.high[k];
      continue;
    }
    const double an_epoch = pools[k] / volume;
    corners.push_back({box.high[k] / an_epoch, box.high[k], an_epoch});
    slope += an_epoch;
    least = std::max(least, box.low[k] / an_epoch);
  }
  std::sort(corners.begin(), corners.end(),
            [](const Corner& a, const Corner& b) { return a.epochs < b.epochs; });
  double reached = 0.0;
  for (const Corner& corner : corners) {
    reached = (1.0 - fixed) / slope;
    if (reached <= corner.epochs) break;
    fixed += corner.cap;
    slope -= corner.slope;
    reached = corner.epochs;
  }
  constexpr double rounding = 1e-12;
  return std::max(least, reached) * (1.0 + rounding);
}

[[noreturn]] void refuse(core::Complaint complaint) {
  throw core::UsageError(std::move(complaint));
}

void check_room(const Box& box, const data::LawFit& fit) {
  const std::vector<std::string>& domains = fit.domains.train;
  for (std::size_t k = 0; k < domains.size(); ++k) {
    if (box.low[k] <= box.high[k]) continue;
    if (was_never_tried(fit, k))
      refuse({"optimize",
              fmt::format("'{}' must be at least {:.6g}, and no mixture that was trained has any",
                          domains[k], box.low[k]),
              "nothing is known about a share of it",
              "Remove its floor, or add mixtures with a share of it"});
    refuse({"optimize",
            fmt::format("'{}' must be at least {:.6g} and at most {:.6g}", domains[k], box.low[k],
                        box.high[k]),
            "floors, caps and the shares that were tried",
            "Move its floor or cap, or allow extrapolation"});
  }
  if (const auto n = NestedBox(box).impossible_group()) {
    const GroupBound& group = box.groups[*n];
    double least = 0.0, most = 0.0;
    std::vector<std::string> names;
    for (const std::size_t k : group.domains) {
      least += box.low[k];
      most += box.high[k];
      names.push_back(domains[k]);
    }
    refuse({"optimize",
            fmt::format("{} together must be at least {:.6g} and at most {:.6g}, and may be {:.6g} "
                        "to {:.6g}",
                        core::join_words(names), group.low, group.high, least, most),
            "floors, caps and the shares that were tried, of a node and of what it holds",
            "Move floors or caps, or allow extrapolation"});
  }
  require_mixture(box, "floors, caps and the shares that were tried; a mixture sums to 1",
                  "Move floors or caps, or allow extrapolation");
}

/// Adds the bounds of nodes that have some.
void add_groups(const OptimizeOptions& options, const std::vector<std::string>& domains, Box& box) {
  std::size_t n = domains.size();  // in data::domain_and_node_names
  for (data::DomainNode& node : data::domain_nodes(domains)) {
    const double low = options.floor.empty() ? 0.0 : options.floor[n];
    const double high = options.cap.empty() ? 1.0 : options.cap[n];
    if (low > 0.0 || high < 1.0) box.groups.push_back({std::move(node.domains), low, high});
    ++n;
  }
}

}  // namespace

void require_mixture(const Box& box, const std::string& rule, const std::string& remedy) {
  const NestedBox nested(box);
  if (nested.impossible_group())
    throw core::UsageError(core::Complaint{
        "optimize", "the bounds of a node leave its domains no room", rule, remedy});
  const auto [low, high] = nested.reach();
  if (low > 1.0 + core::simplex_tolerance || high < 1.0 - core::simplex_tolerance)
    throw core::UsageError(core::Complaint{
        "optimize", fmt::format("the shares allowed sum to between {:.6g} and {:.6g}", low, high),
        rule, remedy});
}

void require_pools(const OptimizeOptions& options, const data::Pools& pools) {
  if (std::any_of(pools.begin(), pools.end(), data::is_known)) return;
  const auto complain = [](const char* key, const char* rule) {
    refuse({std::string("optimize.") + key, "no domain's unique tokens are known", rule,
            "Give unique_tokens"});
  };
  if (options.repetition > 0.0) complain("repetition", "repetition is counted against them");
  if (options.max_epochs.epochs && !std::isinf(*options.max_epochs.epochs))
    complain("max_epochs", "epochs are counted against them");
}

bool was_never_tried(const data::LawFit& fit, std::size_t k) { return !(fit.share_high[k] > 0.0); }

double epochs_seen(const data::LawFit& fit) { return std::max(1.0, fit.most_epochs); }

double epochs_asked(const data::LawFit& fit, const OptimizeOptions& options) {
  return options.max_epochs.epochs.value_or(epochs_seen(fit));
}

data::Pools target_pools(const data::LawFit& fit, const OptimizeOptions& options) {
  data::Pools pools = data::first_known(options.unique_tokens, fit.unique_tokens);
  pools.resize(fit.domains.train.size(), 0.0);
  return pools;
}

Box allowed_box(const data::LawFit& fit, const OptimizeOptions& options) {
  core::refuse_if_any(complaints(options, fit.domains));
  const std::size_t domains = fit.domains.train.size();
  Box box{std::vector<double>(domains, 0.0), std::vector<double>(domains, 1.0)};
  if (!options.extrapolate) box = {fit.share_low, fit.share_high};
  for (std::size_t k = 0; k < domains; ++k) {
    if (was_never_tried(fit, k)) box.low[k] = box.high[k] = 0.0;
    if (!options.floor.empty()) box.low[k] = std::max(box.low[k], options.floor[k]);
    if (!options.cap.empty()) box.high[k] = std::min(box.high[k], options.cap[k]);
  }
  add_groups(options, fit.domains.train, box);
  check_room(box, fit);

  const data::Pools pools = target_pools(fit, options);
  require_pools(options, pools);
  box.max_epochs = epochs_asked(fit, options);
  const auto limited = [&](double epochs) {
    return limited_to(box, drawable_tokens(pools, epochs, domains), options.tokens);
  };
  if (has_mixture(limited(box.max_epochs))) return limited(box.max_epochs);
  box.max_epochs = box.groups.empty() ? fewest_epochs(box, pools, options.tokens)
                                      : fewest_epochs_of_groups(limited);
  return limited(box.max_epochs);
}

}  // namespace bimix::mix
