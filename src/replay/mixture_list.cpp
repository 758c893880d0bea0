#include "cells.hpp"
#include "csv.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix {
namespace {

/// For each domain the column that holds its shares.
std::vector<std::size_t> domain_columns(const CsvFile& file,
                                        const std::vector<std::string>& domains) {
  for (const std::string& name : file.header)
    if (std::find(domains.begin(), domains.end(), name) == domains.end()) {
      throw bad_line(file.path, 1, "column '" + name + "' is no training domain",
                     "they are " + join_words(domains), did_you_mean(name, domains, "Remove it"));
    }
  std::vector<std::size_t> columns;
  for (const std::string& domain : domains) {
    const auto found = std::find(file.header.begin(), file.header.end(), domain);
    if (found == file.header.end())
      throw bad_line(file.path, 1, "there is no column '" + domain + "'",
                     "every training domain has one", "Add it, with 0 where it has no share");
    columns.push_back(static_cast<std::size_t>(found - file.header.begin()));
  }
  return columns;
}

}  // namespace

std::vector<Mixture> read_mixtures(const std::filesystem::path& path,
                                   const std::vector<std::string>& domains, bool normalise) {
  const CsvFile file = read_csv(path);
  const std::vector<std::size_t> columns = domain_columns(file, domains);
  std::vector<Mixture> mixtures;
  for (const CsvRow& row : file.rows) {
    Mixture mixture;
    for (const std::size_t column : columns) {
      const auto share = read_share(row.cells[column], {file.path, row.line, file.header[column]});
      if (!share)
        throw bad_line(file.path, row.line, file.header[column] + " is blank",
                       "every row gives every share");
      mixture.push_back(*share);
    }
    const double sum = stable_sum(mixture);
    if (!is_on_simplex(mixture)) {
      if (!normalise || !(sum > 0))
        throw bad_line(file.path, row.line, fmt::format("the shares sum to {}", sum),
                       fmt::format("they must sum to 1 within {}", simplex_tolerance),
                       "Correct them, or set `normalise: true` if they are weights");
      mixture = normalised(mixture);
    }
    mixtures.push_back(std::move(mixture));
  }
  return mixtures;
}

}  // namespace bimix
