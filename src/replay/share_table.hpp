#pragma once

#include "csv.hpp"
#include "log_builder.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace bimix {

/// The columns of a table that hold shares of training domains.
struct ShareColumns {
  std::vector<std::size_t> columns{};
  std::size_t prefix = 0;  ///< letters of their names before the domain's
};

/// How sure one must be that columns are shares.
enum class Evidence {
  stated,  ///< the user says that this is a table of mixtures
  likely,  ///< most rows sum to 1, or to one number that `normalise` divides by
  certain  ///< every row sums to 1, or the names say it
};

/// Which of the candidates are shares: those that the user names with `domains`; those with a
/// prefix that says it (`share/`, `mixture/`, `weight_`; `train_` but in tables of curves); or
/// those whose rows sum to 1, without settings such as lr where the sum does not need them.
/// @param candidates columns that may be shares; those that are not numbers throughout are none
/// @return nothing where the evidence is less than is needed
/// @throws DataError naming the column without which every row would sum to 1
std::optional<ShareColumns> share_columns(const CsvFile& file,
                                          const std::vector<std::size_t>& candidates,
                                          const ReplayOptions& options, Evidence needed);

/// Adds the shares of every row to the run that the column `run` names.
/// @throws DataError for a share that is blank or out of range
void add_shares(const CsvFile& file, const ShareColumns& shares, std::size_t run,
                const ReplayOptions& options, LogBuilder& builder);

/// The names of the runs in a table of mixtures; none if no column names them.
std::set<std::string> runs_in(const CsvFile& file);

/// A table of mixtures, `--mixtures`: a row a run, a column of runs' names and one for each domain.
/// Columns that are certainly no shares are counted.
void add_share_table(const CsvFile& file, const ReplayOptions& options, LogBuilder& builder);

}  // namespace bimix
