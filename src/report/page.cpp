#include "page_data.hpp"
#include "rows.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/objective.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

// Files as bytes of the program, see assets.S.
#define BIMIX_ASSET(name)                                            \
  extern const char name[]; /* NOLINT(bugprone-macro-parentheses) */ \
  extern const std::uint64_t name##_size;
extern "C" {
BIMIX_ASSET(bimix_page_html)
BIMIX_ASSET(bimix_page_css)
BIMIX_ASSET(bimix_page_js)
BIMIX_ASSET(bimix_chart_library)
}
#undef BIMIX_ASSET

namespace bimix::report {
namespace {

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string paragraph(const std::string& words, const std::string& style = "") {
  if (words.empty()) return "";
  return style.empty() ? fmt::format("<p>{}</p>\n", escaped(words))
                       : fmt::format("<p class=\"{}\">{}</p>\n", style, escaped(words));
}

std::string list(const std::vector<std::string>& entries) {
  std::string html = "<ul>\n";
  for (const std::string& entry : entries) html += fmt::format("<li>{}</li>\n", escaped(entry));
  return html + "</ul>\n";
}

/// @param style "words" for cells of text
std::string table(const std::string& caption, const Rows& rows, const std::string& style = "") {
  std::string html = fmt::format(
      "<figure><figcaption>{0}</figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"{0}\"><table class=\"{1}\">\n<thead><tr>",
      escaped(caption), style);
  for (const std::string& cell : rows.front())
    html += fmt::format("<th scope=\"col\">{}</th>", escaped(cell));
  html += "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    for (std::size_t c = 0; c < rows.front().size(); ++c) {
      const std::string cell = c < rows[i].size() ? escaped(rows[i][c]) : "";
      html += c == 0 ? "<tr><th scope=\"row\">" + cell + "</th>" : "<td>" + cell + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table></div></figure>\n";
}

std::string details(const std::string& summary, const std::string& inside, bool open = false) {
  return fmt::format("<details{}><summary>{}</summary>\n{}</details>\n", open ? " open" : "",
                     escaped(summary), inside);
}

/// Where page.js draws. @param name its function that does
std::string canvas(const std::string& name, const std::string& title) {
  if (!charts_are_built_in()) return "";
  return fmt::format(
      "<div class=\"chart\" data-chart=\"{}\" role=\"img\" aria-label=\"Chart: {}. Its data are in "
      "the table below it.\"></div>\n",
      name, escaped(title));
}

/// A chart with its data below it.
std::string chart(const std::string& name, const std::string& title, const Rows& rows) {
  return canvas(name, title) +
         details("Data: " + title, table(title, rows), !charts_are_built_in());
}

/// A text as it is; of a long one the whole lines at its beginning.
std::string text_block(const std::string& text) {
  constexpr std::size_t most = 200'000;
  if (text.size() <= most) return fmt::format("<pre>{}</pre>\n", escaped(text));
  const std::size_t end = text.rfind('\n', most);
  const std::string_view begin =
      std::string_view(text).substr(0, end == std::string::npos ? most : end + 1);
  return fmt::format("<pre>{}</pre>\n", escaped(begin)) +
         paragraph(fmt::format("These are the first {} of {} bytes; the run folder has the whole.",
                               begin.size(), text.size()));
}

struct Section {
  std::string id{};
  std::string title{};
  std::string inside{};  ///< HTML
};

/// To three digits: "580K", "2.56M".
std::string volume(double tokens) {
  for (const auto& [size, letter] : {std::pair{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}})
    if (tokens >= 0.9995 * size) return fmt::format("{:.3g}{}", tokens / size, letter);
  return fmt::format("{:.3g}", tokens);
}

/// "proofs (0.070 to 0.222)" of the domains whose share changes most in one direction.
std::string movers(const data::MixtureChoice& choice, const data::DomainSet& domains, double sign) {
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < choice.share.size(); ++k)
    if (sign * (choice.share[k] - choice.default_share[k]) >= 0.005) order.push_back(k);
  const auto change = [&](std::size_t k) {
    return sign * (choice.share[k] - choice.default_share[k]);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return change(a) > change(b); });
  if (order.size() > 3) order.resize(3);
  std::vector<std::string> words;
  for (const std::size_t k : order)
    words.push_back(fmt::format("{} ({} to {})", domains.train[k], share(choice.default_share[k]),
                                share(choice.share[k])));
  return core::join_words(words);
}

std::string promise_words(const data::MixtureChoice& choice, const data::DomainSet& domains) {
  std::string words = fmt::format(
      "For {} training tokens{} the best mixture has ", volume(choice.tokens),
      choice.model_size > 0 ? " and a model of " + volume(choice.model_size) + " parameters" : "");
  const std::string more = movers(choice, domains, 1), less = movers(choice, domains, -1);
  if (more.empty() && less.empty())
    words += "the shares of the default, to two digits";
  else
    words += fmt::format("{}{}{}", more.empty() ? "" : "more " + more,
                         more.empty() || less.empty() ? "" : " and ",
                         less.empty() ? "" : "less " + less);
  words +=
      fmt::format(". Against the default the law {} expects the {} to be {} {} {}", choice.law,
                  data::objective_words(choice, domains), loss(std::abs(choice.gain_nats)),
                  data::unit_text(domains.loss_unit), choice.gain_nats >= 0 ? "lower" : "higher");
  if (std::isfinite(choice.gain_low))
    words += fmt::format(" ({}: {})", percent_level(choice.level),
                         range(choice.gain_low, choice.gain_high, 4));
  return words + ".";
}

std::string check_words(const data::CheckReport& check) {
  if (check.repeats == 0)
    return fmt::format("Nothing was learned from training default and optimum to {} tokens: {}.",
                       volume(static_cast<double>(check.tokens)), verdict(check));
  std::string words = fmt::format(
      "Trained to {} tokens with {} fresh {}, the {} of the optimum over the default was {} "
      "{}",
      volume(static_cast<double>(check.tokens)), check.repeats,
      check.repeats == 1 ? "seed" : "seeds", gain_name(check), signed_loss(check.mean_gain_nats),
      data::unit_text(check.loss_unit));
  if (const double margin = gain_margin(check); std::isfinite(margin))
    words += fmt::format(" (90 %: {})",
                         range(check.mean_gain_nats - margin, check.mean_gain_nats + margin, 4));
  return words + ": " + verdict(check) + ".";
}

std::string verdict_style(const data::CheckReport& check) {
  const double margin = gain_margin(check);
  if (check.mean_gain_nats > margin) return "verdict holds";
  return check.mean_gain_nats < -margin ? "verdict fails" : "verdict";
}

/// What there is to know before the recommendation is followed.
std::vector<std::string> doubts(const PageInput& input, const data::LawFit& fit) {
  std::vector<std::string> entries;
  if (std::string note = worse_sets_note(fit); !note.empty()) entries.push_back(std::move(note));
  const auto& trials = input.record.plan.trials;
  const ResultsById results(input.record);
  const auto ended_well =
      std::count_if(trials.begin(), trials.end(), [&](const data::TrialSpec& spec) {
        const data::TrialResult* result = results.of(spec);
        return result != nullptr && result->status == data::TrialStatus::ok;
      });
  if (static_cast<std::size_t>(ended_well) < trials.size())
    entries.push_back(fmt::format(
        "The fit is made of {} of {} trials; the table of trials says what became of the others.",
        ended_well, trials.size()));
  const data::HeldOut& held = fit.held_out;
  if (!held.error.empty())
    entries.push_back(fmt::format(
        "On mixtures that its fit never saw the law errs by {} on average ({}). Taking the loss at "
        "the volume before errs by {}, taking the mean of the other mixtures by {}.",
        percent(mean_of(held.error)), held.protocol, percent(mean_of(held.persistence)),
        percent(mean_of(held.mean_baseline))));
  if (!fit.bootstrap.empty())
    entries.push_back(
        fmt::format("Intervals are over mixtures ({} bootstrap samples) and take the "
                    "law for true: where it is not, they are too narrow.",
                    fit.bootstrap.size()));
  else
    entries.push_back("There are no intervals: fit.bootstrap is 0.");
  if (input.record.check.empty())
    entries.push_back(
        "The recommendation was not trained and checked; `check:` in the campaign "
        "asks for that.");
  for (const data::MixtureChoice& choice : input.record.optimum) {
    if (choice.tokens > 1.005 * fit.tokens_high)
      entries.push_back(
          fmt::format("The largest volume that was seen is {} tokens; {} is {} times "
                      "that.",
                      volume(fit.tokens_high), volume(choice.tokens),
                      general(choice.tokens / fit.tokens_high)));
    entries.push_back(fmt::format("Certificate of the optimum under the law: {} {:.1e}.",
                                  choice.certificate_kind, choice.certificate));
    entries.insert(entries.end(), choice.flags.begin(), choice.flags.end());
  }
  for (const std::string& note : notes_of(fit))
    if (note != fit.trust.doubt && std::find(entries.begin(), entries.end(), note) == entries.end())
      entries.push_back(note);
  return entries;
}

Section answer(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::LawFit* fit = used_law(record);
  std::string html;
  for (const std::string& note : input.notes) html += paragraph(note, "note");
  if (fit != nullptr) html += paragraph(fit->trust.doubt, "verdict fails");
  for (const data::MixtureChoice& choice : record.optimum)
    html += paragraph(promise_words(choice, record.plan.domains), "lead");
  if (record.optimum.empty())
    html += paragraph("There is no recommendation yet; below is what has been measured.", "lead");
  for (const data::CheckReport& check : record.check)
    html += paragraph(check_words(check), verdict_style(check));
  for (const data::MixtureChoice& choice : record.optimum)
    html += canvas("shares", "Recommended mixture and default") +
            table(fmt::format("Best mixture for {} tokens and the predicted losses",
                              volume(choice.tokens)),
                  optimum_rows(choice, record.plan.domains));
  for (const data::CheckReport& check : record.check)
    html += "<h3>What the check found</h3>\n" +
            table("Predicted and trained loss of default and optimum; gain: default minus optimum",
                  check_rows(check));
  if (fit != nullptr) html += "<h3>How sure, and what to know</h3>\n" + list(doubts(input, *fit));
  return {"answer", "The answer", html};
}

/// Which runs are drawn, if not all are.
std::string drawn_words(const data::RunRecord& record) {
  std::string words;
  if (!record.laws.empty() && law::law_of(record.laws.front()).sees_model_size())
    words = fmt::format(" Runs are those of models of {} parameters.",
                        volume(record.laws.front().last_size));
  std::vector<std::string> some;
  const auto note = [&](std::size_t drawn, std::size_t all, const char* what) {
    if (drawn < all) some.push_back(fmt::format("{} of {} {}", drawn, all, what));
  };
  const data::LawFit* fit = used_law(record);
  const Drawn mixtures = drawn_mixtures(record);
  const DrawnRuns runs = drawn_runs(record, fit);
  note(mixtures.index.size(), mixtures.all, "mixtures");
  note(runs.runs.size(), runs.all, "runs of these mixtures");
  note(drawn_volumes(record, fit).size(), record.plan.tokens.size(), "volumes");
  if (some.empty()) return words;
  return words +
         fmt::format(" Drawn are {}, evenly chosen; `bimix export --to csv` has all losses.",
                     core::join_words(some));
}

/// Seen losses and the law's, one row a drawn run and volume.
Rows curve_rows(const data::RunRecord& record, const data::LawFit* fit) {
  Rows rows{{"mixture", "repeat", "tokens"}};
  for (const std::string& domain : record.plan.domains.eval) {
    rows[0].push_back(domain);
    if (fit != nullptr) rows[0].push_back("law");
  }
  const std::vector<std::int64_t> volumes = drawn_volumes(record, fit);
  for (const auto& [spec, result] : drawn_runs(record, fit).runs)
    for (const data::LossPoint& point : result->curve) {
      if (!data::find_volume(volumes, point.tokens)) continue;
      rows.push_back(
          {spec->mixture_label, fmt::format("{}", spec->repeat), core::format_count(point.tokens)});
      for (std::size_t e = 0; e < point.loss_nats.size(); ++e) {
        rows.back().push_back(loss(point.loss_nats[e]));
        if (fit != nullptr)
          rows.back().push_back(loss(law::predict(
              *fit, e, spec->mixture, static_cast<double>(point.tokens), result->parameters)));
      }
    }
  return rows;
}

Section curves(const data::RunRecord& record, const data::LawFit* fit) {
  std::string words =
      "One panel a domain, both axes logarithmic; dots are evaluations, coloured by the domain's "
      "own "
      "share.";
  if (fit != nullptr)
    words += fmt::format(" Lines are the law, from {} tokens on.", volume(fit->tokens_low));
  if (fit != nullptr && static_cast<double>(record.plan.tokens.front()) < 0.995 * fit->tokens_low)
    words += " Earlier evaluations, hollow, were not fitted.";
  return {"curves", "Loss against volume",
          paragraph(words + drawn_words(record)) +
              chart("curves", "Loss curves of every domain", curve_rows(record, fit))};
}

/// Which mixtures are listed, if not all are.
std::string listed_words(const PageInput& input) {
  const Drawn listed = listed_mixtures(input);
  if (listed.index.size() == listed.all) return "";
  return fmt::format(
      " Shown are {} of {} mixtures, evenly chosen and those that are missed most; `bimix export "
      "--to csv` has all.",
      listed.index.size(), listed.all);
}

/// Own share and loss of each listed mixture at the last volume.
Rows section_rows(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::Table seen = seen_at_last_volume(record);
  Rows rows{{"mixture"}};
  for (const std::string& domain : record.plan.domains.eval) {
    rows[0].push_back("share");
    rows[0].push_back(domain);
  }
  for (const std::size_t m : listed_mixtures(input).index) {
    rows.push_back({record.plan.labels[m]});
    for (std::size_t e = 0; e < seen.columns; ++e) {
      const int own = record.plan.domains.share_of[e];
      rows.back().push_back(
          own < 0 ? "-" : share(record.plan.mixtures[m][static_cast<std::size_t>(own)]));
      rows.back().push_back(loss(seen(m, e)));
    }
  }
  return rows;
}

Section sections(const PageInput& input) {
  const data::RunRecord& record = input.record;
  return {
      "sections", "Loss against share",
      paragraph("The other section through the same data, both axes logarithmic: loss of a domain "
                "against its own share in the mixture, one colour a volume. Lines are the law "
                "while the other domains share the rest as in the default; a straight line is a "
                "power law. Dots off their line show what the own share does not explain." +
                drawn_words(record)) +
          chart("sections",
                fmt::format("Share and loss at {} tokens",
                            volume(static_cast<double>(record.plan.tokens.back()))),
                section_rows(input))};
}

Section law_section(const std::vector<data::LawFit>& laws, const data::LawFit& fit, double level) {
  const law::LawWords words = law::law_of(fit).words();
  std::string html =
      table(words.formula.empty()
                ? "Coefficients of law " + fit.law
                : fmt::format("{}, {}; {}", words.formula, words.symbols, words.gauge),
            coefficient_rows(fit, level)) +
      table("Noise of a loss (standard deviation; of a run: between seeds, which needs repeats)",
            noise_rows(fit));
  if (const std::string sizes = model_size_words(fit); !sizes.empty())
    html = paragraph("Fitted to " + sizes + ".") + html;
  if (!fit.held_out.error.empty()) {
    html += table(fmt::format("Prediction of held-out mixtures ({}, {} folds)",
                              fit.held_out.protocol, fit.held_out.folds),
                  held_out_rows(fit));
    html += paragraph("Rank correlation of predicted and seen " + loss_name(fit.domains) + ": " +
                      fixed(fit.held_out.spearman, 3));
  }
  if (laws.size() > 1)
    html +=
        table("All fitted laws on the same held-out mixtures, means over domains", laws_rows(laws));
  return {"law", "The law", html};
}

Section transfer(const data::RunRecord& record, const data::LawFit& fit) {
  const data::Table changes = transfer_table(record, fit);
  Rows rows{{"loss of"}};
  rows[0].insert(rows[0].end(), record.plan.domains.train.begin(), record.plan.domains.train.end());
  for (std::size_t e = 0; e < changes.rows; ++e) {
    rows.push_back({record.plan.domains.eval[e]});
    for (std::size_t k = 0; k < changes.columns; ++k)
      rows.back().push_back(
          std::isfinite(changes(e, k)) ? fmt::format("{:+.3f} %", 100 * changes(e, k)) : "-");
  }
  return {"transfer", "Who helps whom",
          paragraph(fmt::format(
              "What the law expects of each loss (rows) when a domain (columns) gets {} more "
              "of the mixture and the others give it in proportion. A negative figure off "
              "the own column is help from another domain.",
              transfer_step)) +
              chart("transfer", "Change of each loss by one more percent of each domain", rows)};
}

Section predicted(const PageInput& input) {
  const auto& domains = input.record.plan.domains.eval;
  Rows rows{{"mixture", "kind", "domain", "seen", "predicted", "error"}};
  for (const Unseen& point : unseen_points(input))
    rows.push_back({point.mixture, point.kind, domains[point.domain], loss(point.seen),
                    loss(point.predicted), percent((point.predicted - point.seen) / point.seen)});
  return {"predicted", "Predicted against seen",
          paragraph("At the last volume. Held out: each mixture predicted by a law that was fitted "
                    "without it. Check: default and optimum, trained on fresh seeds afterwards. "
                    "Fitted: the same mixtures by the law that saw them." +
                    drawn_words(input.record)) +
              chart("predicted", "Predictions of what the fit had not seen", rows)};
}

Section residuals(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::Table errors = held_out_residuals(input);
  Rows rows{{"mixture"}};
  rows[0].insert(rows[0].end(), record.plan.domains.eval.begin(), record.plan.domains.eval.end());
  const Drawn drawn = drawn_residuals(errors);
  for (const std::size_t m : drawn.index) {
    rows.push_back({record.plan.labels[m]});
    for (std::size_t e = 0; e < errors.columns; ++e) rows.back().push_back(percent(errors(m, e)));
  }
  const std::string some =
      drawn.index.size() < drawn.all
          ? fmt::format(" Shown are {} of {} mixtures, those that are missed most.",
                        drawn.index.size(), drawn.all)
          : "";
  return {
      "residuals", "Residuals by mixture",
      paragraph("How far the prediction of each held-out mixture is above (+) or below (-) the "
                "loss seen at the last volume, in percent of it. A pattern over mixtures is what "
                "the law cannot express; for a law of the own share, domains that help each "
                "other." +
                some) +
          chart("residuals", "Relative error of each held-out mixture", rows)};
}

Section tried(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::Table seen = seen_at_last_volume(record);
  Rows rows{{"mixture"}};
  rows[0].insert(rows[0].end(), record.plan.domains.train.begin(), record.plan.domains.train.end());
  const std::string name = loss_name(record.plan.domains);
  rows[0].push_back(name);
  for (const std::size_t m : listed_mixtures(input).index) {
    rows.push_back({record.plan.labels[m]});
    for (const double r : record.plan.mixtures[m]) rows.back().push_back(share(r));
    rows.back().push_back(
        loss(mean_of({seen.values.begin() + static_cast<std::ptrdiff_t>(m * seen.columns),
                      seen.values.begin() + static_cast<std::ptrdiff_t>((m + 1) * seen.columns)})));
  }
  const std::string words =
      record.plan.domains.train.size() == 3
          ? "One dot a mixture; a corner is a mixture of one domain alone, the edge across from it "
            "one without that domain. The colour is the " +
                name + " at the last volume."
          : "One line a mixture, one axis a domain; the colour is its " + name +
                " at the last volume. "
                "The thick lines are the default and the recommended mixture.";
  return {
      "mixtures", "The mixtures that were tried",
      paragraph(words + listed_words(input)) + chart("mixtures", "Shares of every mixture", rows)};
}

Section by_volume(const PageInput& input) {
  Rows rows{{"tokens"}};
  const auto& domains = input.record.plan.domains.train;
  rows[0].insert(rows[0].end(), domains.begin(), domains.end());
  for (const data::MixtureChoice& choice : input.by_volume) {
    rows.push_back({volume(choice.tokens)});
    for (const double r : choice.share) rows.back().push_back(share(r));
  }
  return {"volume", "The best mixture at other volumes",
          paragraph("What the law recommends for shorter and longer training. Volumes beyond the "
                    "largest that was seen are shaded: there the law extrapolates.") +
              chart("volume", "Best mixture by volume", rows)};
}

Section entropies(const data::EntropyTable& entropy) {
  return {"entropies", "Entropies and the mixtures they imply",
          paragraph("Each measure implies a mixture without any training: shares in proportion to "
                    "exp(entropy).") +
              chart("entropies", "Entropies in nats and implied shares", entropy_rows(entropy))};
}

/// When which rank ran what. Results of older programs do not say when.
std::string timeline(const data::RunRecord& record) {
  const Timeline all = timeline_of(record);
  if (all.bars.empty() || all.length <= 0) return "";
  const auto ranks = static_cast<double>(all.ranks.size());
  std::string words = fmt::format(
      "Of the {} from the first trial's begin to the last one's end, {} {} busy for {}.",
      core::format_seconds(all.length), all.ranks.size(),
      all.ranks.size() == 1 ? "rank was" : "ranks were", percent(all.busy / (ranks * all.length)));
  if (!all.cuts.empty())
    words += fmt::format(" Left out: {} {} in which no trial ran (dashed).", all.cuts.size(),
                         all.cuts.size() == 1 ? "pause" : "pauses");
  if (const Drawn drawn = drawn_bars(all); drawn.index.size() < drawn.all)
    words += fmt::format(
        " Drawn are {} of {} trials, the longest on {}.", drawn.index.size(), drawn.all,
        drawn_rows(all).size() == 1 ? std::string("the rank")
                                    : fmt::format("{} of the ranks", drawn_rows(all).size()));
  return paragraph(words) + canvas("timeline", "Which rank ran which trial when");
}

/// How many trials ended well, and for how long all of them ran.
struct Ended {
  int well = 0;
  double seconds = 0.0;
};

Ended ended(const data::RunRecord& record) {
  const ResultsById results(record);
  Ended all;
  for (const auto* specs : {&record.plan.trials, &record.check_trials})
    for (const data::TrialSpec& spec : *specs)
      if (const data::TrialResult* result = results.of(spec)) {
        all.well += result->status == data::TrialStatus::ok ? 1 : 0;
        all.seconds += result->wall_seconds;
      }
  return all;
}

Section trials(const data::RunRecord& record) {
  Rows rows{{"trial", "mixture", "purpose", "repeat", "status", "began, UTC", "seconds", "tokens/s",
             "rank", "attempt", "host", "message"}};
  for (const auto& [spec, result] : listed_trials(record)) {
    rows.push_back(
        {spec->id, spec->mixture_label, spec->purpose, fmt::format("{}", spec->repeat), "not run"});
    if (result == nullptr) continue;
    rows.back()[4] = status_word(result->status);
    rows.back().insert(rows.back().end(),
                       {result->started_utc > 0 ? core::utc_text(result->started_utc) : "-",
                        fixed(result->wall_seconds, 2), general(result->tokens_per_second),
                        fmt::format("{}", result->rank), fmt::format("{}", result->attempt),
                        result->host, result->message});
  }
  const std::size_t all = record.plan.trials.size() + record.check_trials.size();
  const auto [well, seconds] = ended(record);
  const std::string words = fmt::format("{} of {} trials ended well", well, all);
  std::string some;
  if (rows.size() - 1 < all)
    some = fmt::format(
        " The table has the {} that did not end well or took longest; results.h5 has all.",
        rows.size() - 1);
  // Logs that are replayed take no time worth drawing.
  if (seconds < 0.01 * static_cast<double>(all))
    return {"trials", "Trials",
            paragraph(words + "." + some) + details("Data: Trials", table("Trials", rows))};
  const std::size_t drawn = drawn_trials(record).size();
  if (drawn < all)
    some = fmt::format(" The bars are the {} that ended badly or took longest.", drawn) + some;
  return {"trials", "Trials",
          paragraph(fmt::format("{}; together they took {} on one rank each.{}", words,
                                core::format_seconds(seconds), some)) +
              timeline(record) + chart("trials", "Trials with status and time", rows)};
}

Section provenance(const data::RunRecord& record) {
  Rows rows{{"fact", "value"}};
  for (const auto& [name, value] : record.stamp.facts) rows.push_back({name, value});
  return {
      "provenance", "Provenance",
      table("Where, when and with what the last session ran", rows, "words") +
          details("The campaign as given", text_block(record.campaign_text)) +
          details("The campaign with every default filled in", text_block(record.resolved_text))};
}

std::vector<Section> all_sections(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::LawFit* fit = used_law(record);
  std::vector<Section> found{answer(input)};
  if (fit != nullptr) found.push_back(law_section(record.laws, *fit, input.fit.level));
  found.push_back(curves(record, fit));
  if (fit != nullptr) found.push_back(sections(input));
  if (fit != nullptr && law::law_of(*fit).sees_every_share())
    found.push_back(transfer(record, *fit));
  if (!input.held_out.empty() || !record.check.empty()) found.push_back(predicted(input));
  if (!input.held_out.empty()) found.push_back(residuals(input));
  found.push_back(tried(input));
  if (!input.by_volume.empty()) found.push_back(by_volume(input));
  for (const data::EntropyTable& entropy : record.entropy) found.push_back(entropies(entropy));
  found.push_back(trials(record));
  found.push_back(provenance(record));
  return found;
}

/// JSON that may stand in a <script>: no '<' is left that could end it.
std::string json_for_script(const data::Json& json) {
  std::string text = json.dump(-1, ' ', false, data::Json::error_handler_t::replace);
  std::string safe;
  for (const char c : text)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

/// The template with each @name@ replaced by its value; values are not looked into.
std::string filled(std::string_view page,
                   const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  std::string html;
  while (!page.empty()) {
    const std::size_t at = page.find('@');
    html += page.substr(0, at);
    if (at == std::string_view::npos) break;
    const std::size_t end = page.find('@', at + 1);
    const std::string_view name = page.substr(at + 1, end - at - 1);
    const auto value = std::find_if(values.begin(), values.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    core::require(value != values.end(), "page.html names what there is");
    html += value->second;
    page.remove_prefix(end + 1);
  }
  return html;
}

}  // namespace

bool charts_are_built_in() { return bimix_chart_library_size > 0; }

std::string page_html(const PageInput& input) {
  std::string contents, sections_html;
  for (const Section& section : all_sections(input)) {
    contents += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.title);
    sections_html += fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}"
        "</section>\n",
        section.id, section.title, section.inside);
  }
  const std::string footer =
      charts_are_built_in()
          ? "Charts are drawn by Apache ECharts (Apache License 2.0), which is inside this page."
          : "This bimix was built without its chart library, so there are tables alone; run "
            "<code>scripts/setup charts</code>, build again and run <code>bimix report</code> "
            "again "
            "to get charts.";
  const std::string title = "Data mixture of " + escaped(input.record.plan.name);
  const std::string reload =
      input.reload_seconds > 0
          ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">\n", input.reload_seconds)
          : "";
  const std::string data = json_for_script(page_data(input));
  return filled({bimix_page_html, bimix_page_html_size},
                {{"title", title},
                 {"reload", reload},
                 {"unit", data::unit_symbol(input.record.plan.domains.loss_unit)},
                 {"style", {bimix_page_css, bimix_page_css_size}},
                 {"contents", contents},
                 {"sections", sections_html},
                 {"footer", footer},
                 {"data", data},
                 {"library", {bimix_chart_library, bimix_chart_library_size}},
                 {"script", {bimix_page_js, bimix_page_js_size}}});
}

}  // namespace bimix::report
