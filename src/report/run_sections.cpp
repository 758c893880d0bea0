#include "drawn.hpp"
#include "html.hpp"
#include "page_sections.hpp"
#include "run_figures.hpp"
#include "timeline.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/text.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

namespace bimix::report {
namespace {

/// Which mixtures are listed, if not all are.
std::string listed_words(const PageInput& input) {
  const Drawn listed = listed_mixtures(input);
  if (listed.index.size() == listed.all) return "";
  return fmt::format(
      " Shown are {} of {} mixtures, evenly chosen and those that are missed most; `bimix export "
      "--to csv` has all.",
      listed.index.size(), listed.all);
}

/// When which rank ran what. Results of older programs do not say when.
std::string ranks_over_time(const data::RunRecord& record) {
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

}  // namespace

Section mixtures_section(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::Table seen = seen_at_last_volume(record);
  Rows rows{{"mixture"}};
  rows[0].insert(rows[0].end(), record.plan.domains.train.begin(), record.plan.domains.train.end());
  const std::string name = loss_name(record.plan.domains);
  const std::vector<double> most = most_epochs_of_mixtures(record);
  rows[0].insert(rows[0].end(), {name, "most epochs"});
  for (const std::size_t m : listed_mixtures(input).index) {
    rows.push_back({record.plan.labels[m]});
    for (const double r : record.plan.mixtures[m]) rows.back().push_back(share(r));
    rows.back().push_back(
        loss(mean_of({seen.values.begin() + static_cast<std::ptrdiff_t>(m * seen.columns),
                      seen.values.begin() + static_cast<std::ptrdiff_t>((m + 1) * seen.columns)})));
    rows.back().push_back(epochs(most[m]));
  }
  const std::string words =
      record.plan.domains.train.size() == 3
          ? "One dot a mixture; a corner is a mixture of one domain alone, the edge across from it "
            "one without that domain. The colour is the " +
                name + " at the last volume."
          : "One line a mixture, one axis a domain; the colour is its " + name +
                " at the last volume. "
                "The thick lines are the default and the recommended mixture.";
  return {"mixtures", "The mixtures that were tried",
          paragraph(words + listed_words(input)) + paragraph(bits_words(record.plan.domains)) +
              chart("mixtures", "Shares of every mixture", without_empty_columns(rows))};
}

Section corpus_section(const data::CorpusTable& corpus) {
  std::string body = table("Documents and tokens of each domain", corpus_rows(corpus));
  for (const std::string& note : corpus_notes(corpus)) body += paragraph(note + ".");
  return {"corpus", "The texts of the domains", std::move(body)};
}

Section entropies_section(const data::EntropyTable& entropy) {
  return {"entropies", "Entropies and the mixtures they imply",
          paragraph("Each measure implies a mixture without any training: shares in proportion to "
                    "exp(entropy).") +
              chart("entropies", "Entropies in nats and implied shares", entropy_rows(entropy))};
}

/// What a campaign that chooses its own mixtures knew before each round, and why it ended.
Section rounds_section(const data::RunRecord& record) {
  const std::string unit(data::unit_text(record.plan.domains.loss_unit));
  const auto whole = [](double share) { return fmt::format("{:.0f} %", 100.0 * share); };
  Rows rows{{"round", "mixtures known", "under way", "regret, " + unit,
             "at most, with " + whole(record.rounds.front().level), "expected to fall by"}};
  for (const std::string& domain : record.plan.domains.train) rows[0].push_back(domain);
  for (const data::Round& round : record.rounds) {
    rows.push_back({round.stop.empty() ? fmt::format("{}", round.number) : "end",
                    fmt::format("{}", round.seen), fmt::format("{}", round.under_way)});
    std::vector<std::string>& row = rows.back();
    if (round.known.share.empty()) {
      row.resize(rows[0].size(), "-");
      continue;
    }
    row.insert(row.end(),
               {fixed(round.known.regret_nats, 5), fixed(round.known.regret_high_nats, 5),
                round.stop.empty() ? fixed(round.gain_nats, 5) : "-"});
    for (std::size_t k = 0; k < round.known.share.size(); ++k)
      row.push_back(fmt::format("{} ({} to {})", fixed(round.known.share[k], 3),
                                fixed(round.known.low[k], 3), fixed(round.known.high[k], 3)));
  }
  std::string body = paragraph(
      "The campaign chose its own mixtures. Each row is what was known when a round was chosen: "
      "the "
      "regret is how far the best mixture known then is expected to lie above the best there is; "
      "behind it are the shares of that mixture, with what they may be.");
  const data::Round& last = record.rounds.back();
  if (!last.stop.empty()) body += paragraph("It chose no further round: " + last.stop + ".");
  for (const data::Round& round : record.rounds)
    if (!round.note.empty())
      body += paragraph(fmt::format("Round {}: {}", round.number, round.note));
  const auto known = std::count_if(record.rounds.begin(), record.rounds.end(),
                                   [](const data::Round& one) { return !one.known.share.empty(); });
  if (known > 1)
    body += canvas("rounds", "How far the best mixture known may be from the best there is");
  return {"rounds", "Rounds of mixtures", body + table("What was known before each round", rows)};
}

Section trials_section(const data::RunRecord& record) {
  Rows rows{{"trial", "mixture", "purpose", "repeat", "status", "began, UTC", "seconds", "tokens/s",
             "rank", "attempt", "host", "message"}};
  for (const auto& [spec, result] : listed_trials(record)) {
    rows.push_back({spec->id, spec->mixture_label, core::word_of(spec->purpose),
                    fmt::format("{}", spec->repeat), "not run"});
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
              ranks_over_time(record) + chart("trials", "Trials with status and time", rows)};
}

Section provenance_section(const data::RunRecord& record) {
  Rows rows{{"fact", "value"}};
  for (const auto& [name, value] : record.stamp.facts) rows.push_back({name, value});
  return {
      "provenance", "Provenance",
      table("Where, when and with what the last session ran", rows, "words") +
          details("The campaign as given", text_block(record.campaign_text)) +
          details("The campaign with every default filled in", text_block(record.resolved_text))};
}

}  // namespace bimix::report
