#include "drawn.hpp"
#include "html.hpp"
#include "page_sections.hpp"
#include "run_figures.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <optional>

namespace bimix::report {
namespace {

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
  const auto law = fit == nullptr ? std::nullopt : std::optional<law::FittedLaw>(*fit);
  for (const auto& [spec, result] : drawn_runs(record, fit).runs)
    for (const data::LossPoint& point : result->curve) {
      if (!data::find_volume(volumes, point.tokens)) continue;
      rows.push_back(
          {spec->mixture_label, fmt::format("{}", spec->repeat), core::format_count(point.tokens)});
      for (std::size_t e = 0; e < point.loss_nats.size(); ++e) {
        rows.back().push_back(loss(point.loss_nats[e]));
        if (law)
          rows.back().push_back(
              loss(law->predict(e, {spec->mixture, static_cast<double>(point.tokens),
                                    result->parameters, result->unique_tokens})));
      }
    }
  return rows;
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

/// The same at a few volumes, with intervals.
std::string drift_table(const data::RunRecord& record) {
  const Rows rows = volume_rows(record.by_volume, record.plan.domains);
  if (rows.size() < 2) return "";
  const std::string words = drift_words(record.by_volume);
  return paragraph("With intervals of the optimum." + (words.empty() ? "" : " " + words + ".")) +
         table("Best mixture by volume, with intervals", rows);
}

}  // namespace

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

Section curves_section(const data::RunRecord& record, const data::LawFit* fit) {
  std::string words =
      "One panel a domain, both axes logarithmic; dots are evaluations, coloured by the domain's "
      "own "
      "share.";
  if (fit != nullptr)
    words += fmt::format(" Lines are the law, from {} tokens on.", volume(fit->tokens_low));
  if (fit != nullptr && static_cast<double>(record.plan.tokens.front()) < 0.995 * fit->tokens_low)
    words += " Earlier evaluations, hollow, were not fitted.";
  return {"curves", "Loss against volume",
          paragraph(words + drawn_words(record)) + paragraph(bits_words(record.plan.domains)) +
              chart("curves", "Loss curves of every domain", curve_rows(record, fit))};
}

Section shares_section(const PageInput& input) {
  const data::RunRecord& record = input.record;
  return {
      "sections", "Loss against share",
      paragraph("The other section through the same data, both axes logarithmic: loss of a domain "
                "against its own share in the mixture, one colour a volume. Lines are the law "
                "while the other domains share the rest as in the default; a straight line is a "
                "power law. Dots off their line show what the own share does not explain." +
                drawn_words(record)) +
          paragraph(bits_words(record.plan.domains)) +
          chart("sections",
                fmt::format("Share and loss at {} tokens",
                            volume(static_cast<double>(record.plan.tokens.back()))),
                section_rows(input))};
}

Section transfer_section(const data::RunRecord& record, const data::LawFit& fit) {
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

Section predicted_section(const PageInput& input) {
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

Section residuals_section(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::Table errors = held_out_residuals(input.record);
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

Section volumes_section(const PageInput& input) {
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
              chart("volume", "Best mixture by volume", rows) + drift_table(input.record)};
}

}  // namespace bimix::report
