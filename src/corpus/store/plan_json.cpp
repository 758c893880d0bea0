#include "plan_json.hpp"

#include <bimix/core/text.hpp>

namespace bimix::corpus {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Where& where) {
  Json json = Json::array();
  for (const FieldFilter& filter : where) json.push_back({filter.field, filter.values});
  return json;
}

Where where_from(const Json& json) {
  Where where;
  for (const Json& filter : json) where.push_back({filter.at(0), filter.at(1)});
  return where;
}

Json to_json(const Unit& unit) {
  Json files = Json::array(), takers = Json::array();
  for (const SourcePart& part : unit.files)
    files.push_back({path_json(part.path), part.range.from, part.range.to, part.bytes});
  for (const Taker& taker : unit.takers) takers.push_back({taker.side, to_json(taker.where)});
  return {{"files", files},
          {"command", unit.command},
          {"takers", takers},
          {"text", unit.text_key},
          {"binary", unit.binary}};
}

Unit unit_from(const Json& json) {
  Unit unit{
      .command = json.at("command"), .text_key = json.at("text"), .binary = json.at("binary")};
  for (const Json& part : json.at("files"))
    unit.files.push_back({path_from(part.at(0)), {part.at(1), part.at(2)}, part.at(3)});
  for (const Json& taker : json.at("takers"))
    unit.takers.push_back({taker.at(0), where_from(taker.at(1))});
  return unit;
}

}  // namespace

Json path_json(const std::string& path) {
  if (!core::first_not_utf8(path)) return path;
  return std::vector<int>(path.begin(), path.end());
}

std::string path_from(const Json& json) {
  if (json.is_string()) return json;
  std::string path;
  for (const int byte : json.get<std::vector<int>>()) path += static_cast<char>(byte);
  return path;
}

Json to_json(const ReadingPlan& plan) {
  Json sides = Json::array(), units = Json::array();
  for (const Side& side : plan.sides) sides.push_back({side.domain, side.part == Part::train});
  for (const Unit& unit : plan.units) units.push_back(to_json(unit));
  return {{"sides", sides},
          {"units_of", plan.units_of},
          {"units", units},
          {"signature", plan.signature}};
}

ReadingPlan plan_from(const Json& json) {
  ReadingPlan plan{.units_of = json.at("units_of"), .signature = json.at("signature")};
  for (const Json& side : json.at("sides"))
    plan.sides.push_back({side.at(0), side.at(1).get<bool>() ? Part::train : Part::eval});
  for (const Json& unit : json.at("units")) plan.units.push_back(unit_from(unit));
  return plan;
}

Json to_json(const CorpusOptions& options) {
  std::vector<std::string> names;
  for (const DomainFiles& domain : options.domains) names.push_back(domain.name);
  return {{"domains", names},
          {"base", path_json(options.base.string())},
          {"eval_fraction", options.eval_fraction},
          {"seed", options.seed},
          {"width", options.tokens.width},
          {"vocabulary", options.tokens.vocabulary},
          {"end_of_document", options.end_of_document},
          {"max_document", options.max_document},
          {"on_error", core::word_of(options.on_error)},
          {"silence", options.silence},
          {"sentencepiece", options.tokenizer.sentencepiece},
          {"train_tokenizer", options.tokenizer.train},
          {"shares", options.shares}};
}

CorpusOptions options_from(const Json& json) {
  CorpusOptions options{.base = path_from(json.at("base")),
                        .eval_fraction = json.at("eval_fraction"),
                        .seed = json.at("seed"),
                        .tokens = {json.at("width"), json.at("vocabulary")},
                        .end_of_document = json.at("end_of_document"),
                        .max_document = json.at("max_document"),
                        .on_error = core::parse_word<OnError>(json.at("on_error"), "on_error"),
                        .silence = json.at("silence"),
                        .tokenizer = {json.at("sentencepiece"), json.at("train_tokenizer")},
                        .shares = json.at("shares")};
  for (const Json& name : json.at("domains")) options.domains.push_back({.name = name});
  return options;
}

}  // namespace bimix::corpus
