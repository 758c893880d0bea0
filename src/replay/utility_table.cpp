#include "columns.hpp"
#include "csv.hpp"

#include <bimix/core/file.hpp>
#include <bimix/core/text.hpp>
#include <bimix/replay/utility_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace bimix::replay {
namespace {

constexpr const char* columns_rule =
    "a table of utilities has the columns domain, task, value and perhaps sd";

std::size_t required(const CsvFile& file, const char* name) {
  if (const auto column = column_called(file.header, {name})) return *column;
  throw bad_line(file.path, 1, fmt::format("there is no column '{}'", name),
                 fmt::format("{}; here are {}", columns_rule, core::join_words(file.header)),
                 "Add it");
}

std::size_t place_of_domain(const CsvFile& file, const CsvRow& row, std::size_t column,
                            const std::vector<std::string>& domains) {
  const std::string name(core::trimmed(row.cells[column]));
  const auto found = std::find(domains.begin(), domains.end(), name);
  if (found != domains.end()) return static_cast<std::size_t>(found - domains.begin());
  throw bad_line(file.path, row.line,
                 fmt::format("'{}' is no training domain", core::shown_text(name)),
                 "they are " + core::join_words(domains), core::did_you_mean(name, domains));
}

/// The number in a cell; nothing if it is blank.
std::optional<double> number_in(const CsvFile& file, const CsvRow& row, std::size_t column,
                                double most, const char* rule) {
  const std::string_view text = core::trimmed(row.cells[column]);
  if (text.empty()) return std::nullopt;
  const auto number = core::parse_number(text);
  if (number && *number >= 0.0 && *number <= most) return number;
  throw bad_line(file.path, row.line,
                 fmt::format("{}: '{}' is refused", file.header[column], core::shown_text(text)),
                 rule, "Divide each task by what is best in it");
}

/// Without one of the standard errors none of them could be used.
void refuse_few_errors(const CsvFile& file, const data::Utilities& utilities,
                       const std::vector<std::string>& domains) {
  const auto is_known = [](double sd) { return !std::isnan(sd); };
  const std::vector<double>& all = utilities.sd.values;
  if (std::none_of(all.begin(), all.end(), is_known)) return;
  for (std::size_t k = 0; k < domains.size(); ++k)
    for (std::size_t t = 0; t < utilities.tasks.size(); ++t)
      if (!is_known(utilities.sd(k, t)))
        throw bad_line(
            file.path, 1,
            fmt::format("the utility of '{}' for '{}' has no standard error, others have",
                        domains[k], utilities.tasks[t]),
            "all of them count, or none", "Add it, or remove the column sd");
}

}  // namespace

data::Utilities read_utilities(const std::filesystem::path& path,
                               const std::vector<std::string>& domains) {
  const CsvFile file = parse_csv(core::read_file(path), path.string());
  const std::size_t domain = required(file, "domain"), task = required(file, "task"),
                    value = required(file, "value");
  const auto sd = column_called(file.header, {"sd"});
  data::Utilities utilities;
  for (const CsvRow& row : file.rows) {
    std::string name(core::trimmed(row.cells[task]));
    if (std::find(utilities.tasks.begin(), utilities.tasks.end(), name) == utilities.tasks.end())
      utilities.tasks.push_back(std::move(name));
  }
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  utilities.value = data::Table(domains.size(), utilities.tasks.size(), unknown);
  utilities.sd = utilities.value;
  for (const CsvRow& row : file.rows) {
    const std::size_t k = place_of_domain(file, row, domain, domains);
    const auto t = static_cast<std::size_t>(
        std::find(utilities.tasks.begin(), utilities.tasks.end(), core::trimmed(row.cells[task])) -
        utilities.tasks.begin());
    const auto number = number_in(file, row, value, 1.0, "a utility is a number from 0 to 1");
    if (!number)
      throw bad_line(file.path, row.line, "the value is blank", "every pair has one",
                     "Write 0 where the domain is of no use for the task");
    if (!std::isnan(utilities.value(k, t)))
      throw bad_line(
          file.path, row.line,
          fmt::format("domain '{}' has two utilities for '{}'", domains[k], utilities.tasks[t]),
          "every pair has one", "Remove one of them");
    utilities.value(k, t) = *number;
    if (sd)
      utilities.sd(k, t) = number_in(file, row, *sd, std::numeric_limits<double>::max(),
                                     "a standard error is a number from 0 on")
                               .value_or(unknown);
  }
  for (std::size_t k = 0; k < domains.size(); ++k)
    for (std::size_t t = 0; t < utilities.tasks.size(); ++t)
      if (std::isnan(utilities.value(k, t)))
        throw bad_line(
            file.path, 1,
            fmt::format("domain '{}' has no utility for '{}'", domains[k], utilities.tasks[t]),
            "every pair has one", "Add its row");
  refuse_few_errors(file, utilities, domains);
  return utilities;
}

}  // namespace bimix::replay
