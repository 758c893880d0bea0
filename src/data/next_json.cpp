#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>

#include <utility>

namespace bimix::data {

Json to_json(const NextMixtures& next, const DomainSet& domains) {
  Json mixtures = Json::array();
  for (const NextMixture& proposal : next.mixtures) {
    Json share;
    for (std::size_t k = 0; k < proposal.share.size(); ++k)
      share[domains.train[k]] = proposal.share[k];
    mixtures.push_back({{"share", std::move(share)},
                        {"gain_nats", proposal.gain_nats},
                        {"most_epochs", proposal.most_epochs},
                        {"domain", proposal.domain},
                        {"domain_fall", proposal.domain_fall}});
  }
  Json laws = Json::object();
  for (const auto& [law, weight] : next.laws) laws[law] = weight;
  return {{"mixtures", std::move(mixtures)},
          {"loss_unit", unit_text(domains.loss_unit)},
          {"bytes_per_token", to_json(domains.bytes_per_token)},
          {"regret_nats", next.regret_nats},
          {"regret_after_nats", next.regret_after_nats},
          {"regret_high_nats", next.regret_high_nats},
          {"best", to_json(next.best)},
          {"best_low", to_json(next.best_low)},
          {"best_high", to_json(next.best_high)},
          {"law_weights", std::move(laws)},
          {"flags", next.flags}};
}

Json to_json(const Round& round) {
  Json laws = Json::object();
  for (const auto& [law, weight] : round.laws) laws[law] = weight;
  return {{"number", round.number},
          {"seen", round.seen},
          {"under_way", round.under_way},
          {"stop", round.stop},
          {"note", round.note},
          {"best", to_json(round.best)},
          {"best_low", to_json(round.best_low)},
          {"best_high", to_json(round.best_high)},
          {"regret_nats", to_json(round.regret_nats)},
          {"regret_high_nats", to_json(round.regret_high_nats)},
          {"level", to_json(round.level)},
          {"gain_nats", to_json(round.gain_nats)},
          {"spent", to_json(round.spent)},
          {"price", to_json(round.price)},
          {"laws", std::move(laws)}};
}

Round round_from(const Json& json) {
  Round round;
  round.number = static_cast<int>(whole_number_from(json, "number"));
  round.seen = static_cast<int>(whole_number_from(json, "seen"));
  round.under_way = static_cast<int>(whole_number_from(json, "under_way"));
  round.stop = json.at("stop").get<std::string>();
  round.note = json.at("note").get<std::string>();
  round.best = json.at("best").get<Mixture>();
  round.best_low = json.at("best_low").get<Mixture>();
  round.best_high = json.at("best_high").get<Mixture>();
  round.regret_nats = json.at("regret_nats").get<double>();
  round.regret_high_nats = json.at("regret_high_nats").get<double>();
  round.level = json.at("level").get<double>();
  round.gain_nats = json.at("gain_nats").get<double>();
  round.spent = json.at("spent").get<double>();
  round.price = json.at("price").get<double>();
  for (const auto& [law, weight] : json.at("laws").items())
    round.laws.emplace_back(law, weight.get<double>());
  return round;
}

}  // namespace bimix::data
