#pragma once

#include "csv.hpp"
#include "log_builder.hpp"

#include <string>
#include <vector>

namespace bimix {

/// How a table of mixtures is laid out: one row a run, one column a training domain.
struct ShareTable {
  std::string run_column{};            ///< names the run
  std::string prefix{};                ///< taken off the domains' columns; all others have it
  std::vector<std::string> ignored{};  ///< columns that are no domain
};

/// Hands every share of a table of mixtures to the builder: the `mixtures:` of a campaign and the
/// mixture half of formats that come as pairs.
/// @throws DataError naming file and line for a missing run column, a blank share, one outside
///   [0, 1], a table without domains
void add_share_table(const CsvFile& file, const ShareTable& table, LogBuilder& builder);

}  // namespace bimix
