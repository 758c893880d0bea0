/// Our own format, wide: one row a run and volume. Described in FORMAT.md.
/// Checks: what a table must be (csv.hpp); known columns only; run and a loss/* (or
/// bits_per_byte/*) there; repeat below 2^31; numbers (cells.hpp); all else in LogBuilder.

#include "cells.hpp"
#include "csv.hpp"
#include "log_format.hpp"
#include "pool_table.hpp"
#include "table_file.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <optional>

namespace bimix::replay::csv_wide {
namespace {

const std::string share_prefix = "share/", loss_prefix = "loss/", bits_prefix = "bits_per_byte/";

struct Columns {
  std::size_t run = 0;
  std::optional<std::size_t> repeat{}, parameters{}, tokens{}, steps{};
  std::vector<std::size_t> shares{}, losses{};
  std::vector<PoolColumn> pools{};
};

bool has_loss(const std::vector<std::string>& header) {
  return std::any_of(header.begin(), header.end(), [](const std::string& name) {
    return name.starts_with(loss_prefix) || name.starts_with(bits_prefix);
  });
}

/// True for a column of bits a byte beside which the same loss stands in nats, as our own export
/// writes them.
bool says_it_again(const std::vector<std::string>& header, const std::string& name) {
  return name.starts_with(bits_prefix) &&
         std::find(header.begin(), header.end(), loss_prefix + name.substr(bits_prefix.size())) !=
             header.end();
}

Columns columns_of(const CsvFile& file) {
  Columns columns{.run = column_of(file, "run", "csv-wide"), .pools = pool_columns(file.header)};
  for (std::size_t i = 0; i < file.header.size(); ++i) {
    const std::string& name = file.header[i];
    if (name.starts_with(share_prefix))
      columns.shares.push_back(i);
    else if (says_it_again(file.header, name))
      continue;
    else if (name.starts_with(loss_prefix) || name.starts_with(bits_prefix))
      columns.losses.push_back(i);
    else if (name == "repeat")
      columns.repeat = i;
    else if (name == "parameters")
      columns.parameters = i;
    else if (name == "tokens")
      columns.tokens = i;
    else if (name == "steps")
      columns.steps = i;
    else if (name != "run" && !is_pool(columns.pools, i))
      throw bad_line(file.path, 1, "column '" + name + "' is unknown",
                     "the columns of csv-wide are run, repeat, parameters, tokens, steps, share/*, "
                     "pool/*, loss/* and bits_per_byte/*",
                     "Remove it");
  }
  if (columns.losses.empty())
    throw bad_line(file.path, 1, "there is no column loss/<domain>", "a log has losses", "Add it");
  return columns;
}

/// The set of a column of losses, and what the column says that they are: `loss/web_bpb`,
/// `bits_per_byte/web`.
void take_name(const std::string& column, LogCell& entry) {
  if (column.starts_with(bits_prefix)) {
    entry.domain = column.substr(bits_prefix.size());
    entry.scale = LossScale::bits_per_byte;
    return;
  }
  entry.domain = column.substr(loss_prefix.size());
  entry.scale = plain_metric_of(entry.domain).scale;
  if (entry.scale == LossScale::perplexity) entry.scale = LossScale::nats;
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  return has_loss(file.header) &&
         std::find(file.header.begin(), file.header.end(), "run") != file.header.end();
}

void read(const LogFile& log, const ReplayOptions& options, LogBuilder& builder) {
  const CsvFile file = open_table(log, builder);
  const Columns columns = columns_of(file);
  for (const CsvRow& row : file.rows) {
    const auto place = [&](std::size_t i) { return place_of(file, row, i); };
    LogCell entry;
    entry.run = core::trimmed(row.cells[columns.run]);
    if (const auto i = columns.repeat) entry.repeat = read_repeat(row.cells[*i], place(*i));
    if (const auto i = columns.parameters) entry.parameters = read_size(row.cells[*i], place(*i));
    if (const auto i = columns.tokens) entry.tokens = read_count(row.cells[*i], place(*i));
    if (const auto i = columns.steps) entry.steps = read_count(row.cells[*i], place(*i));
    for (const std::size_t i : columns.shares)
      builder.add_share(entry.run, file.header[i].substr(share_prefix.size()),
                        read_share(row.cells[i], place(i), options.normalise), file.path, row.line);
    add_pools(file, row, columns.pools, entry.run, builder);
    for (const std::size_t i : columns.losses) {
      take_name(file.header[i], entry);
      entry.loss = read_loss(row.cells[i], place(i));
      builder.add_loss(entry, file.path, row.line);
    }
  }
}

}  // namespace bimix::replay::csv_wide
