/// The whole run as one JSON object, for programs that have no HDF5: facts, domains, trials with
/// their losses, entropies, laws, optimum and check, in the forms that `--json` of the commands
/// prints.

#include "exporter.hpp"

#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>

namespace bimix::report {
namespace {

data::Json check_json(const data::CheckReport& check) {
  data::Json mixtures = data::Json::array();
  for (const data::Mixture& mixture : check.mixtures) mixtures.push_back(data::to_json(mixture));
  return {{"tokens", check.tokens},
          {"loss_unit", data::unit_text(check.loss_unit)},
          {"domains", check.domains},
          {"labels", check.labels},
          {"mixtures", mixtures},
          {"predicted_nats", data::to_json(check.predicted_nats)},
          {"trained_nats", data::to_json(check.trained_nats)},
          {"trained_error_nats", data::to_json(check.trained_error_nats)},
          {"repeats", check.repeats},
          {"weight", data::to_json(check.weight)},
          {"paired_gain_nats", data::to_json(check.paired_gain_nats)},
          {"paired_error_nats", data::to_json(check.paired_error_nats)},
          {"over_nats", data::to_json(check.over_nats)},
          {"over_error_nats", data::to_json(check.over_error_nats)},
          {"mean_gain_nats", data::to_json(check.mean_gain_nats)},
          {"mean_gain_error_nats", data::to_json(check.mean_gain_error_nats)}};
}

template <typename Records, typename Form>
data::Json listed(const Records& records, Form form) {
  data::Json list = data::Json::array();
  for (const auto& record : records) list.push_back(form(record));
  return list;
}

}  // namespace

std::string export_json(const ExportInput& input) {
  const data::RunRecord& record = input.record;
  const auto same_form = [](const auto& value) { return data::to_json(value); };
  data::Json facts = data::Json::object();
  for (const auto& [name, value] : record.stamp.facts) facts[name] = value;
  const data::Json json{{"name", record.plan.name},
                        {"facts", facts},
                        {"campaign", record.resolved_text},
                        {"domains",
                         {{"train", record.plan.domains.train},
                          {"eval", record.plan.domains.eval},
                          {"share_of", record.plan.domains.share_of},
                          {"loss_unit", data::unit_text(record.plan.domains.loss_unit)},
                          {"bytes_per_token", data::to_json(record.plan.domains.bytes_per_token)}}},
                        {"tokens", record.plan.tokens},
                        {"trials", listed(record.plan.trials, same_form)},
                        {"check_trials", listed(record.check_trials, same_form)},
                        {"results", listed(record.results, same_form)},
                        {"corpus", listed(record.corpus, same_form)},
                        {"entropy", listed(record.entropy, same_form)},
                        {"laws", listed(record.laws, same_form)},
                        {"optimum", listed(record.optimum,
                                           [&](const data::MixtureChoice& choice) {
                                             return data::to_json(choice, record.plan.domains);
                                           })},
                        {"by_volume", data::to_json(record.by_volume, record.plan.domains)},
                        {"check", listed(record.check, check_json)}};
  return json.dump(1) + "\n";
}

}  // namespace bimix::report
