#pragma once

#include <bimix/data/json.hpp>
#include <bimix/data/records.hpp>

#include <string>
#include <vector>

/// How recommendations held, over the checks of many runs.
namespace bimix::report {

/// The check of one run.
struct PastCheck {
  std::string run{};  ///< its folder
  std::string law{};
  data::CheckReport check{};
};

/// A line for each check: the gain of the optimum over the default as predicted and as trained,
/// with the interval of the latter; below, how often they agree and what part of the predicted gain
/// was there, as a median.
/// @param checks at least one
std::string history_text(const std::vector<PastCheck>& checks);

/// The same as an array of objects.
data::Json history_json(const std::vector<PastCheck>& checks);

}  // namespace bimix::report
