/// The whole run as one JSON object, for programs that have no HDF5: facts, domains, trials with
/// their losses, entropies, laws, optimum and check, in the forms that `--json` of the commands
/// prints.

#include "exporter.hpp"

#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>

namespace bimix {
namespace {

Json check_json(const CheckReport& check) {
  Json mixtures = Json::array();
  for (const Mixture& mixture : check.mixtures) mixtures.push_back(to_json(mixture));
  return {{"tokens", check.tokens},
          {"loss_unit", unit_text(check.loss_unit)},
          {"domains", check.domains},
          {"labels", check.labels},
          {"mixtures", mixtures},
          {"predicted_nats", to_json(check.predicted_nats)},
          {"trained_nats", to_json(check.trained_nats)},
          {"trained_error_nats", to_json(check.trained_error_nats)},
          {"repeats", check.repeats},
          {"weight", to_json(check.weight)},
          {"paired_gain_nats", to_json(check.paired_gain_nats)},
          {"paired_error_nats", to_json(check.paired_error_nats)},
          {"mean_gain_nats", to_json(check.mean_gain_nats)},
          {"mean_gain_error_nats", to_json(check.mean_gain_error_nats)}};
}

template <typename Records, typename Form>
Json listed(const Records& records, Form form) {
  Json list = Json::array();
  for (const auto& record : records) list.push_back(form(record));
  return list;
}

}  // namespace

std::string export_json(const ExportInput& input) {
  const RunRecord& record = input.record;
  const auto same_form = [](const auto& value) { return to_json(value); };
  Json facts = Json::object();
  for (const auto& [name, value] : record.stamp.facts) facts[name] = value;
  const Json json{{"name", record.plan.name},
                  {"facts", facts},
                  {"campaign", record.resolved_text},
                  {"domains",
                   {{"train", record.plan.domains.train},
                    {"eval", record.plan.domains.eval},
                    {"share_of", record.plan.domains.share_of},
                    {"loss_unit", unit_text(record.plan.domains.loss_unit)}}},
                  {"tokens", record.plan.tokens},
                  {"trials", listed(record.plan.trials, same_form)},
                  {"check_trials", listed(record.check_trials, same_form)},
                  {"results", listed(record.results, same_form)},
                  {"entropy", listed(record.entropy, same_form)},
                  {"laws", listed(record.laws, same_form)},
                  {"optimum", listed(record.optimum,
                                     [&](const MixtureChoice& choice) {
                                       return to_json(choice, record.plan.domains);
                                     })},
                  {"check", listed(record.check, check_json)}};
  return json.dump(1) + "\n";
}

}  // namespace bimix
