#pragma once

#include "csv.hpp"
#include "log_builder.hpp"

#include <string>

namespace bimix::replay {

/// Reads a table whose columns are told by their names: an axis of steps or tokens, or none where
/// the table is of one volume; a column of runs, or none where the whole table is of one; metrics,
/// each a column of its own, or named in a column beside `value`; shares, where they are evident
/// (share_table.hpp). What is no loss of an evaluation set is counted and named.
///
/// A table without an axis in which no metric says that it is of an evaluation is one of a pair:
/// all its numbers are losses, taken as they stand, but those that are better when larger.
///
/// @param run name of the run where the table names none
/// @throws DataError where there is neither a loss nor a share, or no name of a run; where rows of
///   a run are told apart by no column that is known
void read_metric_table(CsvFile file, const std::string& run, const ReplayOptions& options,
                       LogBuilder& builder);

}  // namespace bimix::replay
