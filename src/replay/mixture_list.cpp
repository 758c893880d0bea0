#include "csv.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace bimix {
namespace {

/// Public lists are often bare numbers: then their first row is no header.
void require_header(const std::string& bytes, const std::string& path,
                    const std::vector<std::string>& domains) {
  const auto is_number = [](const std::string& cell) {
    // Whatever separates them: "0.2 0.3" is one cell here.
    return !trimmed(cell).empty() &&
           cell.find_first_not_of("0123456789.eE+-% \t;|") == std::string::npos;
  };
  const std::vector<std::string> header = header_of(bytes);
  if (header.empty() || !std::all_of(header.begin(), header.end(), is_number)) return;
  std::string names;
  for (const std::string& domain : domains) names += (names.empty() ? "" : ",") + domain;
  const std::string command = shell_word("1i " + names);
  throw bad_line(
      path, 1, "the first line holds numbers",
      "it must name the training domains, separated by commas",
      fmt::format("If the columns stand in the campaign's order, add it with `sed -i {} {}`",
                  command, shell_word(path)));
}

/// For each domain the column that holds its shares.
std::vector<std::size_t> domain_columns(const CsvFile& file,
                                        const std::vector<std::string>& domains) {
  const std::vector<std::string>& names = file.header;
  for (const std::string& name : names)
    if (std::find(domains.begin(), domains.end(), name) == domains.end())
      throw bad_line(file.path, 1, "column '" + shown_text(name) + "' is no training domain",
                     "they are " + join_words(domains), did_you_mean(name, domains, "Remove it"));
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
  const std::string_view text = trimmed(row.cells[column]);
  const std::string& domain = file.header[column];
  if (text.empty())
    throw bad_line(file.path, row.line, domain + " is blank", "every row gives every share",
                   "Write 0 where it has no share");
  auto weight = parse_number(text);
  if (!weight)
    if (const auto count = parse_count(text)) weight = static_cast<double>(*count);
  const bool is_weight = weight && std::isfinite(*weight) && *weight >= 0;
  if (is_weight && (normalise || *weight <= 1)) return *weight;
  throw bad_line(file.path, row.line, fmt::format("{}: '{}' is refused", domain, shown_text(text)),
                 normalise ? "a weight is a number from 0 on" : "a share is a number from 0 to 1",
                 is_weight ? "Say `normalise: true` in the campaign if the columns are weights, "
                             "percentages or tokens"
                           : "");
}

Mixture mixture_of(const CsvFile& file, const CsvRow& row, const std::vector<std::size_t>& columns,
                   bool normalise) {
  Mixture mixture;
  for (const std::size_t column : columns)
    mixture.push_back(read_weight(file, row, column, normalise));
  if (is_on_simplex(mixture)) return mixture;
  const double sum = stable_sum(mixture);
  if (normalise && sum > 0 && std::isfinite(sum)) return normalised(mixture);
  throw bad_line(file.path, row.line, fmt::format("the shares sum to {}", sum),
                 fmt::format("they must sum to 1 within {}", simplex_tolerance),
                 normalise ? "Give at least one of them a share"
                           : "Correct them, or say `normalise: true` in the campaign if they are "
                             "weights");
}

}  // namespace

std::vector<Mixture> read_mixtures(const std::filesystem::path& path,
                                   const std::vector<std::string>& domains, bool normalise) {
  const std::string bytes = read_file(path);
  require_header(bytes, path.string(), domains);
  const CsvFile file = parse_csv(bytes, path.string());
  const std::vector<std::size_t> columns = domain_columns(file, domains);
  std::vector<Mixture> mixtures;
  for (const CsvRow& row : file.rows) mixtures.push_back(mixture_of(file, row, columns, normalise));
  return mixtures;
}

}  // namespace bimix
