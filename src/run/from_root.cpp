#include "from_root.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace bimix::run {

data::Json json_from_root(const par::Comm& comm, data::Json json) {
  if (comm.size() == 1) return json;
  std::string bytes;
  if (comm.is_root()) data::Json::to_cbor(json, bytes);
  bytes = comm.broadcast(std::move(bytes));
  if (!comm.is_root()) json = data::Json::from_cbor(bytes);
  return json;
}

namespace {

/// @param from reads one record
template <typename Record>
std::vector<Record> records_from_root(const par::Comm& comm, std::vector<Record> records,
                                      Record (*from)(const data::Json&)) {
  constexpr std::size_t at_a_time = 1000;
  if (comm.size() == 1) return records;
  if (!comm.is_root()) records.clear();
  const data::Json size = json_from_root(comm, records.size());
  const auto count = size.get<std::size_t>();
  for (std::size_t first = 0; first < count; first += at_a_time) {
    data::Json some = data::Json::array();
    for (std::size_t i = first; i < std::min(records.size(), first + at_a_time); ++i)
      some.push_back(data::to_json(records[i]));
    some = json_from_root(comm, std::move(some));
    if (comm.is_root()) continue;
    for (const data::Json& record : some) records.push_back(from(record));
  }
  return records;
}

}  // namespace

std::vector<data::TrialSpec> from_root(const par::Comm& comm, std::vector<data::TrialSpec> trials) {
  return records_from_root(comm, std::move(trials), data::trial_spec_from);
}

std::vector<data::TrialResult> from_root(const par::Comm& comm,
                                         std::vector<data::TrialResult> results) {
  return records_from_root(comm, std::move(results), data::trial_result_from);
}

data::SweepPlan from_root(const par::Comm& comm, data::SweepPlan plan) {
  if (comm.size() == 1) return plan;
  plan.trials = from_root(comm, std::move(plan.trials));
  const data::Json rest = json_from_root(
      comm, {plan.name, plan.mixtures, plan.labels, plan.tokens, plan.duplicates_dropped});
  plan.name = rest.at(0).get<std::string>();
  plan.mixtures = rest.at(1).get<std::vector<data::Mixture>>();
  plan.labels = rest.at(2).get<std::vector<std::string>>();
  plan.tokens = rest.at(3).get<std::vector<std::int64_t>>();
  plan.duplicates_dropped = rest.at(4).get<int>();
  return plan;
}

}  // namespace bimix::run
