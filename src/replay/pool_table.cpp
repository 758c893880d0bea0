#include "pool_table.hpp"

#include "cells.hpp"
#include "columns.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>

namespace bimix::replay {

std::vector<PoolColumn> pool_columns(const std::vector<std::string>& header) {
  const std::string name = pool_name;
  std::vector<PoolColumn> columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (core::lower_case(header[i]) == name) columns.push_back({i, ""});
    for (const std::string& start : {name + "/", name + "_", std::string("pool/")})
      if (header[i].starts_with(start) && header[i].size() > start.size())
        columns.push_back({i, header[i].substr(start.size())});
  }
  return columns;
}

bool is_pool(const std::vector<PoolColumn>& columns, std::size_t column) {
  return std::any_of(columns.begin(), columns.end(),
                     [column](const PoolColumn& pool) { return pool.column == column; });
}

void add_pools(const CsvFile& file, const CsvRow& row, const std::vector<PoolColumn>& columns,
               const std::string& run, LogBuilder& builder) {
  for (const auto& [column, domain] : columns)
    builder.add_pool(run, domain, read_pool(row.cells[column], place_of(file, row, column)),
                     file.path, row.line);
}

void add_pool_table(const CsvFile& file, LogBuilder& builder) {
  const auto run = run_column(file.header, false);
  const auto domain = column_called(file.header, {"domain"});
  const auto pool = column_called(file.header, {pool_name, "tokens"});
  if (domain.has_value() != pool.has_value())
    throw bad_line(file.path, 1,
                   std::string("there is no column ") + (domain ? pool_name : "domain"),
                   "a table of pools has the columns domain and unique_tokens, or one for each "
                   "domain; here are " +
                       core::join_words(file.header),
                   "Add it");
  for (const CsvRow& row : file.rows) {
    const std::string name(run ? core::trimmed(row.cells[*run]) : std::string_view());
    if (domain) {
      builder.add_pool(name, std::string(core::trimmed(row.cells[*domain])),
                       read_pool(row.cells[*pool], place_of(file, row, *pool)), file.path,
                       row.line);
      continue;
    }
    for (std::size_t i = 0; i < file.header.size(); ++i)
      if (i != run)
        builder.add_pool(name, file.header[i], read_pool(row.cells[i], place_of(file, row, i)),
                         file.path, row.line);
  }
}

}  // namespace bimix::replay
