#include "plausible.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace bimix::replay {
namespace {

/// The smallest proxies are trained on more than this.
constexpr std::int64_t fewest_tokens = 1'000;
/// Runs of one model and mixture differ by their seed, which moves a loss by a few percent.
constexpr double seed_spread = 0.15;

void doubt_losses(const LossLog& log, std::vector<std::string>& doubts) {
  std::size_t count = 0, above = 0;
  double largest = 0.0;
  for (const data::LossCurve& run : log.runs)
    for (const data::LossPoint& point : run.points)
      for (std::size_t e = 0; e < point.loss_nats.size(); ++e) {
        const double loss = point.loss_nats[e];
        if (std::isnan(loss)) continue;
        ++count;
        if (loss <= data::most_plausible_loss(log.units[e])) continue;
        ++above;
        largest = std::max(largest, loss);
      }
  if (above == 0) return;
  doubts.push_back(fmt::format(
      "{} of {} losses are above {:g} nats or {:g} bits per byte, which no language model has (the "
      "largest is {:.4g}): perplexities? --unit perplexity takes their logarithm",
      above, count, data::most_plausible_loss(data::LossUnit::nats),
      data::most_plausible_loss(data::LossUnit::bits_per_byte), largest));
}

void doubt_volumes(const LossLog& log, std::vector<std::string>& doubts) {
  if (log.volumes.back() >= fewest_tokens) return;
  doubts.push_back(fmt::format(
      "no run is longer than {} tokens, which is less than a batch: steps, or millions or billions "
      "of tokens? A column `steps` and --tokens-per-step tell volumes by steps",
      log.volumes.back()));
}

/// Loss at the last volume, mean over sets; NaN where one is missing.
double last_loss(const data::LossCurve& run) {
  double sum = 0.0;
  for (const double loss : run.points.back().loss_nats) sum += loss;
  return sum / static_cast<double>(run.points.back().loss_nats.size());
}

void doubt_models(const LossLog& log, std::vector<std::string>& doubts) {
  std::map<std::pair<std::int64_t, std::pair<double, data::Mixture>>, const data::LossCurve*> first;
  for (const data::LossCurve& run : log.runs) {
    if (run.points.empty() || std::isnan(last_loss(run))) continue;
    const auto [known, is_new] =
        first.try_emplace({run.points.back().tokens, {run.parameters, run.mixture}}, &run);
    const double a = last_loss(*known->second), b = last_loss(run);
    if (is_new || std::abs(a - b) <= seed_spread * std::min(a, b)) continue;
    doubts.push_back(fmt::format(
        "runs '{}' and '{}' have one mixture, and losses of {:.4g} and {:.4g} at {} tokens: models "
        "of two sizes? A column `parameters` tells them apart",
        known->second->run, run.run, a, b,
        core::format_count_about(static_cast<double>(run.points.back().tokens), 4)));
    return;  // one example is enough
  }
}

}  // namespace

std::vector<std::string> implausible(const LossLog& log) {
  std::vector<std::string> doubts;
  doubt_losses(log, doubts);
  doubt_volumes(log, doubts);
  doubt_models(log, doubts);
  return doubts;
}

}  // namespace bimix::replay
