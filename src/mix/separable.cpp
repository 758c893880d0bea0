#include "separable.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>

#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace bimix::mix {
namespace {

/// Root of a falling function with f(low) >= 0 >= f(high), to the last bits.
template <class Function>
double falling_root(const Function& f, double low, double high) {
  const double at_low = f(low), at_high = f(high);
  if (!(at_low > 0.0) || low == high) return low;  // rounding at the ends of the bracket
  if (!(at_high < 0.0)) return high;
  std::uintmax_t iterations = 200;
  const boost::math::tools::eps_tolerance<double> tolerance(52);
  const auto [a, b] =
      boost::math::tools::toms748_solve(f, low, high, at_low, at_high, tolerance, iterations);
  return std::abs(f(a)) <= std::abs(f(b)) ? a : b;
}

/// One domain's terms, with the factors that its gain needs.
class Gain {
 public:
  explicit Gain(const std::vector<PowerTerm>& terms) {
    for (const PowerTerm& term : terms)
      if (term.scale * term.exponent > 0.0)
        parts_.push_back({std::log(term.scale * term.exponent), term.exponent + 1.0});
  }

  bool is_flat() const { return parts_.empty(); }

  /// log gain at a share; infinite at 0.
  double log_at(double share) const {
    const double log_share = std::log(share);
    double largest = -std::numeric_limits<double>::infinity();
    for (const Part& part : parts_)
      largest = std::max(largest, part.log_factor - part.power * log_share);
    if (parts_.size() == 1 || std::isinf(largest)) return largest;
    double sum = 0.0;
    for (const Part& part : parts_)
      sum += std::exp(part.log_factor - part.power * log_share - largest);
    return largest + std::log(sum);
  }

  /// The share at which log gain is `log_lambda`, clipped.
  double share_at(double log_lambda, double low, double high) const {
    // One term alone would stop at `least`; n terms at most where the largest is 1/n of lambda.
    double least = -std::numeric_limits<double>::infinity(), most = least;
    const double count = std::log(static_cast<double>(parts_.size()));
    for (const Part& part : parts_) {
      least = std::max(least, (part.log_factor - log_lambda) / part.power);
      most = std::max(most, (part.log_factor + count - log_lambda) / part.power);
    }
    if (parts_.size() > 1)
      least = falling_root([&](double x) { return log_at(std::exp(x)) - log_lambda; }, least, most);
    return std::clamp(std::exp(least), low, high);
  }

 private:
  struct Part {
    double log_factor;
    double power;
  };
  std::vector<Part> parts_{};
};

/// Deals `left` to the domains where `takes`, in proportion to their room.
void deal(data::Mixture& share, const Box& box, const std::vector<bool>& takes, double left) {
  double room = 0.0;
  for (std::size_t k = 0; k < share.size(); ++k)
    if (takes[k]) room += box.high[k] - share[k];
  if (room <= 0.0) return;
  for (std::size_t k = 0; k < share.size(); ++k)
    if (takes[k])
      share[k] = std::min(box.high[k], share[k] + left * (box.high[k] - share[k]) / room);
}

/// Takes the last bits of sum r - 1 out of the largest share that is inside its bounds.
void settle_rounding(data::Mixture& share, const Box& box) {
  std::size_t largest = share.size();
  for (std::size_t k = 0; k < share.size(); ++k)
    if (share[k] > box.low[k] && share[k] < box.high[k] &&
        (largest == share.size() || share[k] > share[largest]))
      largest = k;
  if (largest == share.size()) return;
  share[largest] = std::clamp(share[largest] + (1.0 - core::stable_sum(share)), box.low[largest],
                              box.high[largest]);
}

}  // namespace

data::Mixture minimise_separable(const std::vector<std::vector<PowerTerm>>& terms, const Box& box) {
  const std::size_t domains = terms.size();
  core::require(box.low.size() == domains && box.high.size() == domains,
                "one bound for each domain");
  std::vector<Gain> gains;
  for (const auto& list : terms) gains.emplace_back(list);

  // At log_low every share is at its upper bound, at log_high their sum has come down to 1: the
  // room above the lower bounds, split evenly, is all that any of them takes.
  data::Mixture share = box.low;
  const double room = std::max(0.0, 1.0 - core::stable_sum(box.low)) / static_cast<double>(domains);
  double most = 0.0;
  double log_low = std::numeric_limits<double>::infinity(), log_high = -log_low;
  for (std::size_t k = 0; k < domains; ++k) {
    most += gains[k].is_flat() ? box.low[k] : box.high[k];
    if (gains[k].is_flat() || box.high[k] <= 0.0) continue;
    log_low = std::min(log_low, gains[k].log_at(box.high[k]));
    log_high = std::max(
        log_high, gains[k].log_at(std::max(std::numeric_limits<double>::min(), box.low[k] + room)));
  }
  const auto set_shares = [&](double log_lambda) {
    for (std::size_t k = 0; k < domains; ++k)
      if (!gains[k].is_flat()) share[k] = gains[k].share_at(log_lambda, box.low[k], box.high[k]);
  };

  if (most <= 1.0) {
    std::vector<bool> flat(domains);
    for (std::size_t k = 0; k < domains; ++k) {
      flat[k] = gains[k].is_flat();
      if (!flat[k]) share[k] = box.high[k];
    }
    deal(share, box, flat, 1.0 - core::stable_sum(share));
  } else if (log_low < log_high) {
    set_shares(falling_root(
        [&](double log_lambda) {
          set_shares(log_lambda);
          return core::stable_sum(share) - 1.0;
        },
        log_low, log_high));
  } else {
    set_shares(log_high);
  }
  settle_rounding(share, box);
  return share;
}

}  // namespace bimix::mix
