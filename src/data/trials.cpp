#include <bimix/core/error.hpp>
#include <bimix/data/trials.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::data {
namespace {

/// Demands of one record, by the name of its members.
class Demands {
 public:
  explicit Demands(std::string place) : place_(std::move(place)) {}

  void that(bool holds, const char* member, const std::string& problem, const char* rule) const {
    if (holds) return;
    throw core::DataError(
        {.place = place_ + ": " + member,
         .problem = problem,
         .rule = rule,
         .remedy = "Restore the file from a copy, or start over in a new folder"});
  }
  void count(const char* member, std::size_t found, std::size_t wanted, const char* rule) const {
    that(found == wanted, member, fmt::format("has {} numbers, not {}", found, wanted), rule);
  }
  void at_least(const char* member, std::int64_t found, std::int64_t least) const {
    that(found >= least, member, fmt::format("{} is out of range", found),
         least == 0 ? "it must not be negative" : "it must be positive");
  }
  void not_negative(const char* member, double found) const {
    that(std::isfinite(found) && found >= 0, member, fmt::format("{} is out of range", found),
         "it must be a number of 0 or more");
  }

 private:
  std::string place_;
};

constexpr const char* one_a_domain = "one for each training domain";
constexpr const char* numbered = "mixtures are numbered from 0, and each has a trial";
constexpr const char* one_an_eval_domain = "one for each evaluation domain";

}  // namespace

void require_sound(const std::vector<TrialSpec>& trials, const DomainSet& domains) {
  std::vector<char> has_trial(trials.size());
  std::size_t mixtures = 0, volumes = 0;
  for (const TrialSpec& spec : trials) {
    const Demands demand("trial " + spec.id);
    // Each mixture has a trial at least.
    demand.that(spec.mixture_id >= 0 && static_cast<std::size_t>(spec.mixture_id) < trials.size(),
                "mixture_id", fmt::format("{} is out of range", spec.mixture_id), numbered);
    has_trial[static_cast<std::size_t>(spec.mixture_id)] = 1;
    mixtures = std::max(mixtures, static_cast<std::size_t>(spec.mixture_id) + 1);
    volumes += spec.tokens.size();
    demand.count("mixture", spec.mixture.size(), domains.train.size(), one_a_domain);
    for (const double share : spec.mixture)
      demand.that(share >= 0 && share <= 1 + 1e-9, "mixture", fmt::format("{} is no share", share),
                  "a share is 0 to 1");
    demand.at_least("repeat", spec.repeat, 0);
    demand.at_least("round", spec.round, 0);
    // A logged run that the logs lack has no volumes; a check is judged at its last one.
    demand.that(!spec.tokens.empty() || spec.purpose != TrialPurpose::check, "tokens",
                "has no volume", "a check has one");
    for (const std::int64_t tokens : spec.tokens) demand.at_least("tokens", tokens, 1);
    demand.that(std::is_sorted(spec.tokens.begin(), spec.tokens.end()), "tokens",
                "goes down from one volume to the next", "volumes ascend");
    demand.not_negative("cost", spec.cost);
  }
  const Demands demand("trials");
  const auto used = static_cast<std::size_t>(std::count(has_trial.begin(), has_trial.end(), 1));
  demand.that(used == mixtures, "mixture_id",
              fmt::format("{} of {} are missing", mixtures - used, mixtures), numbered);
  demand.that(trials.empty() || volumes > 0, "tokens", "no trial has a volume",
              "losses are of volumes");
}

void require_sound(const std::vector<Round>& rounds, const DomainSet& domains) {
  for (const Round& round : rounds) {
    const Demands demand(fmt::format("round {}", round.number));
    demand.at_least("number", round.number, 1);
    demand.at_least("seen", round.seen, 0);
    demand.at_least("under_way", round.under_way, 0);
    for (const Mixture* share : {&round.known.share, &round.known.low, &round.known.high})
      if (!round.known.share.empty())
        demand.count("best", share->size(), domains.train.size(), one_a_domain);
    demand.not_negative("spent", round.spent);
    demand.not_negative("price", round.price);
  }
}

void require_sound(const std::vector<TrialResult>& results, const DomainSet& domains) {
  for (const TrialResult& result : results) {
    const Demands demand("result of trial " + result.id);
    for (const LossPoint& point : result.curve) {
      demand.count("loss_nats", point.loss_nats.size(), domains.eval.size(), one_an_eval_domain);
      demand.at_least("tokens", point.tokens, 1);
      demand.at_least("steps", point.steps, 0);
    }
    if (!result.tokens_seen.empty())
      demand.count("tokens_seen", result.tokens_seen.size(), domains.train.size(), one_a_domain);
    if (!result.unique_tokens.empty())
      demand.count("unique_tokens", result.unique_tokens.size(), domains.train.size(),
                   one_a_domain);
    for (const double pool : result.unique_tokens)
      demand.that(pool >= 0.0, "unique_tokens", fmt::format("{} is no pool", pool),
                  "a pool is a number of tokens, or endless");
    demand.not_negative("wall_seconds", result.wall_seconds);
    demand.not_negative("parameters", result.parameters);
    demand.at_least("rank", result.rank, 0);
    demand.at_least("attempt", result.attempt, 1);
  }
}

void require_sound(const CorpusTable& corpus, const DomainSet& domains) {
  std::vector<std::string> names;
  for (const CorpusRow& row : corpus.rows) names.push_back(row.domain);
  Demands("texts").that(names == domains.train, "domains", "are other ones than the campaign's",
                        "texts are of its training domains");
}

void require_sound(const EntropyTable& entropy, const DomainSet& domains) {
  const Demands demand("entropies");
  demand.that(entropy.domains == domains.train, "domains", "are other ones than the campaign's",
              "entropies are measured of its training domains");
  for (const auto& [member, table] :
       {std::pair("nats", &entropy.nats), std::pair("mixture", &entropy.mixture)}) {
    demand.count(member, table->rows, entropy.measures.size(), "one row for each measure");
    if (table->rows > 0) demand.count(member, table->columns, domains.train.size(), one_a_domain);
  }
  for (const auto& [member, counts] :
       {std::pair("bigrams", &entropy.bigrams), std::pair("samples", &entropy.samples)})
    if (!counts->empty()) demand.count(member, counts->size(), domains.train.size(), one_a_domain);
}

SweepPlan plan_of(const std::string& name, const DomainSet& domains,
                  const std::vector<TrialSpec>& trials) {
  SweepPlan plan{.name = name, .domains = domains, .trials = trials};
  std::vector<std::int64_t> volumes;
  for (const TrialSpec& trial : trials) {
    const auto id = static_cast<std::size_t>(trial.mixture_id);
    plan.mixtures.resize(std::max(plan.mixtures.size(), id + 1));
    plan.labels.resize(plan.mixtures.size());
    plan.mixtures[id] = trial.mixture;
    plan.labels[id] = trial.mixture_label;
    volumes.insert(volumes.end(), trial.tokens.begin(), trial.tokens.end());
  }
  plan.tokens = merged_volumes(std::move(volumes));
  return plan;
}

const core::WordTable<TrialPurpose>& word_table(TrialPurpose) {
  static const core::WordTable<TrialPurpose> table{
      {{TrialPurpose::sweep, "sweep"}, {TrialPurpose::check, "check"}}};
  return table;
}

}  // namespace bimix::data
