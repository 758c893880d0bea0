#include "fields.hpp"
#include "reader.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/entropy/entropy.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace bimix::config {
namespace {

using Schema = nlohmann::ordered_json;

/// Counts may be written 250K, 3B or 1e9: then they are words to YAML.
Schema count_between(double low, double high) {
  Schema number{{"type", "number"}, {"minimum", low}};
  if (high < static_cast<double>(any_int)) number["maximum"] = high;
  return {
      {"anyOf",
       {number, {{"type", "string"}, {"pattern", "^[0-9][0-9_.]*([eE][+]?[0-9]+)?[KMGBT]?$"}}}}};
}

Schema number_between(double low, double high) {
  Schema number{{"type", "number"}, {"minimum", low == positive ? 0.0 : low}};
  if (high != infinity) number["maximum"] = high;
  return number;
}

Schema one_of(const std::vector<std::string>& words) {
  return {{"type", "string"}, {"enum", words}};
}

Schema list_of(const Schema& item) { return {{"type", "array"}, {"items", item}}; }

Schema map_of(const Schema& value) { return {{"type", "object"}, {"additionalProperties", value}}; }

/// A map of known keys; those that start with x- are notes.
Schema block(const Schema& properties, const std::vector<std::string>& required = {}) {
  Schema schema{{"type", "object"},
                {"properties", properties},
                {"patternProperties", {{"^x-", Schema::object()}}},
                {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

/// One of them, or a list.
Schema one_or_more(const Schema& item) { return {{"anyOf", {item, list_of(item)}}}; }

/// What Reader reads, as properties with meaning and default.
class SchemaKeys {
 public:
  explicit SchemaKeys(Schema& properties) : properties_(properties) {}
  void text(const char* key, const std::string& value, const char* meaning) {
    // `timeout: 90` is a number to YAML.
    put(key, {{"type", {"string", "number", "boolean"}}}, value, meaning);
  }
  template <core::Worded E>
  void word(const char* key, E value, const char* meaning) {
    choice(key, value, meaning);
  }
  template <core::Worded E>
  void choice(const char* key, E value, const char* meaning) {
    put(key, one_of(core::all_words<E>()), core::word_of(value), meaning);
  }
  void whole(const char* key, int value, Range<int> range, const char* meaning) {
    put(key, count_between(range.low, range.high), value, meaning);
  }
  void count(const char* key, std::int64_t value, Range<std::int64_t> range, const char* meaning) {
    put(key, count_between(static_cast<double>(range.low), static_cast<double>(range.high)), value,
        meaning);
  }
  void number(const char* key, double value, Range<double> range, const char* meaning) {
    // Volumes are numbers too, and may be written 20M.
    const bool may_be_count = range.high > 1e6;
    put(key,
        may_be_count ? count_between(range.low, range.high) : number_between(range.low, range.high),
        value, meaning);
  }
  void number(const char* key, std::optional<double>, Range<double> range, const char* meaning) {
    properties_[key] = number_between(range.low, range.high);
    properties_[key]["description"] = meaning;
  }
  void target(const char* key, std::int64_t, const char* meaning) {
    properties_[key] =
        block({{"target", count_between(1, static_cast<double>(most_tokens))}}, {"target"});
    properties_[key]["description"] = meaning;
  }
  template <class T>
  void parsed(const char* key, const T& value, const char* meaning) {
    put(key, {{"type", {"string", "number"}}}, value.text(), meaning);
  }
  void flag(const char* key, bool value, const char* meaning) {
    put(key, {{"type", "boolean"}}, value, meaning);
  }
  void words(const char* key, const std::vector<std::string>& value, const char* meaning) {
    put(key, one_or_more({{"type", "string"}}), value, meaning);
  }
  template <core::Worded E>
  void words(const char* key, const std::vector<E>& value, const char* meaning) {
    put(key, one_or_more(one_of(core::all_words<E>())), core::words_of(value), meaning);
  }

 private:
  void put(const char* key, Schema schema, const Schema& value, const char* meaning) {
    schema["description"] = meaning;
    if (!value.is_number_float() || std::isfinite(value.get<double>())) schema["default"] = value;
    properties_[key] = std::move(schema);
  }
  Schema& properties_;
};

template <class Options>
Schema properties_of(Options options) {
  Schema properties = Schema::object();
  SchemaKeys keys(properties);
  describe(keys, options);
  return properties;
}

/// A domain, or a node with children, which are domains again.
Schema domain_schema() {
  Schema keys{{"share", number_between(0, infinity)},
              {"train", one_or_more({{"type", "string"}})},
              {"eval", one_or_more({{"type", "string"}})},
              {"binary", {{"type", "boolean"}}},
              {"read", one_or_more({{"type", "string"}})},
              {"text", {{"type", "string"}}},
              {"where", map_of(one_or_more({{"type", {"string", "number", "boolean"}}}))},
              {"by", {{"type", "string"}, {"minLength", 1}}},
              {"fraction", number_between(positive, 1)}};
  Schema node = keys;
  node["children"] = {{"type", "object"},
                      {"minProperties", 1},
                      {"additionalProperties", {{"$ref", "#/$defs/domain"}}}};
  keys["unique_tokens"] = {{"type", {"string", "number"}}};
  return {{"oneOf", {block(keys, {"share"}), block(node, {"children"})}}};
}

Schema mixtures_schema() {
  const Schema share = number_between(0, 1), shares = map_of(number_between(0, infinity));
  const Schema preset{
      {"anyOf",
       {one_of(mix::policy_names(core::all_words<entropy::Measure>())),
        {{"type", "string"},
         {"pattern", fmt::format(R"(^({})\([0-9][0-9.eE+]*\)$|^deletions$)",
                                 fmt::join(mix::policy_names_with_number(), "|"))}}}}};
  const auto only = [](const char* key, const Schema& schema) {
    return block({{key, schema}}, {key});
  };
  return list_of(
      {{"oneOf",
        {block({{"preset", one_or_more(preset)}, {"repeats", count_between(0, 1'000'000)}},
               {"preset"}),
         only("simplex", block({{"step", number_between(1e-6, 1)}, {"floor", share}})),
         only("dirichlet",
              block({{"count", count_between(1, 1'000'000)},
                     {"strength",
                      {{"anyOf", {number_between(1e-9, 1e9), list_of(number_between(1e-9, 1e9))}}}},
                     {"around", preset},
                     {"floor", share},
                     {"among", one_or_more({{"type", "string"}})},
                     {"within", {{"type", "string"}}}})),
         only("grid", map_of(list_of(share))), only("list", list_of(shares)),
         only("file", {{"type", "string"}})}}});
}

Schema utilities_schema() {
  const Schema value = number_between(0, 1);
  const Schema by_task = map_of({{"anyOf", {value, list_of(number_between(0, infinity))}}});
  return {{"anyOf", {{{"type", "string"}}, map_of(by_task)}}};
}

Schema volumes_schema() {
  const Schema tokens = count_between(1, static_cast<double>(most_tokens));
  return block({{"values", list_of(tokens)},
                {"from", tokens},
                {"to", tokens},
                {"count", count_between(1, 100'000)},
                {"axis", one_of(core::all_words<plan::VolumeAxis>())}});
}

}  // namespace

std::string campaign_schema() {
  const Campaign defaults;
  const Schema by_domain = map_of(number_between(0, infinity));
  Schema optimize = properties_of(defaults.optimize);
  for (const char* key : {"weights", "floor", "cap"}) optimize[key] = by_domain;
  optimize["groups"] = map_of(one_or_more({{"type", "string"}}));
  Schema source{{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}};
  source["properties"] = {{"proxy", block(properties_of(defaults.proxy))},
                          {"replay", block(properties_of(defaults.replay), {"files"})},
                          {"command", block(properties_of(defaults.command), {"run"})}};
  source["additionalProperties"] = false;
  Schema adaptive = properties_of(plan::AdaptiveOptions());
  adaptive["until"] = block(properties_of(plan::Until()));
  const Schema domains{{"type", "object"},
                       {"minProperties", 1},
                       {"additionalProperties", {{"$ref", "#/$defs/domain"}}}};
  const Schema eval_domains{
      {"anyOf", {one_of({"same"}), map_of(block({{"share_of", {{"type", "string"}}}}))}}};
  Schema schema =
      block({{"name", {{"type", "string"}, {"pattern", "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$"}}},
             {"seed", count_between(0, static_cast<double>(any_count))},
             {"normalise", {{"type", "boolean"}}},
             {"base", {{"type", "string"}}},
             {"tokens", one_of(corpus::token_words())},
             {"corpus", block(properties_of(defaults.corpus))},
             {"tokenizer", block(properties_of(defaults.corpus.tokenizer))},
             {"domains", domains},
             {"eval_domains", eval_domains},
             {"design", block({{"mixtures", mixtures_schema()},
                               {"adaptive", block(adaptive)},
                               {"utilities", utilities_schema()},
                               {"volumes", volumes_schema()},
                               {"repeats", count_between(1, 1'000'000)},
                               {"seeds", one_of(core::all_words<plan::SeedChoice>())},
                               {"reuse", one_or_more({{"type", "string"}})}})},
             {"source", source},
             {"entropy", block(properties_of(defaults.entropy))},
             {"fit", block(properties_of(defaults.fit))},
             {"optimize", block(optimize)},
             {"check", block(properties_of(defaults.check))}},
            {"name", "domains", "source"});
  Schema titled{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "A campaign of bimix"},
                {"$defs", {{"domain", domain_schema()}}}};
  titled.update(schema);
  return titled.dump(1) + "\n";
}

}  // namespace bimix::config
