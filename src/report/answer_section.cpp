#include "drawn.hpp"
#include "html.hpp"
#include "page_sections.hpp"
#include "run_figures.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/data/loss_unit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::report {
namespace {

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
                  choice.objective_words.whole, loss(std::abs(choice.gain_nats)),
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
    for (const std::string& line : honest_lines(choice, input.record.plan.domains))
      entries.push_back(line + ".");
    entries.insert(entries.end(), choice.flags.begin(), choice.flags.end());
  }
  for (const std::string& note : notes_of(fit))
    if (note != fit.trust.doubt && std::find(entries.begin(), entries.end(), note) == entries.end())
      entries.push_back(note);
  return entries;
}

/// Of domains in nodes the outer ones, with all of them folded below.
std::string optimum_table(const data::MixtureChoice& choice, const data::DomainSet& domains) {
  const std::string caption =
      fmt::format("Best mixture for {} tokens and the predicted losses", volume(choice.tokens));
  std::string whole = table(caption, optimum_rows(choice, domains));
  if (data::domain_nodes(domains.train).empty()) return whole;
  return table(caption, optimum_rows(choice, domains, 0)) +
         details(fmt::format("All {} domains", domains.train.size()), whole, false);
}

}  // namespace

Section answer_section(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::LawFit* fit = used_law(record);
  std::string html;
  for (const std::string& note : input.notes) html += paragraph(note, "note");
  if (fit != nullptr) html += paragraph(fit->trust.doubt, "verdict fails");
  for (const data::MixtureChoice& choice : record.optimum)
    html += paragraph(choice.caution, "verdict fails");
  for (const data::MixtureChoice& choice : record.optimum)
    html += paragraph(promise_words(choice, record.plan.domains), "lead");
  if (record.optimum.empty())
    html += paragraph("There is no recommendation yet; below is what has been measured.", "lead");
  for (const data::CheckReport& check : record.check)
    html += paragraph(check_words(check), verdict_style(check));
  for (const data::MixtureChoice& choice : record.optimum)
    html += canvas("shares", "Recommended mixture and default") +
            optimum_table(choice, record.plan.domains);
  for (const data::CheckReport& check : record.check)
    html += "<h3>What the check found</h3>\n" +
            table("Predicted and trained loss of default and optimum; gain: default minus optimum",
                  check_rows(check));
  for (const data::CheckReport& check : record.check)
    if (const Rows rivals = rival_rows(check); rivals.size() > 1)
      html +=
          table("The objective of every mixture of the check, and what the optimum gained over it",
                rivals);
  if (fit != nullptr) html += "<h3>How sure, and what to know</h3>\n" + list(doubts(input, *fit));
  return {"answer", "The answer", html};
}

}  // namespace bimix::report
