#pragma once

#include "csv.hpp"
#include "log_builder.hpp"
#include "share_columns.hpp"

#include <set>
#include <string>

namespace bimix::replay {

/// Adds the shares of every row to the run that the column `run` names.
/// @throws DataError for a share that is blank or out of range
void add_shares(const CsvFile& file, const ShareColumns& shares, std::size_t run,
                const ReplayOptions& options, LogBuilder& builder);

/// The names of the runs in a table of mixtures; none if no column names them.
std::set<std::string> runs_in(const CsvFile& file);

/// A table of mixtures, `--mixtures`: a row a run, a column of runs' names and one for each domain.
/// Columns that are certainly no shares are counted.
void add_share_table(const CsvFile& file, const ReplayOptions& options, LogBuilder& builder);

}  // namespace bimix::replay
