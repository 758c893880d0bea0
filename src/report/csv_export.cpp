/// The project's own long table: one loss a row, with the share of its domain. `bimix import` reads
/// it (csv-long), so runs can be gathered from several folders or fitted elsewhere.

#include "exporter.hpp"

#include <bimix/data/loss_unit.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::report {
namespace {

/// Training domains, then the evaluation sets that have no share of their own name.
std::vector<std::string> all_domains(const data::DomainSet& domains) {
  std::vector<std::string> all = domains.train;
  for (const std::string& name : domains.eval)
    if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
  return all;
}

template <typename Values>
std::string cell_of(const std::vector<std::string>& names, const std::string& name,
                    const Values& values) {
  const auto at = std::find(names.begin(), names.end(), name);
  return at == names.end() ? "" : number_cell(values[static_cast<std::size_t>(at - names.begin())]);
}

std::string pool_cell_of(const std::vector<std::string>& names, const std::string& name,
                         const data::Pools& pools) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end() || pools.empty()) return "";
  return pool_cell(pools[static_cast<std::size_t>(at - names.begin())]);
}

}  // namespace

std::string export_csv(const ExportInput& input) {
  const data::DomainSet& domains = input.record.plan.domains;
  std::vector<std::string> columns{
      "run",   "repeat", "parameters", "tokens",
      "steps", "domain", "share",      std::string(data::loss_column(domains.loss_unit))};
  const bool knows_pools = has_pools(input.record);
  if (knows_pools) columns.emplace_back("unique_tokens");
  const bool knows_bytes = !domains.bytes_per_token.empty();
  if (knows_bytes) columns.emplace_back(data::loss_column(data::LossUnit::bits_per_byte));
  std::string text = csv_line(columns);
  for (const LoggedRun& run : logged_runs(input.record))
    for (const data::LossPoint& point : run.result->curve) {
      std::vector<double> bits = point.loss_nats;
      for (std::size_t e = 0; knows_bytes && e < bits.size(); ++e)
        bits[e] = data::bits_per_byte(bits[e], domains.bytes_per_token[e]);
      for (const std::string& domain : all_domains(domains)) {
        std::vector<std::string> cells{run.name,
                                       std::to_string(run.spec->repeat),
                                       known_cell(run.result->parameters),
                                       std::to_string(point.tokens),
                                       std::to_string(point.steps),
                                       domain,
                                       cell_of(domains.train, domain, run.spec->mixture),
                                       cell_of(domains.eval, domain, point.loss_nats)};
        if (knows_pools)
          cells.push_back(pool_cell_of(domains.train, domain, run.result->unique_tokens));
        if (knows_bytes) cells.push_back(cell_of(domains.eval, domain, bits));
        text += csv_line(cells);
      }
    }
  return text;
}

}  // namespace bimix::report
