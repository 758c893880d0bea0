#include "run_figures.hpp"

#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/fitted_law.hpp>

#include <cmath>

namespace bimix::report {

const data::LawFit* used_law(const data::RunRecord& record) {
  for (const data::LawFit& fit : record.laws)
    if (!record.optimum.empty() && fit.law == record.optimum.front().law) return &fit;
  return record.laws.empty() ? nullptr : &record.laws.front();
}

ResultsById::ResultsById(const data::RunRecord& record) {
  for (const data::TrialResult& result : record.results) by_id_.try_emplace(result.id, &result);
}

const data::TrialResult* ResultsById::of(const data::TrialSpec& spec) const {
  const auto found = by_id_.find(spec.id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<TrialAndResult> trials_of(const data::RunRecord& record) {
  const ResultsById results(record);
  std::vector<TrialAndResult> all;
  for (const auto* specs : {&record.plan.trials, &record.check_trials})
    for (const data::TrialSpec& spec : *specs) all.emplace_back(&spec, results.of(spec));
  return all;
}

bool is_of_the_figures(const data::LawFit& fit, const data::TrialResult& result) {
  return fit.last_size == 0.0 || result.parameters == 0.0 ||
         data::is_same_size(result.parameters, fit.last_size);
}

std::vector<double> most_epochs_of_mixtures(const data::RunRecord& record) {
  const ResultsById results(record);
  std::vector<double> most(record.plan.mixtures.size(), 0.0);
  for (const data::TrialSpec& spec : record.plan.trials) {
    const data::TrialResult* result = results.of(spec);
    if (result == nullptr || result->curve.empty()) continue;
    double& here = most[static_cast<std::size_t>(spec.mixture_id)];
    const auto last = static_cast<double>(result->curve.back().tokens);
    here = std::max(here, data::most_epochs(spec.mixture, last, result->unique_tokens));
  }
  return most;
}

data::Table seen_at_last_volume(const data::RunRecord& record) {
  const std::size_t domains = record.plan.domains.eval.size();
  const ResultsById results(record);
  data::Table sum(record.plan.mixtures.size(), domains), count(sum);
  for (const data::TrialSpec& spec : record.plan.trials) {
    const data::TrialResult* result = results.of(spec);
    if (result == nullptr || result->status != data::TrialStatus::ok) continue;
    if (!record.laws.empty() && !is_of_the_figures(record.laws.front(), *result)) continue;
    const auto m = static_cast<std::size_t>(spec.mixture_id);
    for (const data::LossPoint& point : result->curve) {
      if (data::find_volume(record.plan.tokens, point.tokens) != record.plan.tokens.size() - 1)
        continue;
      for (std::size_t e = 0; e < domains; ++e) {
        if (!std::isfinite(point.loss_nats[e])) continue;
        sum(m, e) += point.loss_nats[e];
        count(m, e) += 1;
      }
    }
  }
  for (std::size_t i = 0; i < sum.values.size(); ++i)
    sum.values[i] = count.values[i] > 0 ? sum.values[i] / count.values[i] : std::nan("");
  return sum;
}

data::Table held_out_residuals(const data::RunRecord& record) {
  data::Table residuals(record.plan.mixtures.size(), record.plan.domains.eval.size(), std::nan(""));
  for (const data::HeldOutLoss& loss : held_out_losses(record))
    if (loss.mixture < residuals.rows)  // of a file that was changed it may be any
      residuals(loss.mixture, loss.eval_domain) =
          (loss.predicted_nats - loss.seen_nats) / loss.seen_nats;
  return residuals;
}

const std::vector<data::HeldOutLoss>& held_out_losses(const data::RunRecord& record) {
  static const std::vector<data::HeldOutLoss> none;
  const data::LawFit* fit = used_law(record);
  return fit == nullptr ? none : fit->held_out.losses;
}

const data::Mixture& default_of(const data::RunRecord& record) {
  return record.optimum.empty() ? record.plan.mixtures.front()
                                : record.optimum.front().default_share;
}

data::Mixture with_share(data::Mixture mixture, std::size_t k, double share) {
  const double rest = 1.0 - mixture[k];
  for (std::size_t j = 0; j < mixture.size(); ++j)
    mixture[j] = rest > 0 ? mixture[j] * (1.0 - share) / rest
                          : (1.0 - share) / static_cast<double>(mixture.size() - 1);
  mixture[k] = share;
  return mixture;
}

data::Table transfer_table(const data::RunRecord& record, const data::LawFit& fit) {
  const data::Mixture& start = default_of(record);
  const double tokens = record.optimum.empty() ? fit.tokens_high : record.optimum.front().tokens;
  const law::FittedLaw law(fit);
  data::Table table(record.plan.domains.eval.size(), start.size(), std::nan(""));
  for (std::size_t k = 0; k < start.size(); ++k) {
    if (start[k] + transfer_step > 1.0) continue;
    const data::Mixture moved = with_share(start, k, start[k] + transfer_step);
    for (std::size_t e = 0; e < table.rows; ++e)
      table(e, k) = law.predict(e, {moved, tokens}) / law.predict(e, {start, tokens}) - 1.0;
  }
  return table;
}

}  // namespace bimix::report
