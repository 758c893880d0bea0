/// The wide tables published with "Scaling Laws for Optimal Data Mixtures" (Shukor et al.,
/// arXiv 2507.09404): weight_*, model_size, n_tokens, *_loss. Described in FORMAT.md.
/// Checks: what a table must be (csv.hpp); known columns only; n_tokens there; no weight blank;
/// numbers (cells.hpp); all else in LogBuilder.

#include "cells.hpp"
#include "csv.hpp"
#include "log_format.hpp"
#include "table_file.hpp"

#include <bimix/core/hash.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace bimix::replay::scalefit {
namespace {

constexpr std::string_view weight_prefix = "weight_", loss_suffix = "_loss";
constexpr std::string_view tokens_column = "n_tokens", size_column = "model_size";

bool is_weight(std::string_view name) {
  return name.size() > weight_prefix.size() &&
         name.substr(0, weight_prefix.size()) == weight_prefix;
}

bool is_loss(std::string_view name) {
  return name.size() > loss_suffix.size() &&
         name.substr(name.size() - loss_suffix.size()) == loss_suffix;
}

/// A domain and the columns that speak of it.
struct DomainColumns {
  std::string name;
  std::optional<std::size_t> weight{};
  std::optional<std::size_t> loss{};
};

struct Columns {
  std::vector<DomainColumns> domains{};  ///< order of first appearance
  std::optional<std::size_t> tokens{};
  std::optional<std::size_t> size{};
};

Columns columns_of(const CsvFile& file) {
  Columns columns;
  const auto domain = [&](std::string_view name) -> DomainColumns& {
    const auto known = std::find_if(columns.domains.begin(), columns.domains.end(),
                                    [&](const DomainColumns& d) { return d.name == name; });
    if (known != columns.domains.end()) return *known;
    return columns.domains.emplace_back(DomainColumns{std::string(name)});
  };
  for (std::size_t i = 0; i < file.header.size(); ++i) {
    const std::string_view name = file.header[i];
    if (is_weight(name))
      domain(name.substr(weight_prefix.size())).weight = i;
    else if (is_loss(name))
      domain(name.substr(0, name.size() - loss_suffix.size())).loss = i;
    else if (name == tokens_column)
      columns.tokens = i;
    else if (name == size_column)
      columns.size = i;
    else
      throw bad_line(file.path, 1, "column '" + file.header[i] + "' is unknown",
                     "the columns of scalefit are weight_*, model_size, n_tokens and *_loss",
                     "Remove it");
  }
  if (!columns.tokens)
    throw bad_line(file.path, 1, "column 'n_tokens' is missing", "losses need their volume",
                   "Add it");
  return columns;
}

/// The table names no runs: a run is a mixture at a model size, named by a hash of both, so that
/// the name depends on neither the order of rows nor the number of files.
std::string run_name(const std::vector<std::optional<double>>& shares, double parameters) {
  std::string text = fmt::format("{}", parameters);
  for (const auto& share : shares) text += fmt::format(",{}", share.value_or(-1.0));
  return "mix-" + core::content_hash(text).substr(0, 8);
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  const auto& header = file.header;
  return std::any_of(header.begin(), header.end(), is_weight) &&
         std::find(header.begin(), header.end(), tokens_column) != header.end();
}

void read(const LogFile& log, const ReplayOptions& options, LogBuilder& builder) {
  const CsvFile file = open_table(log, builder);
  const Columns columns = columns_of(file);
  for (const CsvRow& row : file.rows) {
    const auto place = [&](std::size_t i) { return place_of(file, row, i); };
    LogCell entry;
    entry.tokens = read_count(row.cells[*columns.tokens], place(*columns.tokens));
    if (columns.size) entry.parameters = read_size(row.cells[*columns.size], place(*columns.size));
    std::vector<std::optional<double>> shares;
    for (const DomainColumns& domain : columns.domains) {
      shares.emplace_back();
      if (!domain.weight) continue;
      shares.back() =
          read_share(row.cells[*domain.weight], place(*domain.weight), options.normalise);
      if (!shares.back())
        throw bad_line(file.path, row.line, file.header[*domain.weight] + " is blank",
                       "every row gives every weight");
    }
    entry.run = run_name(shares, entry.parameters);
    for (std::size_t d = 0; d < columns.domains.size(); ++d) {
      const DomainColumns& domain = columns.domains[d];
      if (shares[d]) builder.add_share(entry.run, domain.name, shares[d], file.path, row.line);
      if (!domain.loss) continue;
      entry.domain = domain.name;
      entry.loss = read_loss(row.cells[*domain.loss], place(*domain.loss));
      builder.add_loss(entry, file.path, row.line);
    }
  }
}

}  // namespace bimix::replay::scalefit
