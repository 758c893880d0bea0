#include "rows.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/law.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace bimix::report {
namespace {

/// Code points, not bytes: names of domains may be written in any script.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
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

std::string entropy_text(const data::EntropyTable& table) {
  return "Entropies (nats) and the mixtures they imply\n" + aligned(entropy_rows(table));
}

namespace {

/// The coefficients, or what they come to and where they are.
std::string coefficients_text(const data::LawFit& fit, double level) {
  if (!has_many_coefficients(fit)) return aligned(coefficient_rows(fit, level));
  const Rows rows = helper_rows(fit);
  const std::size_t left_out = fit.domains.eval.size() + 1 - rows.size();
  return fmt::format(
             "  What a loss falls by ({}) as a share grows e-fold from the uniform mixture\n",
             data::unit_text(fit.domains.loss_unit)) +
         aligned(rows) + (left_out > 0 ? fmt::format("  and {} sets more\n", left_out) : "") +
         fmt::format(
             "  The {} coefficients of each set: /law/{}/coefficient in results.h5, or "
             "`bimix export --to json`\n",
             fit.parameters.size(), fit.law);
}

}  // namespace

std::string fit_text(const data::LawFit& fit, double level) {
  std::string text = fmt::format("Law {}", fit.law);
  const law::LawWords words = law::law_of(fit).words();
  if (!words.formula.empty()) text += fmt::format(": {}, {}", words.formula, words.gauge);
  if (const std::string sizes = model_size_words(fit); !sizes.empty()) text += "\n  " + sizes;
  text += "\n" + coefficients_text(fit, level) + bits_line(fit.domains);
  text += "\nNoise of a loss (standard deviation; of a run: between seeds, which needs repeats)\n" +
          aligned(noise_rows(fit));
  if (!fit.held_out.error.empty()) {
    text += fmt::format("\nPrediction of held-out mixtures ({}, {} folds)\n", fit.held_out.protocol,
                        fit.held_out.folds);
    text += aligned(held_out_rows(fit));
    text += fmt::format("  Rank correlation of predicted and seen {}: {}\n", loss_name(fit.domains),
                        fixed(fit.held_out.spearman, 3));
  }
  const std::vector<std::string> notes = notes_of(fit);
  if (!notes.empty()) text += "\nTo know about this fit\n";
  for (const std::string& note : notes) text += "  " + note + "\n";
  return text;
}

std::string laws_text(const std::vector<data::LawFit>& laws) {
  return fmt::format("Laws on held-out mixtures ({}, {} folds)\n", laws.front().held_out.protocol,
                     laws.front().held_out.folds) +
         aligned(laws_rows(laws)) + bits_line(laws.front().domains);
}

std::string evaluation_text(const law::Evaluation& evaluation,
                            const std::vector<std::string>& labels) {
  const std::vector<bool>& trains = evaluation.splits.front().front().trains;
  const bool continues = evaluation.protocol == law::Protocol::extrapolation;
  std::string text = "Protocol " + core::word_of(evaluation.protocol) + ": ";
  if (continues)
    text += fmt::format("the last volume of every run from what is seen of it below {} tokens\n",
                        core::format_count_about(evaluation.splits.front().front().seen_below, 4));
  else if (evaluation.protocol == law::Protocol::larger_model)
    text += fmt::format("the last model size from models below {} parameters{}\n",
                        core::format_count_about(evaluation.splits.front().front().smaller_than, 4),
                        evaluation.splits.size() == 1
                            ? ""
                            : fmt::format(" and {} of {} mixtures with it, {} draws",
                                          std::count(trains.begin(), trains.end(), true),
                                          trains.size(), evaluation.splits.size()));
  else if (evaluation.protocol == law::Protocol::pools)
    text += fmt::format("{} model sizes and choices of pools, each from all others\n",
                        evaluation.splits.front().size());
  else if (evaluation.protocol == law::Protocol::kfold)
    text += fmt::format("{} folds of whole mixtures\n", evaluation.splits.front().size());
  else
    text += fmt::format("{} of {} mixtures train, {} {}\n",
                        std::count(trains.begin(), trains.end(), true), trains.size(),
                        evaluation.splits.size(), evaluation.splits.size() == 1 ? "time" : "draws");
  if (evaluation.protocol == law::Protocol::pools)
    return text + aligned(without_empty_columns(pool_rows(evaluation))) +
           "  error, worst, R2: of held-out readings at their own volumes; the others: mean error "
           "of "
           "the log\n  loss, by the epochs of the domain that is gone through most often.\n";
  text += aligned(without_empty_columns(evaluation_rows(evaluation))) +
          "  error, worst, R2 and Spearman's rank correlation (of the " +
          loss_name(evaluation.domains) +
          "): of held-out\n"
          "  mixtures at the last volume; regret: " +
          std::string(data::unit_text(evaluation.domains.loss_unit)) +
          " that the mixture predicted best\n"
          "  loses to the best";
  text += continues
              ? ".\n"
              : "; R2 along runs and its lowest are the paper's, of log loss over the volumes "
                "of a run.\n";
  text += bits_line(evaluation.domains);
  if (const Rows repeated = epoch_rows(evaluation); repeated.size() > 1)
    text +=
        "Mean error of the log loss, by the epochs of the domain that is gone through most "
        "often\n" +
        aligned(repeated);
  if (!continues && evaluation.protocol != law::Protocol::unseen) return text;
  // The paper continues each run by itself; what it predicts of unseen mixtures is BiMix.
  const std::string paper = continues ? law::run_power : law::reference_law;
  for (const law::LawScore& score : evaluation.laws)
    if (score.law == paper)
      text += fmt::format("Over the domains of a mixture, {}, as Table {} of the paper\n", paper,
                          continues ? 1 : 2) +
              aligned(without_empty_columns(mixture_rows(law::mixture_scores(score), labels)));
  return text;
}

std::string optimum_text(const data::MixtureChoice& choice, const data::DomainSet& domains) {
  const std::string model = choice.model_size > 0
                                ? fmt::format(" and a model of {} parameters",
                                              core::format_count_about(choice.model_size, 4))
                                : "";
  std::string text = choice.caution.empty() ? "" : choice.caution + "\n";
  text += fmt::format("Best mixture for {} tokens{} (law {}, objective {})\n",
                      core::format_count(static_cast<std::int64_t>(choice.tokens)), model,
                      choice.law, choice.objective);
  if (!choice.trust.doubt.empty()) text += "  " + choice.trust.doubt + "\n";
  text += aligned(optimum_rows(choice, domains));
  text += fmt::format(
      "  Objective: {}\n"
      "  Predicted objective {} {}, default {}: gain {} ({}: {})\n",
      choice.objective_words.whole, loss(choice.objective_nats), data::unit_text(domains.loss_unit),
      loss(choice.objective_default_nats), loss(choice.gain_nats), percent_level(choice.level),
      range(choice.gain_low, choice.gain_high, 4));
  const auto in_bits = [&](const std::vector<double>& nats) {
    return mean_bits_per_byte(choice.weight, nats, domains.bytes_per_token);
  };
  if (const double bits = in_bits(choice.predicted_nats); std::isfinite(bits))
    text += fmt::format("  Mean of the same sets in bits a byte {}, default {}\n", loss(bits),
                        loss(in_bits(choice.predicted_default_nats)));
  text += fmt::format("  Certificate: {} {:.1e}\n", choice.certificate_kind, choice.certificate);
  for (const std::string& line : honest_lines(choice, domains)) text += "  " + line + "\n";
  for (const std::string& flag : choice.flags) text += "  " + flag + "\n";
  return text;
}

std::string volumes_text(const std::vector<data::VolumeOptimum>& optima,
                         const data::DomainSet& domains) {
  const Rows rows = volume_rows(optima, domains);
  if (rows.size() < 2) return "";
  const std::string words = drift_words(optima);
  return "The best mixture by volume\n" + aligned(rows) +
         (words.empty() ? "" : "  " + words + "\n");
}

std::string round_text(const data::Round& round, const data::DomainSet& domains,
                       const std::string& unit) {
  const auto amount = [](double value) { return fmt::format("{:.4g}", value); };
  std::string text =
      round.stop.empty()
          ? fmt::format(
                "Round {}: chosen by {} mixtures{}{}", round.number, round.seen,
                round.under_way > 0
                    ? fmt::format(" and what is expected of {} that are under way", round.under_way)
                    : "",
                round.price > 0 ? fmt::format("; takes {} {} after {}", amount(round.price), unit,
                                              amount(round.spent))
                                : "")
          : fmt::format("No round {}: {} (after {} {})", round.number, round.stop,
                        amount(round.spent), unit);
  if (!round.known.share.empty()) {
    std::vector<std::string> shares;
    for (std::size_t k = 0; k < round.known.share.size(); ++k)
      shares.push_back(fmt::format("{} {} ({} to {})", domains.train[k],
                                   fixed(round.known.share[k], 3), fixed(round.known.low[k], 3),
                                   fixed(round.known.high[k], 3)));
    const std::string_view loss = data::unit_text(domains.loss_unit);
    text += fmt::format(
        "\n  best known  {}\n  expected to be {} {} above the best there is, with probability {:g} "
        "at most {}",
        core::join_words(shares), fixed(round.known.regret_nats, 5), loss, round.level,
        fixed(round.known.regret_high_nats, 5));
    if (round.stop.empty())
      text += fmt::format("; the round is expected to take {} off", fixed(round.gain_nats, 5));
  }
  if (!round.note.empty()) text += "\n  " + round.note;
  return text;
}

std::string next_text(const data::NextMixtures& next, const data::DomainSet& domains) {
  std::string text = "What to run next\n";
  Rows rows{{"next"}};
  rows[0].insert(rows[0].end(), domains.train.begin(), domains.train.end());
  rows[0].insert(rows[0].end(),
                 {"most epochs", fmt::format("gain, {}", data::unit_text(domains.loss_unit)),
                  "tells most about", "unknown"});
  for (std::size_t n = 0; n < next.mixtures.size(); ++n) {
    const data::NextMixture& proposal = next.mixtures[n];
    rows.push_back({fmt::format("{}", n + 1)});
    for (const double r : proposal.share) rows.back().push_back(fixed(r, 4));
    rows.back().insert(
        rows.back().end(),
        {epochs(proposal.most_epochs), fixed(proposal.gain_nats, 6), "loss of " + proposal.domain,
         fmt::format("-{:.0f} %", 100 * proposal.domain_fall)});
  }
  text += aligned(next.mixtures.empty() ? rows : without_empty_columns(rows));
  text += fmt::format(
      "  gain: expected fall of the objective at the mixture then recommended; unknown: what is "
      "not\n"
      "  known of that loss over the mixtures that may be the best (standard deviation)\n"
      "  Expected regret of today's best mixture: {:.6f} {}, after these runs {:.6f}\n",
      next.known.regret_nats, data::unit_text(domains.loss_unit), next.regret_after_nats);
  std::vector<std::string> believed;
  for (const auto& [law, weight] : next.known.laws)
    if (weight >= 0.01) believed.push_back(fmt::format("{} {}", law, fixed(weight, 2)));
  if (!believed.empty())
    text += "  Believed by what they predict of held-out mixtures: " + core::join_words(believed) +
            "\n";
  text += bits_line(domains);
  for (const std::string& flag : next.flags) text += "  " + flag + "\n";
  return text;
}

std::string check_text(const data::CheckReport& report) {
  std::string text = fmt::format("Check: {} trained to {} tokens, {} fresh {}\n",
                                 core::join_words(report.labels), core::format_count(report.tokens),
                                 report.repeats, report.repeats == 1 ? "repeat" : "repeats");
  if (report.same_repeats > 0)
    text += fmt::format(
        "  {} more had the very losses of another one: hand {{seed}} or {{repeat}} to the "
        "trainer\n",
        report.same_repeats);
  text += aligned(check_rows(report));
  text += fmt::format("  {} of the optimum over the default: {} {}", capitalised(gain_name(report)),
                      signed_loss(report.mean_gain_nats), data::unit_text(report.loss_unit));
  if (const double margin = gain_margin(report); std::isfinite(margin))
    text += fmt::format(" (90 %: {})",
                        range(report.mean_gain_nats - margin, report.mean_gain_nats + margin, 4));
  if (const double bits =
          mean_bits_per_byte(report.weight, report.paired_gain_nats, report.bytes_per_token);
      std::isfinite(bits))
    text += fmt::format(", {} bits a byte", signed_loss(bits));
  text += "\n";
  if (const Rows rivals = rival_rows(report); rivals.size() > 1)
    text += "The objective, and what the optimum gained over each, on the same seeds\n" +
            aligned(rivals);
  return text + fmt::format("  Verdict: {}\n", verdict(report));
}

std::string plan_text(const data::SweepPlan& plan, const data::Pools& unique_tokens,
                      std::int64_t target) {
  std::vector<std::string> volumes;
  for (const std::int64_t tokens : plan.tokens) volumes.push_back(core::format_count(tokens));
  std::string text = fmt::format("Campaign {}: {} trials of {} mixtures at {} volumes\n", plan.name,
                                 plan.trials.size(), plan.mixtures.size(), plan.tokens.size());
  text += fmt::format("  volumes (tokens): {}\n", fmt::join(volumes, ", "));
  if (plan.duplicates_dropped > 0)
    text += fmt::format("  {} designed mixtures were the same as an earlier one and dropped\n",
                        plan.duplicates_dropped);
  std::vector<std::vector<std::string>> rows{{"mixture"}};
  rows[0].insert(rows[0].end(), plan.domains.train.begin(), plan.domains.train.end());
  rows[0].emplace_back("most epochs");
  std::vector<double> most(plan.mixtures.size(), 0.0);
  for (const data::TrialSpec& spec : plan.trials)
    if (!spec.tokens.empty()) {
      double& here = most[static_cast<std::size_t>(spec.mixture_id)];
      const auto volume = static_cast<double>(std::max(spec.tokens.back(), target));
      here = std::max(here, data::most_epochs(spec.mixture, volume, unique_tokens));
    }
  for (std::size_t m = 0; m < plan.mixtures.size(); ++m) {
    rows.push_back({plan.labels[m]});
    for (const double r : plan.mixtures[m]) rows.back().push_back(share(r));
    rows.back().push_back(epochs(most[m]));
  }
  return text + aligned(without_empty_columns(rows));
}

std::string failures_text(const std::vector<data::TrialResult>& results) {
  struct Kind {
    std::string status{}, message{}, example{};
    int count = 0;
  };
  std::vector<Kind> kinds;
  std::map<std::pair<std::string, std::string>, std::size_t> known;  // by status and message
  for (const data::TrialResult& result : results) {
    if (result.status == data::TrialStatus::ok) continue;
    // A message may name the trial's own files.
    std::string message = result.message.substr(0, result.message.find('\n'));
    if (const auto at = message.find(result.id); at != std::string::npos)
      message.replace(at, result.id.size(), "<trial>");
    std::string status = status_word(result.status);
    if (result.failure != data::FailureKind::none)
      status += " (" + data::failure_word(result.failure) + ")";
    const auto [kind, is_new] = known.try_emplace({status, message}, kinds.size());
    if (is_new) kinds.push_back({status, message, result.id, 0});
    ++kinds[kind->second].count;
  }
  if (kinds.empty()) return "";
  std::string text = "Trials that ended badly:\n";
  for (const Kind& kind : kinds)
    text += fmt::format("  {} {}, for example {}: {}\n", kind.count, kind.status, kind.example,
                        kind.message);
  return text +
         fmt::format("One of them alone: the same command with --only {}\n", kinds.front().example);
}

std::string status_word(data::TrialStatus status) {
  switch (status) {
    case data::TrialStatus::ok:
      return "ok";
    case data::TrialStatus::missing:
      return "missing";
    case data::TrialStatus::diverged:
      return "diverged";
    case data::TrialStatus::failed:
      return "failed";
  }
  return "";
}

}  // namespace bimix::report
