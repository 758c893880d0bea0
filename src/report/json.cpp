#include <bimix/data/loss_unit.hpp>
#include <bimix/law/law.hpp>
#include <bimix/report/json.hpp>

#include <utility>

namespace bimix::report {
namespace {

/// Ids of the mixtures that train, for each draw; folds say theirs by the seed.
data::Json training_ids(const law::Evaluation& evaluation) {
  data::Json draws = data::Json::array();
  for (const auto& group : evaluation.splits) {
    if (group.size() != 1) continue;
    data::Json ids = data::Json::array();
    for (std::size_t id = 0; id < group.front().trains.size(); ++id)
      if (group.front().trains[id]) ids.push_back(id);
    draws.push_back(std::move(ids));
  }
  return draws;
}

data::Json json_of(const law::MixtureScore& score) {
  return {{"mixture", score.mixture},
          {"error", data::to_json(score.error)},
          {"worst", data::to_json(score.worst)},
          {"persistence", data::to_json(score.persistence)},
          {"persistence_worst", data::to_json(score.persistence_worst)},
          {"curve_r2", data::to_json(score.curve_r2)},
          {"curve_r2_lowest", data::to_json(score.curve_r2_lowest)}};
}

/// One column of the points of all draws and folds.
/// @param value of a row of a group's part
template <class Value>
data::Json column(const law::LawScore& score, const Value& value) {
  data::Json values = data::Json::array();
  for (std::size_t group = 0; group < score.parts.size(); ++group)
    for (const law::HeldOutPart& part : score.parts[group])
      for (std::size_t row = 0; row < part.point.rows; ++row)
        values.push_back(value(group, part.point, row));
  return values;
}

data::Json nats_column(const law::LawScore& score, law::HeldOutPart::Column which) {
  return column(score, [which](std::size_t, const data::Table& points, std::size_t row) {
    return data::to_json(points(row, which));
  });
}

data::Json id_column(const law::LawScore& score, law::HeldOutPart::Column which) {
  return column(score, [which](std::size_t, const data::Table& points, std::size_t row) {
    return static_cast<int>(points(row, which));
  });
}

data::Json group_column(const law::LawScore& score) {
  return column(score, [](std::size_t group, const data::Table&, std::size_t) { return group; });
}

}  // namespace

data::Json evaluation_json(const law::Evaluation& evaluation,
                           const std::vector<std::string>& labels) {
  data::Json laws = data::Json::array();
  for (const law::LawScore& score : evaluation.laws) {
    data::Json row{{"law", score.law}, {"mean", data::to_json(score.mean)}};
    for (const data::HeldOut& group : score.groups) row["groups"].push_back(data::to_json(group));
    for (const law::MixtureScore& mixture : law::mixture_scores(score))
      row["mixtures"].push_back(json_of(mixture));
    row["predicted"] = nats_column(score, law::HeldOutPart::predicted);
    row["by_epochs"] = data::Json::array();
    for (const law::EpochScore& range : law::epoch_scores(score))
      row["by_epochs"].push_back({{"above", range.above},
                                  {"up_to", data::to_json(range.up_to)},
                                  {"readings", range.readings},
                                  {"log_error", data::to_json(range.log_error)}});
    laws.push_back(std::move(row));
  }
  // All laws predict the same points.
  const law::LawScore& any = evaluation.laws.front();
  return {{"protocol", core::word_of(evaluation.protocol)},
          {"domains", evaluation.domains.eval},
          {"loss_unit", data::unit_text(evaluation.domains.loss_unit)},
          {"bytes_per_token", data::to_json(evaluation.domains.bytes_per_token)},
          {"mixtures", labels},
          {"training_mixtures", training_ids(evaluation)},
          {"points",
           {{"group", group_column(any)},
            {"mixture", id_column(any, law::HeldOutPart::mixture_id)},
            {"domain", id_column(any, law::HeldOutPart::eval_domain)},
            {"seen", nats_column(any, law::HeldOutPart::seen)},
            {"persistence", nats_column(any, law::HeldOutPart::previous)},
            {"epochs", nats_column(any, law::HeldOutPart::epochs)},
            {"mean_baseline", nats_column(any, law::HeldOutPart::training_mean)}}},
          {"laws", std::move(laws)}};
}

data::Json plan_json(const data::SweepPlan& plan) {
  data::Json trials = data::Json::array();
  for (const data::TrialSpec& trial : plan.trials) trials.push_back(data::to_json(trial));
  return {{"name", plan.name},
          {"loss_unit", data::unit_text(plan.domains.loss_unit)},
          {"tokens", plan.tokens},
          {"trials", trials}};
}

}  // namespace bimix::report
