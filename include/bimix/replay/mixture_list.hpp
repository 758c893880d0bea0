#pragma once

#include <bimix/data/records.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace bimix::replay {

/// Mixtures from a CSV file whose columns are the training domains, in any order; one mixture a
/// row. The design's `file: mixtures.csv`.
/// @param domains K names
/// @param normalise divide each row by its sum: weights, percentages and token counts are shares
/// @return mixtures in file order, each of K shares in the order of `domains`
/// @throws DataError naming file and line, for what is no such file, a first line that names no
///   domains, a missing or unknown domain, a share outside [0, 1] (a weight below 0), and a row
///   that does not sum to 1 within simplex_tolerance.
std::vector<data::Mixture> read_mixtures(const std::filesystem::path& path,
                                         const std::vector<std::string>& domains,
                                         bool normalise = false);

}  // namespace bimix::replay
