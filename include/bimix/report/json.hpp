#pragma once

#include <bimix/data/json.hpp>
#include <bimix/law/evaluate.hpp>

#include <string>
#include <vector>

/// Answers as JSON, for other programs.
namespace bimix::report {

/// Figures by law, group and mixture, and every point that was held out.
/// @param labels of the mixtures, by id
data::Json evaluation_json(const law::Evaluation& evaluation,
                           const std::vector<std::string>& labels);

/// The trials, and what is common to them.
data::Json plan_json(const data::SweepPlan& plan);

}  // namespace bimix::report
