#include "rows.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/mean_words.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>
#include <span>

namespace bimix::report {
namespace {

/// From here on numbers are written with an exponent: nobody counts more digits than these.
constexpr double widest = 1e7;

/// Interval of one coefficient over the bootstrap.
std::string coefficient_range(const data::LawFit& fit, std::size_t domain, std::size_t parameter,
                              double level) {
  std::vector<double> values;
  for (const data::Table& sample : fit.bootstrap) values.push_back(sample(domain, parameter));
  const law::Interval interval = law::central_interval(values, level);
  return range(interval.low, interval.high, 3);
}

std::string profile_range(const data::LawFit& fit, std::size_t domain) {
  if (fit.profile_low.empty()) return "-";
  return range(fit.profile_low[domain], fit.profile_high[domain], 3);
}

std::string coefficient_cell(const data::LawFit& fit, const law::CoefficientColumn& column,
                             std::size_t domain, double level) {
  const std::span<const double> row = fit.coefficient.row(domain);
  switch (column.kind) {
    case law::CoefficientColumn::Kind::value: {
      const double value = column.value(row, fit.last_size);
      return column.decimals ? fixed(value, *column.decimals) : general(value);
    }
    case law::CoefficientColumn::Kind::interval:
      return coefficient_range(fit, domain, column.parameter, level);
    case law::CoefficientColumn::Kind::profile:
      return profile_range(fit, domain);
    case law::CoefficientColumn::Kind::observations:
      return fmt::format("{}", fit.domain[domain].observations);
    case law::CoefficientColumn::Kind::error:
      return percent(fit.domain[domain].rmse_relative);
  }
  return "-";
}

std::string coefficient_heading(const law::CoefficientColumn& column, double level) {
  switch (column.kind) {
    case law::CoefficientColumn::Kind::value:
      return column.title;
    case law::CoefficientColumn::Kind::interval:
      return percent_level(level);
    case law::CoefficientColumn::Kind::profile:
      return "by profile";
    case law::CoefficientColumn::Kind::observations:
      return "rows";
    case law::CoefficientColumn::Kind::error:
      return "rmse";
  }
  return "";
}

/// Each parameter by its name.
std::vector<law::CoefficientColumn> parameter_columns(const data::LawFit& fit) {
  std::vector<law::CoefficientColumn> columns;
  for (std::size_t p = 0; p < fit.parameters.size(); ++p)
    columns.push_back(
        {.title = fit.parameters[p],
         .value = [p](std::span<const double> parameter, double) { return parameter[p]; }});
  return columns;
}

}  // namespace

double mean_of(const std::vector<double>& values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double v) { return std::isfinite(v); });
  return finite.empty() ? std::nan("")
                        : core::stable_sum(finite) / static_cast<double>(finite.size());
}

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  return std::abs(value) < widest ? fmt::format("{:.{}f}", value, decimals) : general(value);
}
std::string loss(double nats) { return fixed(nats, 4); }
std::string signed_loss(double nats) {
  return (std::isfinite(nats) && !std::signbit(nats) ? "+" : "") + loss(nats);
}
std::string share(double value) { return fixed(value, 3); }
std::string epochs(double count) {
  if (count == 0.0) return "-";
  return count < 0.0995 ? fmt::format("{:.1g}", count)
         : count < 100  ? fmt::format("{:.3g}", count)
                        : fmt::format("{:.0f}", count);
}
std::string percent(double fraction) {
  return std::isfinite(fraction) ? fixed(100 * fraction, 2) + " %" : "-";
}
std::string general(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "-";
}
std::string volume(double tokens) {
  for (const auto& [size, letter] : {std::pair{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}})
    if (tokens >= 0.9995 * size) return fmt::format("{:.3g}{}", tokens / size, letter);
  return fmt::format("{:.3g}", tokens);
}

std::string percent_level(double level) { return fmt::format("{:.4g} %", 100 * level); }
std::string range(double low, double high, int decimals) {
  if (!std::isfinite(low) || !std::isfinite(high)) return "-";
  return fixed(low, decimals) + " to " + fixed(high, decimals);
}

std::string capitalised(std::string words) {
  if (!words.empty())
    words.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front())));
  return words;
}

std::string loss_name(const data::DomainSet& domains) {
  return data::mean_words(std::vector<double>(domains.eval.size(), 1.0));
}

std::string bits_words(const data::DomainSet& domains) {
  if (domains.bytes_per_token.empty()) return "";
  const std::vector<double>& bytes = domains.bytes_per_token;
  const bool are_alike =
      std::all_of(bytes.begin(), bytes.end(), [&](double count) { return count == bytes.front(); });
  std::vector<std::string> parts;
  for (std::size_t e = 0; e < (are_alike ? 1 : bytes.size()); ++e)
    parts.push_back(fmt::format("{:.4g}", bytes[e] * std::numbers::ln2) +
                    (are_alike ? "" : fmt::format(" ({})", domains.eval[e])));
  constexpr std::size_t most = 8;
  return "Bits a byte are nats a token divided by " + core::join_some(parts, most) + ".";
}

double mean_of_sets(std::span<const double> weight,
                    const std::function<double(std::size_t e)>& of_set) {
  double sum = 0.0;
  for (std::size_t e = 0; e < weight.size(); ++e)
    if (weight[e] > 0.0) sum += weight[e] * of_set(e);
  return sum / core::stable_sum(weight);
}

double mean_bits_per_byte(std::span<const double> weight, std::span<const double> nats,
                          std::span<const double> bytes_per_token) {
  if (bytes_per_token.empty()) return std::nan("");
  return mean_of_sets(
      weight, [&](std::size_t e) { return data::bits_per_byte(nats[e], bytes_per_token[e]); });
}

std::string bits_line(const data::DomainSet& domains) {
  const std::string words = bits_words(domains);
  return words.empty() ? "" : fmt::format("  {}\n", words);
}

Rows entropy_rows(const data::EntropyTable& table) {
  Rows rows{{"domain"}};
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
  return rows;
}

std::string model_size_words(const data::LawFit& fit) {
  const law::Law& law = law::law_of(fit);
  if (!law.sees_model_size()) return "";
  const auto size = [](double parameters) { return core::format_count_about(parameters, 4); };
  return fmt::format("models of {} to {} parameters; held-out figures are of {}",
                     size(fit.size_low), size(fit.size_high), size(fit.last_size)) +
         (law.words().of_last_size.empty() ? "" : ", and " + law.words().of_last_size);
}

Rows coefficient_rows(const data::LawFit& fit, double level) {
  std::vector<law::CoefficientColumn> columns = law::law_of(fit).words().columns;
  if (columns.empty()) columns = parameter_columns(fit);
  Rows rows{{"domain"}};
  for (const law::CoefficientColumn& column : columns)
    rows[0].push_back(coefficient_heading(column, level));
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
    rows.push_back({fit.domains.eval[e]});
    for (const law::CoefficientColumn& column : columns)
      rows.back().push_back(coefficient_cell(fit, column, e, level));
  }
  return rows;
}

Rows noise_rows(const data::LawFit& fit) {
  Rows rows{{"domain", "a reading", "a run", "from"}};
  for (std::size_t e = 0; e < fit.domain.size(); ++e) {
    const data::DomainFit& domain = fit.domain[e];
    rows.push_back({fit.domains.eval[e], percent(domain.noise_reading.value_or(std::nan(""))),
                    percent(domain.noise_seed.value_or(std::nan(""))),
                    domain.noise_source.empty() ? "-" : domain.noise_source});
  }
  return rows;
}

Rows held_out_rows(const data::LawFit& fit) {
  const data::HeldOut& held = fit.held_out;
  Rows rows{{"domain", "error", "worst", "R2", "persistence", "mean of others"}};
  for (std::size_t e = 0; e < fit.domains.eval.size() && e < held.error.size(); ++e)
    rows.push_back({fit.domains.eval[e], percent(held.error[e]), percent(held.worst[e]),
                    fixed(held.r2[e], 3), percent(held.persistence[e]),
                    percent(held.mean_baseline[e])});
  if (held.error.size() == 1) return rows;
  rows.push_back({"mean", percent(mean_of(held.error)), percent(mean_of(held.worst)),
                  fixed(mean_of(held.r2), 3), percent(mean_of(held.persistence)),
                  percent(mean_of(held.mean_baseline))});
  return rows;
}

std::vector<std::string> score_heading() {
  return {"law", "error", "worst", "R2", "Spearman", "regret", "R2 along runs"};
}

std::vector<std::string> score_row(const std::string& name, const data::HeldOut& held) {
  return {name,
          percent(mean_of(held.error)),
          percent(*std::max_element(held.worst.begin(), held.worst.end())),
          fixed(mean_of(held.r2), 3),
          fixed(held.spearman, 3),
          fixed(held.regret_nats, 4),
          fixed(mean_of(held.curve_r2), 3)};
}

void append_baselines(Rows& rows, const data::HeldOut& held) {
  rows.push_back({"persistence", percent(mean_of(held.persistence))});
  rows.push_back({"mean of others", percent(mean_of(held.mean_baseline))});
}

Rows laws_rows(const std::vector<data::LawFit>& laws) {
  Rows rows{score_heading()};
  for (const data::LawFit& fit : laws) rows.push_back(score_row(fit.law, fit.held_out));
  append_baselines(rows, laws.front().held_out);
  return rows;
}

Rows evaluation_rows(const law::Evaluation& evaluation) {
  Rows rows{score_heading()};
  rows[0].push_back("lowest");
  double persistence_worst = std::nan("");
  for (const law::LawScore& score : evaluation.laws) {
    double lowest = std::nan("");
    for (const law::MixtureScore& mixture : law::mixture_scores(score)) {
      lowest = std::fmin(lowest, mixture.curve_r2_lowest);
      persistence_worst = std::fmax(persistence_worst, mixture.persistence_worst);
    }
    rows.push_back(score_row(score.law, score.mean));
    rows.back().push_back(fixed(lowest, 3));
  }
  append_baselines(rows, evaluation.laws.front().mean);
  rows[rows.size() - 2].push_back(percent(persistence_worst));
  return rows;
}

Rows epoch_rows(const law::Evaluation& evaluation) {
  Rows rows{{"law"}};
  for (const law::LawScore& score : evaluation.laws) {
    const std::vector<law::EpochScore> scores = law::epoch_scores(score);
    if (scores.empty()) return rows;
    std::vector<std::string> cells{score.law};
    for (const law::EpochScore& range : scores) {
      if (rows.size() == 1)
        rows[0].push_back(std::isinf(range.up_to)
                              ? fmt::format("above {:g} ({})", range.above, range.readings)
                              : fmt::format("to {:g} ({})", range.up_to, range.readings));
      cells.push_back(loss(range.log_error));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

Rows pool_rows(const law::Evaluation& evaluation) {
  constexpr std::size_t of_readings = 4;  // law, error, worst, R2; the others are of mixtures
  Rows rows = evaluation_rows(evaluation);
  const Rows by_epochs = epoch_rows(evaluation);
  for (std::size_t n = 0; n < rows.size(); ++n) {
    rows[n].resize(std::min(rows[n].size(), of_readings));
    if (n < by_epochs.size())
      rows[n].insert(rows[n].end(), by_epochs[n].begin() + 1, by_epochs[n].end());
  }
  return rows;
}

Rows mixture_rows(const std::vector<law::MixtureScore>& scores,
                  const std::vector<std::string>& labels) {
  constexpr std::size_t most = 12;
  Rows rows{{"mixture", "error", "worst", "persistence", "worst", "R2 along runs", "lowest"}};
  const auto add = [&](const std::string& name, const law::MixtureScore& score) {
    rows.push_back({name, percent(score.error), percent(score.worst), percent(score.persistence),
                    percent(score.persistence_worst), fixed(score.curve_r2, 3),
                    fixed(score.curve_r2_lowest, 3)});
  };
  if (scores.size() <= most)
    for (const law::MixtureScore& score : scores)
      add(labels[static_cast<std::size_t>(score.mixture)], score);
  const auto mean = [&](double law::MixtureScore::*figure) {
    std::vector<double> values;
    for (const law::MixtureScore& score : scores) values.push_back(score.*figure);
    return mean_of(values);
  };
  add(fmt::format("mean of {}", scores.size()),
      {0, mean(&law::MixtureScore::error), mean(&law::MixtureScore::worst),
       mean(&law::MixtureScore::persistence), mean(&law::MixtureScore::persistence_worst),
       mean(&law::MixtureScore::curve_r2), mean(&law::MixtureScore::curve_r2_lowest)});
  return rows;
}

Rows without_empty_columns(const Rows& rows) {
  Rows kept(rows.size());
  for (std::size_t c = 0; c < rows.front().size(); ++c) {
    const bool empty = std::all_of(rows.begin() + 1, rows.end(), [c](const auto& row) {
      return c >= row.size() || row[c].empty() || row[c] == "-";
    });
    for (std::size_t i = 0; i < rows.size() && !empty; ++i)
      if (c < rows[i].size()) kept[i].push_back(rows[i][c]);
  }
  return kept;
}

std::vector<std::string> honest_lines(const data::MixtureChoice& choice,
                                      const data::DomainSet& domains) {
  std::vector<std::string> lines;
  const auto named = [&](const data::Mixture& share) {
    std::vector<std::string> parts;
    for (std::size_t k = 0; k < share.size(); ++k)
      parts.push_back(fmt::format("{} {}", domains.train[k], report::share(share[k])));
    constexpr std::size_t most = 8;
    return core::join_some(parts, most);
  };
  if (choice.gain_expected)
    lines.push_back(
        fmt::format("Expected gain {}: the mean over the bootstrap laws, which did not choose this "
                    "mixture",
                    loss(*choice.gain_expected)));
  if (choice.nearest_distance)
    lines.push_back(fmt::format(
        "Nearest mixture that was run: {}, {} of the tokens would have to change their domain",
        choice.nearest_run, percent(*choice.nearest_distance)));
  if (constexpr double worth_telling = 0.05; choice.gain_beyond_runs.value_or(0.0) >= worth_telling)
    lines.push_back(fmt::format(
        "{} of the gain is extrapolated: it lies beyond every mixture of the runs' mixtures",
        percent(*choice.gain_beyond_runs)));
  if (!choice.prior.empty())
    lines.push_back(
        fmt::format("Drawn by {} to {}, as far as the law is unsure; by itself it would take {}",
                    fixed(choice.prior_weight, 2), choice.prior, named(choice.unshrunk_share)));
  if (!choice.free_share.empty())
    lines.push_back("Without floors, caps and epochs the law would take " +
                    named(choice.free_share) + "; what it says out there is not measured");
  return lines;
}

std::string worse_sets_note(const data::LawFit& fit) {
  std::vector<std::string> worse;
  for (std::size_t e = 0; e < fit.trust.is_worse.size(); ++e)
    if (fit.trust.is_worse[e] != 0) worse.push_back(fmt::format("'{}'", fit.domains.eval[e]));
  const bool is_said = !fit.trust.doubt.empty() && worse.size() == fit.domains.eval.size();
  if (worse.empty() || is_said) return "";
  const bool is_one = worse.size() == 1;
  return fmt::format(
      "law {}: the {} on {} of held-out mixtures {} predicted no better than by the mean of the "
      "other mixtures. Do not rely on what is said of {}.",
      fit.law, is_one ? "loss" : "losses", core::join_words(worse), is_one ? "is" : "are",
      is_one ? "it" : "them");
}

std::vector<std::string> notes_of(const data::LawFit& fit) {
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
  std::vector<std::string> notes;
  for (const std::string& note : {fit.trust.doubt, worse_sets_note(fit)})
    if (!note.empty()) notes.push_back(note);
  notes.insert(notes.end(), fit.flags.begin(), fit.flags.end());
  for (auto& [text, names] : said) {
    const std::size_t at = text.find(blank);
    if (at != std::string::npos)
      text.replace(at, blank.size(),
                   (names.size() == 1 ? "domain " : "domains ") + core::join_words(names));
    notes.push_back(text);
  }
  return notes;
}

}  // namespace bimix::report
