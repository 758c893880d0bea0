#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>

#include <utility>

namespace bimix::data {

namespace {

Json to_json(const BestKnown& known) {
  Json laws = Json::object();
  for (const auto& [law, weight] : known.laws) laws[law] = weight;
  return {{"best", data::to_json(known.share)},
          {"best_low", data::to_json(known.low)},
          {"best_high", data::to_json(known.high)},
          {"regret_nats", data::to_json(known.regret_nats)},
          {"regret_high_nats", data::to_json(known.regret_high_nats)},
          {"laws", std::move(laws)}};
}

BestKnown best_known_from(const Json& json) {
  BestKnown known{.share = json.at("best").get<Mixture>(),
                  .low = json.at("best_low").get<Mixture>(),
                  .high = json.at("best_high").get<Mixture>(),
                  .regret_nats = json.at("regret_nats").get<double>(),
                  .regret_high_nats = json.at("regret_high_nats").get<double>()};
  for (const auto& [law, weight] : json.at("laws").items())
    known.laws.emplace_back(law, weight.get<double>());
  return known;
}

}  // namespace

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
  Json json{{"mixtures", std::move(mixtures)},
            {"loss_unit", unit_text(domains.loss_unit)},
            {"bytes_per_token", to_json(domains.bytes_per_token)},
            {"regret_after_nats", next.regret_after_nats},
            {"flags", next.flags}};
  json.update(to_json(next.known));
  return json;
}

Json to_json(const Round& round) {
  Json json{{"number", round.number},
            {"seen", round.seen},
            {"under_way", round.under_way},
            {"stop", round.stop},
            {"note", round.note},
            {"level", to_json(round.level)},
            {"gain_nats", to_json(round.gain_nats)},
            {"spent", to_json(round.spent)},
            {"price", to_json(round.price)}};
  json.update(to_json(round.known));
  return json;
}

Round round_from(const Json& json) {
  Round round;
  round.number = static_cast<int>(whole_number_from(json, "number"));
  round.seen = static_cast<int>(whole_number_from(json, "seen"));
  round.under_way = static_cast<int>(whole_number_from(json, "under_way"));
  round.stop = json.at("stop").get<std::string>();
  round.note = json.at("note").get<std::string>();
  round.known = best_known_from(json);
  round.level = json.at("level").get<double>();
  round.gain_nats = json.at("gain_nats").get<double>();
  round.spent = json.at("spent").get<double>();
  round.price = json.at("price").get<double>();
  return round;
}

}  // namespace bimix::data
