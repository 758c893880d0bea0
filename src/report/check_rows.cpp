#include "rows.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/mean_words.hpp>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <cmath>

namespace bimix::report {
namespace {

/// Half a 90 % interval of a mean over repeats, by Student's t; NaN for fewer than two.
double margin_of(int repeats, double error) {
  if (repeats < 2) return std::nan("");
  const boost::math::students_t t(repeats - 1);
  return boost::math::quantile(t, 0.95) * error;
}

}  // namespace

Rows check_rows(const data::CheckReport& report) {
  Rows rows{{"domain"}};
  std::vector<std::size_t> shown;  // the others are in rival_rows
  for (std::size_t m = 0; m < report.labels.size(); ++m)
    if (report.labels[m] == "default" || report.labels[m] == "optimum") shown.push_back(m);
  for (const std::size_t m : shown) {
    rows[0].push_back(report.labels[m] + " predicted");
    rows[0].push_back("trained");
  }
  const bool knows_bytes = !report.bytes_per_token.empty();
  if (knows_bytes)
    for (const std::size_t m : shown) rows[0].push_back(report.labels[m] + " bits/byte");
  rows[0].insert(rows[0].end(), {"gain", "+-"});
  for (std::size_t e = 0; e < report.domains.size(); ++e) {
    rows.push_back({report.domains[e]});
    for (const std::size_t m : shown) {
      rows.back().push_back(loss(report.predicted_nats(m, e)));
      rows.back().push_back(loss(report.trained_nats(m, e)));
    }
    if (knows_bytes)
      for (const std::size_t m : shown)
        rows.back().push_back(
            loss(data::bits_per_byte(report.trained_nats(m, e), report.bytes_per_token[e])));
    rows.back().push_back(signed_loss(report.paired_gain_nats[e]));
    rows.back().push_back(loss(report.paired_error_nats[e]));
  }
  return rows;
}

Rows rival_rows(const data::CheckReport& report) {
  Rows rows{{"mixture", "predicted", "trained", "optimum gains", "90 %", "repeats"}};
  if (report.labels.size() <= 2) return rows;
  const auto objective = [&](const data::Table& losses, std::size_t m) {
    return loss(mean_of_sets(report.weight, [&](std::size_t e) { return losses(m, e); }));
  };
  for (std::size_t m = 0; m < report.labels.size(); ++m) {
    rows.push_back(
        {report.labels[m], objective(report.predicted_nats, m), objective(report.trained_nats, m)});
    if (report.labels[m] == "optimum") continue;
    const double gain = report.over_nats[m];
    const double margin = margin_of(report.over_repeats[m], report.over_error_nats[m]);
    rows.back().insert(rows.back().end(),
                       {signed_loss(gain), range(gain - margin, gain + margin, 4),
                        fmt::format("{}", report.over_repeats[m])});
  }
  return rows;
}

std::string gain_name(const data::CheckReport& report) {
  const std::string name = data::mean_words(report.weight);
  return name == "loss" ? "gain" : name.substr(0, name.rfind(' ')) + " gain";
}

double gain_margin(const data::CheckReport& report) {
  return margin_of(report.repeats, report.mean_gain_error_nats);
}

std::string verdict(const data::CheckReport& report) {
  const double gain = report.mean_gain_nats, margin = gain_margin(report);
  if (!std::isfinite(gain)) return "nothing to judge: trials of the check failed";
  if (!std::isfinite(margin)) return "one repeat tells nothing about noise; set check.repeats to 3";
  if (gain > margin) return "the recommendation holds";
  if (gain < -margin)
    return "the recommendation does NOT hold: keep the default, or add mixtures between the two";
  return "the two cannot be told apart at this noise; raise check.repeats to know";
}

}  // namespace bimix::report
