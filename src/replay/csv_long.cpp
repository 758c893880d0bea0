/// Our own format: one loss a row. Described in FORMAT.md.
/// Checks: what a table must be (csv.hpp); known columns only; run, domain and loss_nats (or
/// loss_bits_per_byte) there;
/// repeat below 2^31; numbers (cells.hpp); all else in LogBuilder.

#include "cells.hpp"
#include "csv.hpp"
#include "log_format.hpp"
#include "near_miss.hpp"
#include "pool_table.hpp"
#include "table_file.hpp"
#include "table_rows.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace bimix::replay::csv_long {
namespace {

enum Column : std::size_t {
  run,
  repeat,
  parameters,
  tokens,
  steps,
  domain,
  share,
  loss_nats,
  unique_tokens
};
constexpr std::array<const char*, 9> names{"run",    "repeat", "parameters", "tokens", "steps",
                                           "domain", "share",  "loss_nats",  pool_name};
constexpr std::array required{run, domain, loss_nats};

/// Where each of our columns stands in this file.
using Places = std::array<std::optional<std::size_t>, names.size()>;

Places places_in(const CsvFile& file) {
  Places places;
  const std::vector<std::string> known(names.begin(), names.end());
  for (const Column column : required)
    if (std::find(file.header.begin(), file.header.end(), names[column]) == file.header.end())
      throw bad_line(file.path, 1, std::string("column '") + names[column] + "' is missing",
                     "csv-long needs run, domain and loss_nats",
                     remedy_for_missing(names[column], file.header));
  for (std::size_t i = 0; i < file.header.size(); ++i) {
    // What our own export writes beside them says the same in another unit.
    if (file.header[i] == data::loss_column(data::LossUnit::bits_per_byte)) continue;
    const auto name = std::find(known.begin(), known.end(), file.header[i]);
    if (name == known.end()) {
      throw bad_line(file.path, 1, "column '" + file.header[i] + "' is unknown",
                     "the columns of csv-long are " + core::join_words(known),
                     core::did_you_mean(file.header[i], known, "Remove it"));
    }
    places[static_cast<std::size_t>(name - known.begin())] = i;
  }
  return places;
}

bool has_column(const std::vector<std::string>& header, const char* name) {
  return std::find(header.begin(), header.end(), name) != header.end();
}

/// A column loss_bits_per_byte becomes loss_nats, whose place it takes.
LossScale take_unit_from(std::vector<std::string>& header) {
  constexpr const char* in_bits = data::loss_column(data::LossUnit::bits_per_byte);
  if (!has_column(header, in_bits) || has_column(header, names[loss_nats])) return LossScale::nats;
  *std::find(header.begin(), header.end(), in_bits) = names[loss_nats];
  return LossScale::bits_per_byte;
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  return has_column(file.header, names[domain]) &&
         (has_column(file.header, names[loss_nats]) ||
          has_column(file.header, data::loss_column(data::LossUnit::bits_per_byte)));
}

void read(const LogFile& log, const ReplayOptions& options, LogBuilder& builder) {
  CsvFile file = open_table(log, builder);
  take_seeds_for_repeats(file, builder);
  const LossScale scale = take_unit_from(file.header);
  const Places places = places_in(file);
  for (const CsvRow& row : file.rows) {
    const auto place = [&](Column column) { return place_of(file, row, *places[column]); };
    const auto cell = [&](Column column) -> const std::string& {
      return row.cells[*places[column]];
    };
    LogCell entry;
    entry.run = core::trimmed(cell(run));
    entry.domain = core::trimmed(cell(domain));
    if (places[repeat]) entry.repeat = read_repeat(cell(repeat), place(repeat));
    if (places[parameters]) entry.parameters = read_size(cell(parameters), place(parameters));
    if (places[tokens]) entry.tokens = read_count(cell(tokens), place(tokens));
    if (places[steps]) entry.steps = read_count(cell(steps), place(steps));
    entry.loss = read_loss(cell(loss_nats), place(loss_nats));
    entry.scale = scale;
    if (places[unique_tokens])
      builder.add_pool(entry.run, entry.domain,
                       read_pool(cell(unique_tokens), place(unique_tokens)), file.path, row.line);
    if (places[share])
      builder.add_share(entry.run, entry.domain,
                        read_share(cell(share), place(share), options.normalise), file.path,
                        row.line);
    builder.add_loss(entry, file.path, row.line);
  }
}

}  // namespace bimix::replay::csv_long
