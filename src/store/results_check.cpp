#include "results_columns.hpp"
#include "results_groups.hpp"

#include <bimix/data/volumes.hpp>

namespace bimix::store {
namespace {

void write_check_report(const GroupWriter& group, const data::DomainSet& domains,
                        const data::CheckReport& check) {
  train_domains(group, domains);
  group.coordinate("eval_domain", check.domains, plain("evaluation domain"));
  group.coordinate("label", check.labels, plain("mixture that was trained"));
  const Names cells{"label", "eval_domain"};
  group.write("mixture", {"label", "train_domain"}, flattened(check.mixtures),
              share_of("share of each training domain"));
  group.write("predicted_nats", cells, check.predicted_nats.values,
              loss_of(domains, "predicted loss"));
  group.write("trained_nats", cells, check.trained_nats.values,
              loss_of(domains, "trained loss, mean over repeats"));
  group.write("trained_error_nats", cells, check.trained_error_nats.values,
              loss_of(domains, "its standard error"));
  write_in_bits(group, "predicted_bits_per_byte", cells, check.predicted_nats.values,
                check.bytes_per_token);
  write_in_bits(group, "trained_bits_per_byte", cells, check.trained_nats.values,
                check.bytes_per_token);
  write_if_any(group, "paired_gain_nats", {"eval_domain"}, check.paired_gain_nats,
               loss_of(domains, "default minus optimum, mean over repeats"));
  write_if_any(group, "paired_error_nats", {"eval_domain"}, check.paired_error_nats,
               loss_of(domains, "its standard error"));
  write_scalar(group, "mean_gain_nats", check.mean_gain_nats,
               loss_of(domains, "default minus optimum in the objective"));
  write_scalar(group, "mean_gain_error_nats", check.mean_gain_error_nats,
               loss_of(domains, "its standard error"));
  write_if_any(group, "over_nats", {"label"}, check.over_nats,
               loss_of(domains, "each mixture minus optimum in the objective"));
  write_if_any(group, "over_error_nats", {"label"}, check.over_error_nats,
               loss_of(domains, "its standard error"));
  write_scalar(group, "volume_tokens", static_cast<double>(check.tokens),
               {"tokens", "volume trained to"});
  write_scalar(group, "repeats", check.repeats, plain("seeds for each mixture"));
}

}  // namespace

void write_check(const GroupWriter& root, const data::RunRecord& record) {
  if (record.check.empty() && record.check_trials.empty()) return;
  const GroupWriter group = root.group("check");
  if (!record.check.empty()) write_check_report(group, record.plan.domains, record.check.front());
  if (record.check_trials.empty()) return;
  std::vector<std::int64_t> volumes;
  for (const data::TrialSpec& spec : record.check_trials)
    volumes.insert(volumes.end(), spec.tokens.begin(), spec.tokens.end());
  write_trials(group.group("trials"), trial_table(record.plan.domains, record.check_trials,
                                                  data::merged_volumes(volumes), record.results));
}

}  // namespace bimix::store
