#pragma once

#include "units.hpp"

#include <nlohmann/json.hpp>

/// A reading plan and the options that it is of, as they go from rank to rank.
namespace bimix::corpus {

/// A path as text, or where it is no UTF-8, which JSON has to be, as its bytes.
nlohmann::ordered_json path_json(const std::string& path);
std::string path_from(const nlohmann::ordered_json& json);

nlohmann::ordered_json to_json(const ReadingPlan& plan);
ReadingPlan plan_from(const nlohmann::ordered_json& json);

/// Without sources: those are in the plan.
nlohmann::ordered_json to_json(const CorpusOptions& options);
CorpusOptions options_from(const nlohmann::ordered_json& json);

}  // namespace bimix::corpus
