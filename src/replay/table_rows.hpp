#pragma once

#include "csv.hpp"
#include "log_builder.hpp"

/// What the rows of a table of metrics are beside their runs.
namespace bimix::replay {

/// Leaves out the rows that a column `split`, `phase` or `stage` says are of training where others
/// are not, and those of a test where others are of validation, and counts them.
void leave_out_other_splits(CsvFile& file, LogBuilder& builder);

/// Renames a column `seed` to `repeat` where one run has several seeds, and says so.
void take_seeds_for_repeats(CsvFile& file, LogBuilder& builder);

/// For tables without a column of steps or tokens. @throws DataError if one run has several rows
/// that only a column of another name tells apart, which is named
void refuse_unknown_axis(const CsvFile& file);

}  // namespace bimix::replay
