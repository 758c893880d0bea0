/// The project's own wide table: one row a run and volume, with share/DOMAIN and loss/DOMAIN
/// columns, and bits_per_byte/DOMAIN where bytes are known. Spreadsheets and pandas like it;
/// `bimix import` reads it (csv-wide).

#include "exporter.hpp"

#include <bimix/data/loss_unit.hpp>

namespace bimix::report {

std::string export_csv_wide(const ExportInput& input) {
  const data::DomainSet& domains = input.record.plan.domains;
  std::vector<std::string> cells{"run", "repeat", "parameters", "tokens", "steps"};
  for (const std::string& name : domains.train) cells.push_back("share/" + name);
  const bool knows_pools = has_pools(input.record);
  if (knows_pools)
    for (const std::string& name : domains.train) cells.push_back("pool/" + name);
  for (const std::string& name : domains.eval) cells.push_back("loss/" + name);
  const bool knows_bytes = !domains.bytes_per_token.empty();
  if (knows_bytes)
    for (const std::string& name : domains.eval) cells.push_back("bits_per_byte/" + name);
  std::string text = csv_line(cells);
  for (const LoggedRun& run : logged_runs(input.record))
    for (const data::LossPoint& point : run.result->curve) {
      cells = {run.name, std::to_string(run.spec->repeat), known_cell(run.result->parameters),
               std::to_string(point.tokens), std::to_string(point.steps)};
      for (const double share : run.spec->mixture) cells.push_back(number_cell(share));
      if (knows_pools)
        for (std::size_t k = 0; k < domains.train.size(); ++k) {
          const data::Pools& pools = run.result->unique_tokens;
          cells.push_back(pools.empty() ? "" : pool_cell(pools[k]));
        }
      for (const double loss : point.loss_nats) cells.push_back(number_cell(loss));
      for (std::size_t e = 0; knows_bytes && e < point.loss_nats.size(); ++e)
        cells.push_back(
            number_cell(data::bits_per_byte(point.loss_nats[e], domains.bytes_per_token[e])));
      text += csv_line(cells);
    }
  return text;
}

}  // namespace bimix::report
