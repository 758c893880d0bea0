#include "cells.hpp"
#include "csv.hpp"
#include "separators.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace bimix::replay {
namespace {

constexpr std::string_view in_place_of_commas = ";\t| ";

bool is_number(const std::string& cell) {
  std::string text = cell;
  std::replace(text.begin(), text.end(), ',', '.');
  return share_in(text).has_value();
}

/// Public lists are often bare numbers: then their first row is no header.
void refuse_bare_numbers(const std::string& bytes, const std::string& path,
                         const std::vector<std::string>& domains) {
  const auto are_numbers = [](const std::vector<std::string>& cells) {
    return std::all_of(cells.begin(), cells.end(), is_number);
  };
  std::vector<std::string> cells = header_of(bytes);
  Separator separator{.name = "commas", .filter = "awk 1"};
  if (cells.empty() || !are_numbers(cells)) {
    const auto other =
        other_separator(bytes, in_place_of_commas, [&](const std::vector<std::string>& parted) {
          cells = parted;
          return are_numbers(parted);
        });
    if (!other) return;
    separator = *other;
  }
  if (std::all_of(cells.begin(), cells.end(), [&](const std::string& cell) {
        return std::find(domains.begin(), domains.end(), cell) != domains.end();
      }))
    return;
  const std::string problem =
      fmt::format("the first line holds {} number{}{}", cells.size(), cells.size() == 1 ? "" : "s",
                  cells.size() == 1 ? "" : " parted by " + separator.name);
  const std::string rule = "it must name the training domains, separated by commas";
  if (cells.size() != domains.size())
    throw bad_line(path, 1, problem, fmt::format("{}, of which there are {}", rule, domains.size()),
                   "Write a table with a column for each of them");
  throw bad_line(
      path, 1, problem, rule,
      fmt::format("If they stand in the campaign's order, `(echo {}; {} < {}) > {}` writes the "
                  "file to name",
                  core::shell_word(fmt::format("{}", fmt::join(domains, ","))), separator.filter,
                  core::shell_word(path), core::shell_word(path + ".named.csv")));
}

/// Names of the domains that are not parted by commas.
void refuse_other_separator(const std::string& bytes, const std::string& path,
                            const std::vector<std::string>& domains) {
  const std::size_t columns = header_of(bytes).size();
  const auto separator =
      other_separator(bytes, in_place_of_commas, [&](const std::vector<std::string>& cells) {
        return cells.size() > columns &&
               std::any_of(cells.begin(), cells.end(), [&](const auto& cell) {
                 return std::find(domains.begin(), domains.end(), cell) != domains.end();
               });
      });
  if (separator)
    throw bad_line(path, 1, "cells are parted by " + separator->name,
                   "tables are parted by commas (RFC 4180)",
                   remedy_for(*separator, path, ".commas.csv"));
}

/// For each domain the column that holds its shares.
std::vector<std::size_t> domain_columns(const CsvFile& file,
                                        const std::vector<std::string>& domains) {
  const std::vector<std::string>& names = file.header;
  for (const std::string& name : names)
    if (std::find(domains.begin(), domains.end(), name) == domains.end())
      throw bad_line(file.path, 1, "column '" + core::shown_text(name) + "' is no training domain",
                     "they are " + core::join_words(domains),
                     core::did_you_mean(name, domains, "Remove it"));
  std::vector<std::size_t> columns;
  for (const std::string& domain : domains) {
    const auto found = std::find(names.begin(), names.end(), domain);
    if (found == names.end())
      throw bad_line(file.path, 1, "there is no column '" + domain + "'",
                     "every training domain has one", "Add it, with 0 where it has no share");
    columns.push_back(static_cast<std::size_t>(found - names.begin()));
  }
  return columns;
}

/// A share, or with `normalise` what is in proportion to one: a weight, a percentage, 3.5B tokens.
double read_weight(const CsvFile& file, const CsvRow& row, std::size_t column, bool normalise) {
  const std::string_view text = core::trimmed(row.cells[column]);
  const std::string& domain = file.header[column];
  if (text.empty())
    throw bad_line(file.path, row.line, domain + " is blank", "every row gives every share",
                   "Write 0 where it has no share");
  const auto weight = share_in(row.cells[column]);
  const bool is_weight = weight && *weight >= 0;
  if (is_weight && (normalise || *weight <= 1)) return *weight;
  throw bad_line(file.path, row.line,
                 fmt::format("{}: '{}' is refused", domain, core::shown_text(text)),
                 normalise ? "a weight is a number from 0 on" : "a share is a number from 0 to 1",
                 is_weight ? "Say `normalise: true` in the campaign if the columns are weights, "
                             "percentages or tokens"
                           : "");
}

data::Mixture mixture_of(const CsvFile& file, const CsvRow& row,
                         const std::vector<std::size_t>& columns, bool normalise) {
  data::Mixture mixture;
  for (const std::size_t column : columns)
    mixture.push_back(read_weight(file, row, column, normalise));
  if (core::is_on_simplex(mixture)) return mixture;
  const double sum = core::stable_sum(mixture);
  if (normalise && sum > 0 && std::isfinite(sum)) return core::normalised(mixture);
  throw bad_line(file.path, row.line, fmt::format("the shares sum to {}", sum),
                 fmt::format("they must sum to 1 within {}", core::simplex_tolerance),
                 normalise ? "Give at least one of them a share"
                           : "Correct them, or say `normalise: true` in the campaign if they are "
                             "weights");
}

}  // namespace

std::vector<data::Mixture> read_mixtures(const std::filesystem::path& path,
                                         const std::vector<std::string>& domains, bool normalise) {
  const std::string bytes = core::read_file(path);
  refuse_bare_numbers(bytes, path.string(), domains);
  refuse_other_separator(bytes, path.string(), domains);
  const CsvFile file = parse_csv(bytes, path.string());
  const std::vector<std::size_t> columns = domain_columns(file, domains);
  std::vector<data::Mixture> mixtures;
  for (const CsvRow& row : file.rows) mixtures.push_back(mixture_of(file, row, columns, normalise));
  return mixtures;
}

}  // namespace bimix::replay
