#pragma once

#include <span>
#include <string>

namespace bimix::data {

/// True if no two sets that have a weight weigh differently. @param weight E
bool weighs_alike(std::span<const double> weight);

/// "loss" of the one set that has a weight, "mean loss" where those that have one weigh alike, else
/// "weighted mean loss". @param weight E
std::string mean_words(std::span<const double> weight);

}  // namespace bimix::data
