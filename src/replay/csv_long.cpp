/// Our own format: one loss a row. Described in FORMAT.md.

#include "cells.hpp"
#include "log_format.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace bimix::csv_long {
namespace {

enum Column : std::size_t { run, repeat, parameters, tokens, steps, domain, share, loss_nats };
constexpr std::array<const char*, 8> names{"run",   "repeat", "parameters", "tokens",
                                           "steps", "domain", "share",      "loss_nats"};
constexpr std::array required{run, tokens, domain, share, loss_nats};

/// Where each of our columns stands in this file.
using Places = std::array<std::optional<std::size_t>, names.size()>;

Places places_in(const CsvFile& file) {
  Places places;
  const std::vector<std::string> known(names.begin(), names.end());
  for (std::size_t i = 0; i < file.header.size(); ++i) {
    const auto name = std::find(known.begin(), known.end(), file.header[i]);
    if (name == known.end()) {
      const auto nearest = nearest_name(file.header[i], known);
      throw bad_line(file.path, 1, "column '" + file.header[i] + "' is unknown",
                     "the columns of csv-long are " + join_words(known),
                     nearest ? "Did you mean '" + *nearest + "'" : "Remove it");
    }
    places[static_cast<std::size_t>(name - known.begin())] = i;
  }
  for (const Column column : required)
    if (!places[column])
      throw bad_line(file.path, 1, std::string("column '") + names[column] + "' is missing",
                     "csv-long needs run, tokens, domain, share and loss_nats", "Add it");
  return places;
}

}  // namespace

bool recognises(const std::vector<std::string>& header) {
  const auto has = [&](const char* name) {
    return std::find(header.begin(), header.end(), name) != header.end();
  };
  return has(names[domain]) && has(names[loss_nats]);
}

void read(const CsvFile& file, LogBuilder& builder) {
  const Places places = places_in(file);
  for (const CsvRow& row : file.rows) {
    const auto place = [&](Column column) {
      return CellPlace{file.path, row.line, file.header[*places[column]]};
    };
    const auto cell = [&](Column column) -> const std::string& {
      return row.cells[*places[column]];
    };
    LogCell entry;
    entry.run = trimmed(cell(run));
    entry.domain = trimmed(cell(domain));
    if (places[repeat]) {
      const std::int64_t number = read_count(cell(repeat), place(repeat));
      if (number > std::numeric_limits<int>::max())
        throw bad_line(file.path, row.line, "repeat: '" + cell(repeat) + "' is refused",
                       "a seed number below 2^31");
      entry.repeat = static_cast<int>(number);
    }
    if (places[parameters]) entry.parameters = read_size(cell(parameters), place(parameters));
    entry.tokens = read_count(cell(tokens), place(tokens));
    if (places[steps]) entry.steps = read_count(cell(steps), place(steps));
    entry.share = read_share(cell(share), place(share));
    entry.loss_nats = read_loss(cell(loss_nats), place(loss_nats));
    builder.add(entry, file.path, row.line);
  }
}

}  // namespace bimix::csv_long
