#include "share_table.hpp"

#include "cells.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>

namespace bimix {

void add_share_table(const CsvFile& file, const ShareTable& table, LogBuilder& builder) {
  const std::size_t run = column_of(file, table.run_column, "a table of mixtures");
  std::vector<std::size_t> domains;
  for (std::size_t i = 0; i < file.header.size(); ++i)
    if (i != run && std::find(table.ignored.begin(), table.ignored.end(), file.header[i]) ==
                        table.ignored.end())
      domains.push_back(i);
  if (domains.empty())
    throw bad_line(file.path, 1, "there is no column of a training domain",
                   "every other column is one", "Add them");
  for (const CsvRow& row : file.rows)
    for (const std::size_t i : domains) {
      const auto share = read_share(row.cells[i], {file.path, row.line, file.header[i]});
      if (!share)
        throw bad_line(file.path, row.line, file.header[i] + " is blank",
                       "every row gives every share", "Write 0 where it was not trained on");
      builder.add_share(std::string(trimmed(row.cells[run])),
                        file.header[i].substr(table.prefix.size()), share, file.path, row.line);
    }
}

}  // namespace bimix
