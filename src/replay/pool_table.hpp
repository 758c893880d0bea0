#pragma once

#include "csv.hpp"
#include "log_builder.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace bimix::replay {

/// Name of a column, or key, that tells pools, and what its names for several domains begin with.
inline constexpr const char* pool_name = "unique_tokens";

/// A column of a table of runs that tells how many different tokens of a domain there were.
struct PoolColumn {
  std::size_t column = 0;
  std::string domain{};  ///< empty: the only one
};

/// `pool/web`, `unique_tokens/web`, `unique_tokens_web`, or `unique_tokens` of runs on one domain.
std::vector<PoolColumn> pool_columns(const std::vector<std::string>& header);
/// True if this column of the table is one of them.
bool is_pool(const std::vector<PoolColumn>& columns, std::size_t column);

/// Adds what these columns of a row say of a run.
void add_pools(const CsvFile& file, const CsvRow& row, const std::vector<PoolColumn>& columns,
               const std::string& run, LogBuilder& builder);

/// A table of pools, `--pools`: columns domain and unique_tokens, and run where they differ from
/// run to run; or a column for each domain instead of these.
/// @throws DataError if it is no such table
void add_pool_table(const CsvFile& file, LogBuilder& builder);

}  // namespace bimix::replay
