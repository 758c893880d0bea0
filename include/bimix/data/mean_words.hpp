#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <vector>

/// What the objective of a recommendation is, in words. The only place that says so.
namespace bimix::data {

/// True if no two sets that have a weight weigh differently. @param weight E
bool weighs_alike(const std::vector<double>& weight);

/// "loss" of the one set that has a weight, "mean loss" where those that have one weigh alike, else
/// "weighted mean loss". @param weight E
std::string mean_name(const std::vector<double>& weight);

/// E: true for the sets whose losses count in the objective.
std::vector<bool> counted_sets(const MixtureChoice& choice);

/// As mean_name; of the objective "worst" "largest rise of a loss", or "rise of the loss" where one
/// set counts: the rise is from what the default mixture would give.
std::string objective_name(const MixtureChoice& choice);

/// With the sets: "mean loss of web and code", "mean loss of 17 sets"; "loss of macro (an average
/// by its name)".
std::string objective_words(const MixtureChoice& choice, const DomainSet& domains);

}  // namespace bimix::data
