#pragma once

#include <bimix/core/text.hpp>

#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace bimix::support {

/// A plain table of numbers with one header line; no quotes. Cells that are no number are NaN.
struct Csv {
  std::map<std::string, std::size_t> column{};
  std::vector<std::vector<double>> rows{};

  double at(std::size_t row, const std::string& name) const { return rows[row][column.at(name)]; }
};

inline std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.emplace_back(core::trimmed(cell));
  return cells;
}

inline Csv read_csv(const std::string& path) {
  Csv csv;
  std::ifstream file(path);
  std::string line;
  if (std::getline(file, line))
    for (const std::string& name : split_line(line)) csv.column.emplace(name, csv.column.size());
  while (std::getline(file, line)) {
    std::vector<double> row;
    for (const std::string& cell : split_line(line))
      row.push_back(core::parse_number(cell).value_or(std::numeric_limits<double>::quiet_NaN()));
    row.resize(csv.column.size(), std::numeric_limits<double>::quiet_NaN());
    csv.rows.push_back(std::move(row));
  }
  return csv;
}

}  // namespace bimix::support
