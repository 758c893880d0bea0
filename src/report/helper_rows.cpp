#include "rows.hpp"

#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bimix::report {
namespace {

/// What a loss falls by, in its unit, as the share of each training domain grows by a factor of e
/// from the uniform mixture, to the first order: K.
std::vector<double> falls_by_share(const data::LawFit& fit, std::size_t set) {
  const std::size_t domains = fit.domains.train.size();
  const data::Mixture even(domains, 1.0 / static_cast<double>(domains));
  std::vector<double> falls(domains);
  law::law_of(fit).share_gradient(
      fit.coefficient.row(set),
      {even, fit.domains.share_of[set], fit.tokens_high, fit.last_size, {}}, falls);
  for (std::size_t k = 0; k < domains; ++k) falls[k] *= -even[k];
  return falls;
}

std::string fall_text(double fall) {
  return std::isfinite(fall) ? fmt::format("{:.4f}", fall) : "-";
}

}  // namespace

bool has_many_coefficients(const data::LawFit& fit) {
  constexpr std::size_t readable = 16;
  return fit.parameters.size() > readable && fit.domains.train.size() > 1;
}

Rows helper_rows(const data::LawFit& fit) {
  constexpr std::size_t most_sets = 20, most_helpers = 3;
  Rows rows{{"domain", "own share"}};
  for (std::size_t n = 0; n < most_helpers; ++n) rows[0].push_back(n == 0 ? "then most" : "next");
  for (std::size_t e = 0; e < std::min(most_sets, fit.domains.eval.size()); ++e) {
    const std::vector<double> falls = falls_by_share(fit, e);
    const int own = fit.domains.share_of[e];
    rows.push_back(
        {fit.domains.eval[e], own < 0 ? "-" : fall_text(falls[static_cast<std::size_t>(own)])});
    std::vector<std::size_t> order(falls.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::erase_if(order, [&](std::size_t k) {
      return static_cast<int>(k) == own || !std::isfinite(falls[k]);
    });
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return falls[a] > falls[b]; });
    for (std::size_t n = 0; n < most_helpers; ++n)
      rows.back().push_back(n < order.size() ? fmt::format("{} {}", fit.domains.train[order[n]],
                                                           fall_text(falls[order[n]]))
                                             : "-");
  }
  return rows;
}

}  // namespace bimix::report
