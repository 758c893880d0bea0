#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <vector>

namespace bimix::data {

/// What training on each domain is worth for each task, from 0 to 1; each task has a scale of its
/// own. Measured by runs on one domain alone or without one, or graded by a model.
struct Utilities {
  std::vector<std::string> tasks{};  ///< T names; empty: no utilities
  Table value{};                     ///< (K, T)
  Table sd{};                        ///< (K, T) standard errors; NaN where none is known
  bool empty() const { return tasks.empty(); }
};

}  // namespace bimix::data
