#include "saved_training.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>

namespace bimix {

std::string bytes_of(const SavedTraining& saved) {
  const TrainingOutcome& outcome = saved.state.outcome;
  TrialResult so_far;
  so_far.curve = outcome.curve;
  const Json json{{"drawn", saved.drawn},
                  {"tokens", outcome.tokens},
                  {"steps", outcome.steps},
                  {"training_loss_nats", outcome.training_loss_nats},
                  {"result", to_json(so_far)}};
  return json.dump() + "\n" + saved.state.model;
}

SavedTraining saved_training_from(std::string_view bytes) {
  const std::size_t line = bytes.find('\n');
  if (line == std::string_view::npos)
    throw DataError({.place = "", .problem = "the saved training has no first line"});
  const Json json = Json::parse(bytes.substr(0, line));
  SavedTraining saved;
  saved.drawn = json.at("drawn").get<std::vector<std::int64_t>>();
  saved.state.outcome = {.curve = trial_result_from(json.at("result")).curve,
                         .tokens = json.at("tokens").get<std::int64_t>(),
                         .steps = json.at("steps").get<std::int64_t>(),
                         .training_loss_nats = json.at("training_loss_nats").get<double>()};
  saved.state.model = bytes.substr(line + 1);
  return saved;
}

}  // namespace bimix
