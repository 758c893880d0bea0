#include "problem.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/mix/optimum.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bimix::mix {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Tokens that may be drawn from each domain, repetitions counted; infinite where unlimited.
std::vector<double> drawable_tokens(const OptimizeOptions& options, std::size_t domains) {
  std::vector<double> tokens(domains, infinity);
  if (options.max_epochs > 0.0)
    for (std::size_t k = 0; k < domains; ++k)
      if (options.unique_tokens[k] > 0.0) tokens[k] = options.max_epochs * options.unique_tokens[k];
  return tokens;
}

/// The largest s with sum_k min(high_k, drawable_k / s) >= 1 and low_k <= drawable_k / s.
/// Domains run out one after the other; between two of these volumes the sum is a + b / s.
double largest_volume(const Box& box, const std::vector<double>& drawable) {
  std::vector<std::size_t> order(drawable.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return drawable[a] * box.high[b] < drawable[b] * box.high[a];
  });
  double open = core::stable_sum(box.high), spent = 0.0, largest = 0.0;
  for (const std::size_t k : order) {
    if (std::isinf(drawable[k])) break;
    open -= box.high[k];
    spent += drawable[k];
    if (open < 1.0) {
      const double volume = spent / (1.0 - open);
      if (volume * box.high[k] >= drawable[k]) largest = volume;
    }
  }
  for (std::size_t k = 0; k < drawable.size(); ++k)
    if (box.low[k] > 0.0) largest = std::min(largest, drawable[k] / box.low[k]);
  return largest;
}

/// Rounded down to four digits, so that the volume named is one that works.
std::string rounded_down(double tokens) {
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(tokens)) - 3.0));
  return core::format_count(static_cast<std::int64_t>(std::floor(tokens / unit) * unit));
}

[[noreturn]] void refuse(core::Complaint complaint) {
  throw core::UsageError(std::move(complaint));
}

void refuse_epochs(const Box& box, const OptimizeOptions& options,
                   const std::vector<double>& drawable) {
  const double largest = largest_volume(box, drawable);
  refuse({"optimize.tokens",
          fmt::format("{:g} is a volume beyond what the caps allow", options.tokens),
          fmt::format("at {:g} epochs of the unique tokens and these caps it ends at {}",
                      options.max_epochs, rounded_down(largest)),
          "Lower the volume, or raise max_epochs, the caps or the unique tokens"});
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
  require_mixture(box, "floors, caps and the shares that were tried; a mixture sums to 1",
                  "Move floors or caps, or allow extrapolation");
}

}  // namespace

void require_mixture(const Box& box, const std::string& rule, const std::string& remedy) {
  const double low = core::stable_sum(box.low), high = core::stable_sum(box.high);
  if (low > 1.0 + core::simplex_tolerance || high < 1.0 - core::simplex_tolerance)
    throw core::UsageError(core::Complaint{
        "optimize", fmt::format("the shares allowed sum to between {:.6g} and {:.6g}", low, high),
        rule, remedy});
}

bool was_never_tried(const data::LawFit& fit, std::size_t k) { return !(fit.share_high[k] > 0.0); }

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
  check_room(box, fit);

  const std::vector<double> drawable = drawable_tokens(options, domains);
  Box limited = box;
  bool room = true;
  for (std::size_t k = 0; k < domains; ++k) {
    limited.high[k] = std::min(box.high[k], drawable[k] / options.tokens);
    room = room && limited.low[k] <= limited.high[k];
  }
  if (!room || core::stable_sum(limited.high) < 1.0 - core::simplex_tolerance)
    refuse_epochs(box, options, drawable);
  return limited;
}

}  // namespace bimix::mix
