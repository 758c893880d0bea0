#include "rows.hpp"

#include <bimix/core/simplex.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::report {

Rows volume_rows(const std::vector<data::VolumeOptimum>& optima, const data::DomainSet& domains) {
  Rows rows{{"tokens"}};
  rows[0].insert(rows[0].end(), domains.train.begin(), domains.train.end());
  const bool knows_pools =
      std::any_of(optima.begin(), optima.end(),
                  [](const data::VolumeOptimum& optimum) { return optimum.most_epochs > 0.0; });
  if (knows_pools) rows[0].emplace_back("most epochs");
  const auto add = [&](const std::string& head, const data::Mixture& shares) {
    rows.push_back({head});
    for (const double r : shares) rows.back().push_back(share(r));
  };
  for (const data::VolumeOptimum& optimum : optima) {
    add(volume(optimum.tokens), optimum.share);
    const bool has_interval = !optimum.share_low.empty() && std::isfinite(optimum.share_low[0]);
    for (std::size_t k = 0; has_interval && k < optimum.share.size(); ++k)
      rows.back()[k + 1] +=
          fmt::format(" ({} to {})", share(optimum.share_low[k]), share(optimum.share_high[k]));
    if (knows_pools) rows.back().push_back(epochs(optimum.most_epochs));
    if (optimum.foreseen.empty()) continue;
    add("  foreseen by smaller", optimum.foreseen);
    if (knows_pools) rows.back().emplace_back("");
  }
  return rows;
}

std::string drift_words(const std::vector<data::VolumeOptimum>& optima) {
  for (const data::VolumeOptimum& optimum : optima)
    if (!optimum.foreseen.empty())
      return fmt::format(
          "Fitted to smaller volumes only, the law misses the mixture for {} tokens by {} of the "
          "tokens (total variation)",
          volume(optimum.tokens), percent(core::total_variation(optimum.share, optimum.foreseen)));
  return "";
}

}  // namespace bimix::report
