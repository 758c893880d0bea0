#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/plan/check.hpp>
#include <bimix/plan/plan.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace bimix::plan {
namespace {

double mean_of(const std::vector<double>& values) {
  return values.empty() ? std::numeric_limits<double>::quiet_NaN()
                        : core::stable_sum(values) / static_cast<double>(values.size());
}

double standard_error(const std::vector<double>& values) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double mean = mean_of(values);
  std::vector<double> squares;
  for (const double v : values) squares.push_back((v - mean) * (v - mean));
  const auto count = static_cast<double>(values.size());
  return std::sqrt(core::stable_sum(squares) / (count - 1) / count);
}

/// By repeat, the losses of a mixture.
using LossesByRepeat = std::map<int, std::vector<double>>;

/// Leaves out repeats in which every mixture has the very losses of an earlier one: they say
/// nothing of the spread between repeats. @return how many
int drop_copies(std::vector<LossesByRepeat>& by_label) {
  std::set<int> repeats;
  for (const LossesByRepeat& losses : by_label)
    for (const auto& [repeat, loss] : losses) repeats.insert(repeat);
  std::set<std::vector<std::vector<double>>> seen;
  int copies = 0;
  for (const int repeat : repeats) {
    std::vector<std::vector<double>> all;
    for (const LossesByRepeat& losses : by_label)
      if (const auto loss = losses.find(repeat); loss != losses.end()) all.push_back(loss->second);
    if (all.size() < by_label.size() || seen.insert(std::move(all)).second) continue;
    for (LossesByRepeat& losses : by_label) losses.erase(repeat);
    ++copies;
  }
  return copies;
}

/// What the second of two mixtures gains over the first, by repeat: both saw the same initial
/// weights and the same text.
struct Gains {
  std::vector<std::vector<double>> by_set{};  ///< E
  std::vector<double> objective{};
};

Gains gains_over(const LossesByRepeat& first, const LossesByRepeat& second,
                 const std::vector<double>& weight) {
  Gains gains{.by_set = std::vector<std::vector<double>>(weight.size())};
  for (const auto& [repeat, loss] : first) {
    const auto other = second.find(repeat);
    if (other == second.end()) continue;
    double objective = 0.0, weights = 0.0;
    for (std::size_t e = 0; e < weight.size(); ++e) {
      const double gain = loss[e] - other->second[e];
      gains.by_set[e].push_back(gain);
      objective += weight[e] * gain;
      weights += weight[e];
    }
    gains.objective.push_back(objective / weights);
  }
  return gains;
}

}  // namespace

std::vector<data::TrialSpec> make_check_trials(const data::SweepPlan& plan,
                                               const std::vector<LabelledMixture>& mixtures,
                                               const CheckRuns& runs,
                                               const trial::TrialSource& source) {
  int fresh = 0;
  for (const data::TrialSpec& trial : plan.trials) fresh = std::max(fresh, trial.repeat + 1);
  std::vector<data::TrialSpec> trials;
  for (std::size_t m = 0; m < mixtures.size(); ++m)
    for (int repeat = 0; repeat < runs.repeats; ++repeat)
      trials.push_back(
          identified({.purpose = data::TrialPurpose::check,
                      .mixture_label = mixtures[m].label,
                      .mixture_id = static_cast<int>(m),
                      .mixture = mixtures[m].share,
                      .repeat = fresh + repeat,
                      .seed = runs.seed,
                      .tokens = whole_steps({runs.tokens}, source.traits().tokens_per_step)},
                     source));
  return trials;
}

data::CheckReport make_check_report(const std::vector<data::TrialSpec>& trials,
                                    const std::vector<data::TrialResult>& results,
                                    const data::DomainSet& domains,
                                    const data::Table& predicted_nats,
                                    const std::vector<double>& weight) {
  data::CheckReport report;
  report.domains = domains.eval;
  report.loss_unit = domains.loss_unit;
  report.bytes_per_token = domains.bytes_per_token;
  report.weight = weight;
  report.predicted_nats = predicted_nats;
  const std::size_t evals = domains.eval.size();

  // last_losses[label][repeat] -> E
  std::vector<LossesByRepeat> last_losses;
  for (const data::TrialSpec& trial : trials) {
    auto label = std::find(report.labels.begin(), report.labels.end(), trial.mixture_label);
    if (label == report.labels.end()) {
      report.labels.push_back(trial.mixture_label);
      report.mixtures.push_back(trial.mixture);
      last_losses.emplace_back();
      label = report.labels.end() - 1;
    }
    report.tokens = trial.tokens.back();
    for (const data::TrialResult& result : results)
      if (result.id == trial.id && result.status == data::TrialStatus::ok && !result.curve.empty())
        last_losses[static_cast<std::size_t>(label - report.labels.begin())][trial.repeat] =
            result.curve.back().loss_nats;
  }

  report.same_repeats = drop_copies(last_losses);
  const std::size_t labels = report.labels.size();
  report.trained_nats = data::Table(labels, evals);
  report.trained_error_nats = data::Table(labels, evals);
  for (std::size_t m = 0; m < labels; ++m) {
    for (std::size_t e = 0; e < evals; ++e) {
      std::vector<double> losses;
      for (const auto& [repeat, loss] : last_losses[m]) losses.push_back(loss[e]);
      report.trained_nats(m, e) = mean_of(losses);
      report.trained_error_nats(m, e) = standard_error(losses);
    }
  }

  const auto row_of = [&](const std::string& label) {
    return static_cast<std::size_t>(std::find(report.labels.begin(), report.labels.end(), label) -
                                    report.labels.begin());
  };
  const std::size_t baseline = row_of("default"), optimum = row_of("optimum");
  core::require(baseline < labels && optimum < labels, "a check trains 'default' and 'optimum'");
  for (std::size_t m = 0; m < labels; ++m) {
    const Gains gains = gains_over(last_losses[m], last_losses[optimum], weight);
    report.over_nats.push_back(mean_of(gains.objective));
    report.over_error_nats.push_back(standard_error(gains.objective));
    report.over_repeats.push_back(static_cast<int>(gains.objective.size()));
    if (m != baseline) continue;
    report.repeats = report.over_repeats.back();
    for (const std::vector<double>& gain : gains.by_set) {
      report.paired_gain_nats.push_back(mean_of(gain));
      report.paired_error_nats.push_back(standard_error(gain));
    }
    report.mean_gain_nats = report.over_nats.back();
    report.mean_gain_error_nats = report.over_error_nats.back();
  }
  return report;
}

}  // namespace bimix::plan
