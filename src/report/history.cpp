#include "rows.hpp"

#include <bimix/core/median.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/report/history.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::report {
namespace {

/// The gain of the trained optimum over the default as the law has it now.
double predicted_gain(const data::CheckReport& check) {
  const auto row_of = [&](const char* label) {
    return static_cast<std::size_t>(std::find(check.labels.begin(), check.labels.end(), label) -
                                    check.labels.begin());
  };
  const std::size_t optimum = row_of("optimum"), other = row_of("default");
  if (std::max(optimum, other) >= check.labels.size()) return std::nan("");
  return mean_of_sets(check.weight, [&](std::size_t e) {
    return check.predicted_nats(other, e) - check.predicted_nats(optimum, e);
  });
}

/// The gain as trained in bits a byte of the sets' texts; NaN where bytes are not known.
double gain_in_bits(const data::CheckReport& check) {
  return mean_bits_per_byte(check.weight, check.paired_gain_nats, check.bytes_per_token);
}

/// Whether the prediction lies in the interval of what was trained.
bool agrees(const data::CheckReport& check) {
  return std::abs(predicted_gain(check) - check.mean_gain_nats) <= gain_margin(check);
}

std::string summary(const std::vector<PastCheck>& checks) {
  std::size_t judged = 0, agreeing = 0, gained = 0;
  std::vector<double> parts;
  for (const PastCheck& past : checks) {
    const double predicted = predicted_gain(past.check), trained = past.check.mean_gain_nats;
    if (std::isfinite(trained) && predicted > 0.0) parts.push_back(trained / predicted);
    if (!std::isfinite(gain_margin(past.check))) continue;
    ++judged;
    if (agrees(past.check)) ++agreeing;
    if (trained > gain_margin(past.check)) ++gained;
  }
  std::string text = fmt::format(
      "  Of {} checks with repeats the optimum is better in {}; in {} the prediction lies in the "
      "interval of what was trained\n",
      judged, gained, agreeing);
  if (!parts.empty())
    text += fmt::format("  Trained over predicted gain: {:.2f} (median of {})\n",
                        core::median(parts), parts.size());
  return text;
}

}  // namespace

std::string history_text(const std::vector<PastCheck>& checks) {
  Rows rows{{"run", "law", "tokens", "predicted gain", "trained gain", "90 %", "bits/byte",
             "repeats", "verdict"}};
  for (const auto& [run, law, check] : checks) {
    const double margin = gain_margin(check), gain = check.mean_gain_nats;
    rows.push_back({run, law, volume(static_cast<double>(check.tokens)),
                    signed_loss(predicted_gain(check)), signed_loss(gain),
                    range(gain - margin, gain + margin, 4), signed_loss(gain_in_bits(check)),
                    fmt::format("{}", check.repeats),
                    !std::isfinite(margin) ? "-"
                    : gain > margin        ? agrees(check) ? "holds" : "holds, not as predicted"
                    : gain < -margin       ? "fails"
                                           : "cannot be told"});
  }
  return "Gains of the optimum over the default, predicted and trained (each in the unit of its "
         "losses)\n" +
         aligned(without_empty_columns(rows)) + summary(checks);
}

data::Json history_json(const std::vector<PastCheck>& checks) {
  data::Json all = data::Json::array();
  for (const auto& [run, law, check] : checks) {
    const double margin = gain_margin(check);
    all.push_back({{"run", run},
                   {"law", law},
                   {"tokens", check.tokens},
                   {"loss_unit", data::unit_text(check.loss_unit)},
                   {"predicted_gain", data::to_json(predicted_gain(check))},
                   {"trained_gain", data::to_json(check.mean_gain_nats)},
                   {"trained_low", data::to_json(check.mean_gain_nats - margin)},
                   {"trained_high", data::to_json(check.mean_gain_nats + margin)},
                   {"trained_gain_bits_per_byte", data::to_json(gain_in_bits(check))},
                   {"repeats", check.repeats}});
  }
  return all;
}

}  // namespace bimix::report
