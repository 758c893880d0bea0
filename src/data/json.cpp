#include <bimix/core/error.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace bimix::data {

std::string as_text(std::string_view bytes) {
  const std::string json = Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(json).get<std::string>();
}

Json to_json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json to_json(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(to_json(value));
  return array;
}

Json to_json(const Table& table) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < table.rows; ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < table.columns; ++j) row.push_back(to_json(table(i, j)));
    rows.push_back(std::move(row));
  }
  return rows;
}

namespace {

/// Reads members of one object; every failure names the member.
class Reader {
 public:
  Reader(const Json& object, const char* what) : object_(object), what_(what) {
    if (!object.is_object()) fail("", "is not an object");
  }

  const Json& member(const char* name) const {
    const auto found = object_.find(name);
    if (found == object_.end()) fail(name, "is missing");
    return *found;
  }

  template <class T>
  T value(const char* name) const {
    if constexpr (std::is_integral_v<T>) {
      return as_whole_number<T>(member(name), name);
    } else {
      try {
        return member(name).get<T>();
      } catch (const nlohmann::json::exception& cause) {
        fail(name, cause.what());
      }
    }
  }

  std::vector<std::int64_t> counts(const char* name) const {
    std::vector<std::int64_t> values;
    for (const Json& element : array(name))
      values.push_back(as_whole_number<std::int64_t>(element, name));
    return values;
  }

  double number(const char* name) const { return as_number(member(name), name); }

  std::vector<double> numbers(const char* name) const {
    std::vector<double> values;
    for (const Json& element : array(name)) values.push_back(as_number(element, name));
    return values;
  }

  Table table(const char* name) const {
    Table values;
    for (const Json& row : array(name)) {
      if (!row.is_array() || (values.rows > 0 && row.size() != values.columns))
        fail(name, "is no rectangular table");
      values.columns = row.size();
      ++values.rows;
      for (const Json& element : row) values.values.push_back(as_number(element, name));
    }
    return values;
  }

  const Json& array(const char* name) const {
    const Json& found = member(name);
    if (!found.is_array()) fail(name, "is not an array");
    return found;
  }

  [[noreturn]] void fail(const std::string& name, const std::string& problem) const {
    throw core::DataError(
        {.place = name.empty() ? std::string(what_) : std::string(what_) + "." + name,
         .problem = problem,
         .rule = "",
         .remedy = ""});
  }

 private:
  double as_number(const Json& element, const char* name) const {
    if (element.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (!element.is_number()) fail(name, "is not a number");
    return element.get<double>();
  }

  /// Without the wrapping around and the rounding of a plain conversion.
  template <class T>
  T as_whole_number(const Json& element, const char* name) const {
    if (element.is_number_unsigned()) {
      const auto number = element.get<std::uint64_t>();
      if (std::in_range<T>(number)) return static_cast<T>(number);
    } else if (element.is_number_integer()) {
      const auto number = element.get<std::int64_t>();
      if (std::in_range<T>(number)) return static_cast<T>(number);
    }
    fail(name, fmt::format("{} is no whole number from {} to {}",
                           element.dump(-1, ' ', false, Json::error_handler_t::replace),
                           std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }

  const Json& object_;
  const char* what_;
};

}  // namespace

std::int64_t whole_number_from(const Json& object, const char* member) {
  return Reader(object, "line").value<std::int64_t>(member);
}

Json to_json(const TrialSpec& spec) {
  Json json{{"id", spec.id},
            {"purpose", core::word_of(spec.purpose)},
            {"mixture_label", spec.mixture_label},
            {"mixture_id", spec.mixture_id},
            {"mixture", to_json(spec.mixture)},
            {"repeat", spec.repeat},
            {"seed", spec.seed},
            {"tokens", spec.tokens},
            {"run", spec.run},
            {"source", spec.source},
            {"cost", to_json(spec.cost)}};
  if (spec.round > 0) json["round"] = spec.round;
  if (!spec.reused.empty()) json["reused"] = spec.reused;
  return json;
}

TrialSpec trial_spec_from(const Json& json) {
  const Reader read(json, "trial spec");
  TrialSpec spec;
  spec.id = read.value<std::string>("id");
  const auto purpose = core::find_word<TrialPurpose>(read.value<std::string>("purpose"));
  if (!purpose) read.fail("purpose", "is neither 'sweep' nor 'check'");
  spec.purpose = *purpose;
  spec.mixture_label = read.value<std::string>("mixture_label");
  spec.mixture_id = read.value<int>("mixture_id");
  spec.mixture = read.numbers("mixture");
  spec.repeat = read.value<int>("repeat");
  spec.seed = read.value<std::uint64_t>("seed");
  spec.tokens = read.counts("tokens");
  spec.run = read.value<std::string>("run");
  spec.source = read.value<std::string>("source");
  spec.cost = read.number("cost");
  if (json.contains("round")) spec.round = read.value<int>("round");
  if (json.contains("reused")) spec.reused = read.value<std::string>("reused");
  return spec;
}

namespace {

constexpr std::array<std::string_view, 8> failure_words{
    "", "data", "memory", "timeout", "killed", "command", "quarantined", "internal"};

}  // namespace

std::string failure_word(FailureKind kind) {
  return std::string(failure_words.at(static_cast<std::size_t>(kind)));
}

FailureKind failure_kind_from(std::string_view word) {
  const auto found = std::find(failure_words.begin(), failure_words.end(), word);
  if (found == failure_words.end())
    throw core::DataError(
        {.place = "", .problem = fmt::format("'{}' is no kind of failure", word)});
  return static_cast<FailureKind>(found - failure_words.begin());
}

namespace {

/// An endless pool is null.
Pools pools_from(std::vector<double> numbers) {
  for (double& number : numbers)
    if (std::isnan(number)) number = std::numeric_limits<double>::infinity();
  return numbers;
}

}  // namespace

Json to_json(const TrialResult& result) {
  Json curve = Json::array();
  for (const LossPoint& point : result.curve)
    curve.push_back({{"tokens", point.tokens},
                     {"steps", point.steps},
                     {"loss_nats", to_json(point.loss_nats)}});
  return {{"id", result.id},
          {"status", static_cast<int>(result.status)},
          {"failure", failure_word(result.failure)},
          {"message", as_text(result.message)},
          {"curve", std::move(curve)},
          {"tokens_seen", result.tokens_seen},
          {"unique_tokens", to_json(result.unique_tokens)},
          {"started_utc", to_json(result.started_utc)},
          {"wall_seconds", to_json(result.wall_seconds)},
          {"tokens_per_second", to_json(result.tokens_per_second)},
          {"parameters", to_json(result.parameters)},
          {"rank", result.rank},
          {"attempt", result.attempt},
          {"host", as_text(result.host)}};
}

TrialResult trial_result_from(const Json& json) {
  const Reader read(json, "trial result");
  TrialResult result;
  result.id = read.value<std::string>("id");
  const int status = read.value<int>("status");
  if (status < 0 || status > static_cast<int>(TrialStatus::failed))
    read.fail("status", "is no known status");
  result.status = static_cast<TrialStatus>(status);
  // Older journals lack what is asked for before it is read.
  if (json.contains("failure"))
    result.failure = failure_kind_from(read.value<std::string>("failure"));
  result.message = read.value<std::string>("message");
  for (const Json& element : read.array("curve")) {
    const Reader point(element, "trial result.curve");
    result.curve.push_back({.tokens = point.value<std::int64_t>("tokens"),
                            .steps = point.value<std::int64_t>("steps"),
                            .loss_nats = point.numbers("loss_nats")});
  }
  result.tokens_seen = read.counts("tokens_seen");
  if (json.contains("unique_tokens"))
    result.unique_tokens = pools_from(read.numbers("unique_tokens"));
  if (json.contains("started_utc")) result.started_utc = read.number("started_utc");
  result.wall_seconds = read.number("wall_seconds");
  result.tokens_per_second = read.number("tokens_per_second");
  result.parameters = read.number("parameters");
  result.rank = read.value<int>("rank");
  result.attempt = read.value<int>("attempt");
  result.host = read.value<std::string>("host");
  return result;
}

Json to_json(const CorpusTable& table) {
  Json rows = Json::array();
  for (const CorpusRow& row : table.rows)
    rows.push_back({{"domain", row.domain},
                    {"documents", row.documents},
                    {"bytes", row.bytes},
                    {"tokens", row.tokens},
                    {"pool", row.pool},
                    {"eval_tokens", row.eval_tokens},
                    {"eval_bytes", row.eval_bytes},
                    {"longest", row.longest},
                    {"duplicates", row.duplicates},
                    {"evaluated_on", row.evaluated_on},
                    {"in_other_domains", row.in_other_domains},
                    {"unwanted", row.unwanted},
                    {"damaged", row.damaged}});
  return rows;
}

CorpusTable corpus_table_from(const Json& json) {
  CorpusTable table;
  for (const Json& entry : json) {
    const Reader row(entry, "corpus table");
    const auto count = [&](const char* key) { return row.value<std::uint64_t>(key); };
    table.rows.push_back({.domain = row.value<std::string>("domain"),
                          .documents = count("documents"),
                          .bytes = count("bytes"),
                          .tokens = count("tokens"),
                          .pool = count("pool"),
                          .eval_tokens = count("eval_tokens"),
                          .eval_bytes = count("eval_bytes"),
                          .longest = count("longest"),
                          .duplicates = count("duplicates"),
                          .evaluated_on = count("evaluated_on"),
                          .in_other_domains = count("in_other_domains"),
                          .unwanted = count("unwanted"),
                          .damaged = count("damaged")});
  }
  return table;
}

Json to_json(const EntropyTable& entropy) {
  return {{"domains", entropy.domains},    {"measures", entropy.measures},
          {"nats", to_json(entropy.nats)}, {"mixture", to_json(entropy.mixture)},
          {"bigrams", entropy.bigrams},    {"samples", entropy.samples},
          {"embedding", entropy.embedding}};
}

EntropyTable entropy_table_from(const Json& json) {
  const Reader read(json, "entropy table");
  EntropyTable entropy;
  entropy.domains = read.value<std::vector<std::string>>("domains");
  entropy.measures = read.value<std::vector<std::string>>("measures");
  entropy.nats = read.table("nats");
  entropy.mixture = read.table("mixture");
  entropy.bigrams = read.counts("bigrams");
  entropy.samples = read.counts("samples");
  entropy.embedding = read.value<std::string>("embedding");
  return entropy;
}

namespace {

Json trust_json(const Trust& trust, const DomainSet& domains) {
  const auto number = [](std::optional<double> value) {
    return to_json(value.value_or(std::nan("")));
  };
  Json worse = Json::array();
  for (std::size_t e = 0; e < trust.is_worse.size(); ++e)
    if (trust.is_worse[e] != 0) worse.push_back(domains.eval[e]);
  return {{"is_trusted", trust.doubt.empty()},
          {"doubt", trust.doubt},
          {"error", number(trust.error)},
          {"mean_baseline", number(trust.mean_baseline)},
          {"r2", number(trust.r2)},
          {"worse_sets", std::move(worse)}};
}

}  // namespace

Json to_json(const MixtureChoice& choice, const DomainSet& domains) {
  Json counted = Json::array();
  const std::vector<bool>& counts = choice.objective_words.counts;
  for (std::size_t e = 0; e < counts.size(); ++e)
    if (counts[e]) counted.push_back(domains.eval[e]);
  Json nodes = Json::object();
  for (const DomainNode& node : domain_nodes(domains.train))
    nodes[node.name] = {{"share", sum_over(node, choice.share)},
                        {"default_share", sum_over(node, choice.default_share)}};
  return {{"law", choice.law},
          {"loss_unit", unit_text(domains.loss_unit)},
          {"nodes", std::move(nodes)},
          {"objective", choice.objective},
          {"objective_words", choice.objective_words.whole},
          {"objective_sets", std::move(counted)},
          {"tokens", to_json(choice.tokens)},
          {"model_size", to_json(choice.model_size)},
          {"share", to_json(choice.share)},
          {"default_share", to_json(choice.default_share)},
          {"floor", to_json(choice.floor)},
          {"cap", to_json(choice.cap)},
          {"unique_tokens", to_json(choice.unique_tokens)},
          {"max_epochs", to_json(choice.max_epochs)},
          {"epochs", to_json(epochs(choice.share, choice.tokens, choice.unique_tokens))},
          {"default_epochs",
           to_json(epochs(choice.default_share, choice.tokens, choice.unique_tokens))},
          {"weight", to_json(choice.weight)},
          {"predicted_nats", to_json(choice.predicted_nats)},
          {"predicted_default_nats", to_json(choice.predicted_default_nats)},
          {"bytes_per_token", to_json(domains.bytes_per_token)},
          {"objective_nats", to_json(choice.objective_nats)},
          {"objective_default_nats", to_json(choice.objective_default_nats)},
          {"certificate", to_json(choice.certificate)},
          {"certificate_kind", choice.certificate_kind},
          {"level", choice.level},
          {"share_low", to_json(choice.share_low)},
          {"share_high", to_json(choice.share_high)},
          {"gain_nats", to_json(choice.gain_nats)},
          {"gain_low", to_json(choice.gain_low)},
          {"gain_high", to_json(choice.gain_high)},
          {"gain_expected", to_json(choice.gain_expected.value_or(std::nan("")))},
          {"nearest_run", choice.nearest_run},
          {"nearest_distance", to_json(choice.nearest_distance.value_or(std::nan("")))},
          {"gain_beyond_runs", to_json(choice.gain_beyond_runs.value_or(std::nan("")))},
          {"prior", choice.prior},
          {"prior_weight", choice.prior_weight},
          {"unshrunk_share", to_json(choice.unshrunk_share)},
          {"free_share", to_json(choice.free_share)},
          {"trust", trust_json(choice.trust, domains)},
          {"caution", choice.caution},
          {"flags", choice.flags}};
}

Json to_json(const LawFit& fit) {
  Json domains = Json::array();
  for (std::size_t e = 0; e < fit.domain.size(); ++e) {
    const DomainFit& domain = fit.domain[e];
    Json coefficients;
    for (std::size_t p = 0; p < fit.parameters.size(); ++p)
      coefficients[fit.parameters[p]] = to_json(fit.coefficient(e, p));
    domains.push_back({{"domain", fit.domains.eval[e]},
                       {"coefficient", std::move(coefficients)},
                       {"observations", domain.observations},
                       {"masked", domain.masked},
                       {"rmse_relative", to_json(domain.rmse_relative)},
                       {"rank", domain.rank},
                       {"condition", to_json(domain.condition)},
                       {"stop_reason", domain.stop_reason},
                       {"noise",
                        {{"reading", to_json(domain.noise_reading.value_or(std::nan("")))},
                         {"seed", to_json(domain.noise_seed.value_or(std::nan("")))},
                         {"source", domain.noise_source}}},
                       {"flags", domain.flags}});
    if (!fit.profile_low.empty())
      domains.back()["alpha_profile"] =
          to_json(std::vector{fit.profile_low[e], fit.profile_high[e]});
  }
  return {{"law", fit.law},
          {"loss_unit", unit_text(fit.domains.loss_unit)},
          {"bytes_per_token", to_json(fit.domains.bytes_per_token)},
          {"model_size", to_json(std::vector{fit.size_low, fit.size_high})},
          {"trust", trust_json(fit.trust, fit.domains)},
          {"flags", fit.flags},
          {"domains", std::move(domains)},
          {"held_out", to_json(fit.held_out)}};
}

Json to_json(const std::vector<VolumeOptimum>& optima, const DomainSet& domains) {
  const auto by_domain = [&](const std::vector<double>& shares) {
    Json named = Json::object();
    for (std::size_t k = 0; k < shares.size(); ++k) named[domains.train[k]] = to_json(shares[k]);
    return named;
  };
  Json rows = Json::array();
  for (const VolumeOptimum& optimum : optima)
    rows.push_back({{"tokens", optimum.tokens},
                    {"share", by_domain(optimum.share)},
                    {"share_low", by_domain(optimum.share_low)},
                    {"share_high", by_domain(optimum.share_high)},
                    {"most_epochs", optimum.most_epochs},
                    {"foreseen", by_domain(optimum.foreseen)}});
  return rows;
}

Json to_json(const HeldOut& held) {
  return {{"protocol", held.protocol},
          {"folds", held.folds},
          {"error", to_json(held.error)},
          {"worst", to_json(held.worst)},
          {"r2", to_json(held.r2)},
          {"persistence", to_json(held.persistence)},
          {"mean_baseline", to_json(held.mean_baseline)},
          {"curve_r2", to_json(held.curve_r2)},
          {"spearman", to_json(held.spearman)},
          {"regret_nats", to_json(held.regret_nats)}};
}

}  // namespace bimix::data
