#pragma once

#include "units.hpp"

#include <nlohmann/json.hpp>

/// A reading plan and the options that it is of, as they go from rank to rank.
namespace bimix::corpus {

nlohmann::ordered_json to_json(const ReadingPlan& plan);
ReadingPlan plan_from(const nlohmann::ordered_json& json);

/// Without sources: those are in the plan.
nlohmann::ordered_json to_json(const CorpusOptions& options);
CorpusOptions options_from(const nlohmann::ordered_json& json);

}  // namespace bimix::corpus
