#include "saved_training.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>

namespace bimix::trial {
namespace {

data::Json to_json(const proxy::RunState& run) {
  return {{"steps", run.steps}, {"place", run.place}, {"bytes", run.model.size()}};
}

/// @param rest what follows the line; the run's bytes are taken from its beginning
proxy::RunState run_state_from(const data::Json& json, std::string_view& rest) {
  proxy::RunState run{.steps = json.at("steps").get<std::int64_t>(),
                      .place = json.at("place").get<std::vector<std::int64_t>>()};
  const auto bytes = json.at("bytes").get<std::size_t>();
  if (bytes > rest.size())
    throw core::DataError({.place = "", .problem = "the saved training ends too early"});
  run.model = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return run;
}

}  // namespace

std::string bytes_of(const proxy::TrainingState& state) {
  const proxy::TrainingOutcome& outcome = state.outcome;
  data::TrialResult so_far;
  so_far.curve = outcome.curve;
  data::Json json{{"trained_tokens", outcome.trained_tokens},
                  {"result", data::to_json(so_far)},
                  {"run", to_json(state.run)}};
  if (state.trunk) json["trunk"] = to_json(*state.trunk);
  return json.dump() + "\n" + state.run.model + (state.trunk ? state.trunk->model : "");
}

proxy::TrainingState training_state_from(std::string_view bytes) {
  const std::size_t line = bytes.find('\n');
  if (line == std::string_view::npos)
    throw core::DataError({.place = "", .problem = "the saved training has no first line"});
  const data::Json json = data::Json::parse(bytes.substr(0, line));
  std::string_view rest = bytes.substr(line + 1);
  proxy::TrainingState state;
  state.run = run_state_from(json.at("run"), rest);
  if (json.contains("trunk")) state.trunk = run_state_from(json.at("trunk"), rest);
  state.outcome = {.curve = data::trial_result_from(json.at("result")).curve,
                   .steps = state.run.steps,
                   .trained_tokens = json.at("trained_tokens").get<std::int64_t>()};
  return state;
}

}  // namespace bimix::trial
