#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/report/tables.hpp>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix {
namespace {

std::string fixed(double value, int decimals) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "-";
}
std::string loss(double nats) { return fixed(nats, 4); }
std::string signed_loss(double nats) {
  return std::isfinite(nats) ? fmt::format("{:+.4f}", nats) : "-";
}
std::string share(double value) { return fixed(value, 3); }
std::string percent(double fraction) {
  return std::isfinite(fraction) ? fmt::format("{:.2f} %", 100 * fraction) : "-";
}
std::string general(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "-";
}
/// Of an interval: "90 %", "99.5 %".
std::string percent_level(double level) { return fmt::format("{:.4g} %", 100 * level); }
std::string range(double low, double high, int decimals) {
  if (!std::isfinite(low) || !std::isfinite(high)) return "-";
  return fmt::format("{:.{}f} to {:.{}f}", low, decimals, high, decimals);
}

double mean_of(const std::vector<double>& values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double v) { return std::isfinite(v); });
  return finite.empty() ? std::nan("") : stable_sum(finite) / static_cast<double>(finite.size());
}

/// Code points, not bytes: names of domains may be written in any script.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// Interval of one coefficient over the bootstrap.
std::string coefficient_range(const LawFit& fit, std::size_t domain, std::size_t parameter,
                              double level) {
  std::vector<double> values;
  for (const Table& sample : fit.bootstrap) values.push_back(sample(domain, parameter));
  const Interval interval = central_interval(values, level);
  return range(interval.low, interval.high, 3);
}

std::vector<std::vector<std::string>> paper_rows(const LawFit& fit, double level) {
  const std::string interval = percent_level(level);
  std::vector<std::vector<std::string>> rows{
      {"domain", "alpha", interval, "B", "beta", interval, "C", "rows", "rmse"}};
  const auto place = [&](const char* name) {
    return static_cast<std::size_t>(std::find(fit.parameters.begin(), fit.parameters.end(), name) -
                                    fit.parameters.begin());
  };
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
    const PaperCoefficients c = paper_coefficients(fit, e);
    rows.push_back({fit.domains.eval[e], fixed(c.alpha, 4),
                    coefficient_range(fit, e, place("alpha"), level), general(c.B),
                    fixed(c.beta, 4), coefficient_range(fit, e, place("beta"), level),
                    fixed(c.C, 4), fmt::format("{}", fit.domain[e].observations),
                    percent(fit.domain[e].rmse_relative)});
  }
  return rows;
}

std::vector<std::vector<std::string>> held_out_rows(const LawFit& fit) {
  const HeldOut& held = fit.held_out;
  std::vector<std::vector<std::string>> rows{
      {"domain", "error", "worst", "R2", "persistence", "mean of others"}};
  for (std::size_t e = 0; e < fit.domains.eval.size() && e < held.error.size(); ++e)
    rows.push_back({fit.domains.eval[e], percent(held.error[e]), percent(held.worst[e]),
                    fixed(held.r2[e], 3), percent(held.persistence[e]),
                    percent(held.mean_baseline[e])});
  rows.push_back({"mean", percent(mean_of(held.error)), percent(mean_of(held.worst)),
                  fixed(mean_of(held.r2), 3), percent(mean_of(held.persistence)),
                  percent(mean_of(held.mean_baseline))});
  return rows;
}

std::vector<std::string> score_heading() {
  return {"law", "error", "worst", "R2", "Spearman", "regret", "R2 along curves"};
}

/// Means over domains; the lenient figure last.
std::vector<std::string> score_row(const std::string& name, const HeldOut& held) {
  return {name,
          percent(mean_of(held.error)),
          percent(*std::max_element(held.worst.begin(), held.worst.end())),
          fixed(mean_of(held.r2), 3),
          fixed(held.spearman, 3),
          fixed(held.regret_nats, 4),
          fixed(mean_of(held.curve_r2), 3)};
}

void append_baselines(std::vector<std::vector<std::string>>& rows, const HeldOut& held) {
  rows.push_back({"persistence", percent(mean_of(held.persistence))});
  rows.push_back({"mean of others", percent(mean_of(held.mean_baseline))});
}

/// The fit's flags. Those that say the same of several domains become one.
std::vector<std::string> notes_of(const LawFit& fit) {
  std::vector<std::pair<std::string, std::vector<std::string>>> said;  // text around -> domains
  const std::string blank = "domain '*'";
  for (std::size_t e = 0; e < fit.domain.size(); ++e) {
    const std::string name = fmt::format("'{}'", fit.domains.eval[e]);
    for (std::string flag : fit.domain[e].flags) {
      const std::size_t at = flag.find("domain " + name);
      if (at != std::string::npos) flag.replace(at, 7 + name.size(), blank);
      const auto same = std::find_if(said.begin(), said.end(),
                                     [&](const auto& entry) { return entry.first == flag; });
      if (same == said.end())
        said.push_back({flag, {name}});
      else
        same->second.push_back(name);
    }
  }
  std::vector<std::string> notes = fit.flags;
  for (auto& [text, names] : said) {
    const std::size_t at = text.find(blank);
    if (at != std::string::npos)
      text.replace(at, blank.size(),
                   (names.size() == 1 ? "domain " : "domains ") + join_words(names));
    notes.push_back(text);
  }
  return notes;
}

/// Half the 90 % interval of the mean gain, by Student's t over the paired repeats; NaN for one.
double gain_margin(const CheckReport& report) {
  if (report.repeats < 2) return std::nan("");
  const boost::math::students_t t(report.repeats - 1);
  return boost::math::quantile(t, 0.95) * report.mean_gain_error_nats;
}

/// What the check says about the recommendation, in words.
std::string verdict(const CheckReport& report) {
  const double gain = report.mean_gain_nats, margin = gain_margin(report);
  if (!std::isfinite(gain)) return "nothing to judge: trials of the check failed";
  if (!std::isfinite(margin)) return "one repeat tells nothing about noise; set check.repeats to 3";
  if (gain > margin) return "the recommendation holds";
  if (gain < -margin)
    return "the recommendation does NOT hold: keep the default, or add mixtures between the two";
  return "the two cannot be told apart at this noise; raise check.repeats to know";
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - width_of(row[c]), ' ');
      line += c == 0 ? " " + row[c] + pad : "  " + pad + row[c];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string entropy_text(const EntropyTable& table) {
  std::vector<std::vector<std::string>> rows{{"domain"}};
  for (const std::string& measure : table.measures) {
    rows[0].push_back(measure);
    rows[0].push_back("share");
  }
  for (std::size_t k = 0; k < table.domains.size(); ++k) {
    rows.push_back({table.domains[k]});
    for (std::size_t m = 0; m < table.measures.size(); ++m) {
      rows.back().push_back(loss(table.nats(m, k)));
      rows.back().push_back(share(table.mixture(m, k)));
    }
  }
  return "Entropies (nats) and the mixtures they imply\n" + aligned(rows);
}

std::string fit_text(const LawFit& fit, double level) {
  std::string text = fmt::format("Law {}", fit.law);
  if (fit.law == "bimix") {
    text += ": L = r^-alpha (B / s^beta + C), the paper's A set to 1\n";
    text += aligned(paper_rows(fit, level));
  } else {
    text += "\n";
    std::vector<std::vector<std::string>> rows{{"domain"}};
    rows[0].insert(rows[0].end(), fit.parameters.begin(), fit.parameters.end());
    for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
      rows.push_back({fit.domains.eval[e]});
      for (std::size_t p = 0; p < fit.parameters.size(); ++p)
        rows.back().push_back(general(fit.coefficient(e, p)));
    }
    text += aligned(rows);
  }
  if (!fit.held_out.error.empty()) {
    text += fmt::format("\nPrediction of held-out mixtures ({}, {} folds)\n", fit.held_out.protocol,
                        fit.held_out.folds);
    text += aligned(held_out_rows(fit));
    text += fmt::format("  Rank correlation of predicted and seen mean loss: {}\n",
                        fixed(fit.held_out.spearman, 3));
  }
  const std::vector<std::string> notes = notes_of(fit);
  if (!notes.empty()) text += "\nTo know about this fit\n";
  for (const std::string& note : notes) text += "  " + note + "\n";
  return text;
}

std::string laws_text(const std::vector<LawFit>& laws) {
  std::vector<std::vector<std::string>> rows{score_heading()};
  for (const LawFit& fit : laws) rows.push_back(score_row(fit.law, fit.held_out));
  append_baselines(rows, laws.front().held_out);
  return fmt::format("Laws on held-out mixtures ({}, {} folds)\n", laws.front().held_out.protocol,
                     laws.front().held_out.folds) +
         aligned(rows);
}

std::string evaluation_text(const Evaluation& evaluation) {
  const std::vector<bool>& trains = evaluation.splits.front().front().trains;
  std::string text = fmt::format("Protocol {}: ", evaluation.protocol);
  if (evaluation.protocol == "extrapolation")
    text += "the last volume of every mixture from those before\n";
  else if (evaluation.protocol == "kfold")
    text += fmt::format("{} folds of whole mixtures\n", evaluation.splits.front().size());
  else
    text += fmt::format("{} of {} mixtures train, {} {}\n",
                        std::count(trains.begin(), trains.end(), true), trains.size(),
                        evaluation.splits.size(), evaluation.splits.size() == 1 ? "time" : "draws");
  std::vector<std::vector<std::string>> rows{score_heading()};
  for (const LawScore& score : evaluation.laws) rows.push_back(score_row(score.law, score.mean));
  append_baselines(rows, evaluation.laws.front().mean);
  return text + aligned(rows) +
         "  error, worst, R2 and Spearman's rank correlation (of the mean loss): of held-out\n"
         "  mixtures at the last volume; regret: nats that the mixture predicted best loses to "
         "the\n"
         "  best; R2 along curves is the paper's, of log loss over the volumes of a run.\n";
}

std::string optimum_text(const MixtureChoice& choice, const DomainSet& domains) {
  std::string text = fmt::format("Best mixture for {} tokens (law {}, objective {})\n",
                                 format_count(static_cast<std::int64_t>(choice.tokens)), choice.law,
                                 choice.objective);
  const std::string level = percent_level(choice.level);
  std::vector<std::vector<std::string>> rows{
      {"domain", "share", level, "default", "loss", "at default", "change"}};
  for (std::size_t k = 0; k < domains.train.size(); ++k) {
    rows.push_back({domains.train[k], share(choice.share[k]),
                    range(choice.share_low[k], choice.share_high[k], 3),
                    share(choice.default_share[k])});
    const auto eval =
        std::find(domains.share_of.begin(), domains.share_of.end(), static_cast<int>(k));
    if (eval == domains.share_of.end()) continue;
    const auto e = static_cast<std::size_t>(eval - domains.share_of.begin());
    rows.back().insert(rows.back().end(),
                       {loss(choice.predicted_nats[e]), loss(choice.predicted_default_nats[e]),
                        signed_loss(choice.predicted_nats[e] - choice.predicted_default_nats[e])});
  }
  text += aligned(rows);
  text += fmt::format(
      "  Predicted objective {} nats, default {}: gain {} ({}: {})\n"
      "  Certificate: {} {:.1e}\n",
      loss(choice.objective_nats), loss(choice.objective_default_nats), loss(choice.gain_nats),
      level, range(choice.gain_low, choice.gain_high, 4), choice.certificate_kind,
      choice.certificate);
  for (const std::string& flag : choice.flags) text += "  " + flag + "\n";
  return text;
}

std::string check_text(const CheckReport& report) {
  std::string text = fmt::format("Check: default and optimum trained to {} tokens, {} fresh {}\n",
                                 format_count(report.tokens), report.repeats,
                                 report.repeats == 1 ? "repeat" : "repeats");
  std::vector<std::vector<std::string>> rows{{"domain"}};
  for (const std::string& label : report.labels) {
    rows[0].push_back(label + " predicted");
    rows[0].push_back("trained");
  }
  rows[0].insert(rows[0].end(), {"gain", "+-"});
  for (std::size_t e = 0; e < report.domains.size(); ++e) {
    rows.push_back({report.domains[e]});
    for (std::size_t m = 0; m < report.labels.size(); ++m) {
      rows.back().push_back(loss(report.predicted_nats(m, e)));
      rows.back().push_back(loss(report.trained_nats(m, e)));
    }
    rows.back().push_back(signed_loss(report.paired_gain_nats[e]));
    rows.back().push_back(loss(report.paired_error_nats[e]));
  }
  text += aligned(rows);
  text += fmt::format("  Mean gain of the optimum over the default: {} nats",
                      signed_loss(report.mean_gain_nats));
  if (const double margin = gain_margin(report); std::isfinite(margin))
    text += fmt::format(" (90 %: {})",
                        range(report.mean_gain_nats - margin, report.mean_gain_nats + margin, 4));
  return text + fmt::format("\n  Verdict: {}\n", verdict(report));
}

std::string plan_text(const SweepPlan& plan) {
  std::vector<std::string> volumes;
  for (const std::int64_t tokens : plan.tokens) volumes.push_back(format_count(tokens));
  std::string text = fmt::format("Campaign {}: {} trials of {} mixtures at {} volumes\n", plan.name,
                                 plan.trials.size(), plan.mixtures.size(), plan.tokens.size());
  text += fmt::format("  volumes (tokens): {}\n", fmt::join(volumes, ", "));
  if (plan.duplicates_dropped > 0)
    text += fmt::format("  {} designed mixtures were the same as an earlier one and dropped\n",
                        plan.duplicates_dropped);
  std::vector<std::vector<std::string>> rows{{"mixture"}};
  rows[0].insert(rows[0].end(), plan.domains.train.begin(), plan.domains.train.end());
  for (std::size_t m = 0; m < plan.mixtures.size(); ++m) {
    rows.push_back({plan.labels[m]});
    for (const double r : plan.mixtures[m]) rows.back().push_back(share(r));
  }
  return text + aligned(rows);
}

}  // namespace bimix
