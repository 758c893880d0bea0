#include "manifest.hpp"

#include "plan_json.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>

#include <fmt/format.h>

namespace bimix::corpus {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const PreparedPart& part) {
  return {{"documents", part.documents}, {"tokens", part.tokens}, {"bytes", part.bytes}};
}

PreparedPart part_from(const Json& json) {
  return {
      .documents = json.at("documents"), .tokens = json.at("tokens"), .bytes = json.at("bytes")};
}

const char* part_word(Part part) { return part == Part::train ? "train" : "eval"; }

std::filesystem::path side_file(const std::filesystem::path& folder, const Side& side,
                                const char* what) {
  return folder / fmt::format("{}.{}.{}", side.domain, part_word(side.part), what);
}

}  // namespace

Json to_json(const Manifest& manifest) {
  Json domains = Json::array();
  for (const PreparedDomain& domain : manifest.domains)
    domains.push_back({{"name", domain.name},
                       {"fingerprint", domain.fingerprint},
                       {"train", to_json(domain.train)},
                       {"eval", to_json(domain.eval)},
                       {"documents", domain.documents},
                       {"longest", domain.longest},
                       {"duplicates", domain.duplicates},
                       {"evaluated_on", domain.evaluated_on},
                       {"in_other_domains", domain.in_other_domains},
                       {"not_taken", domain.not_taken},
                       {"unwanted", domain.unwanted},
                       {"damaged", domain.damaged},
                       {"first_damage", domain.first_damage},
                       {"note", domain.note}});
  Json files = Json::array();
  for (const std::string& file : manifest.files) files.push_back(path_json(file));
  return {{"version", store_version},
          {"signature", manifest.signature},
          {"width", manifest.tokens.width},
          {"vocabulary", manifest.tokens.vocabulary},
          {"domains", domains},
          {"files", files},
          {"encoded_by", manifest.encoded_by},
          {"seal", manifest.seal}};
}

Manifest manifest_from(const Json& json, const std::string& place) {
  try {
    if (json.at("version") != store_version)
      throw core::DataError({.place = place,
                             .problem = "is of another version of bimix",
                             .remedy = "Remove its folder: it is prepared again"});
    Manifest manifest{.signature = json.at("signature"),
                      .tokens = {json.at("width"), json.at("vocabulary")},
                      .encoded_by = json.at("encoded_by"),
                      .seal = json.at("seal")};
    for (const Json& file : json.at("files")) manifest.files.push_back(path_from(file));
    for (const Json& domain : json.at("domains"))
      manifest.domains.push_back({.name = domain.at("name"),
                                  .fingerprint = domain.at("fingerprint"),
                                  .train = part_from(domain.at("train")),
                                  .eval = part_from(domain.at("eval")),
                                  .documents = domain.at("documents"),
                                  .longest = domain.at("longest"),
                                  .duplicates = domain.at("duplicates"),
                                  .evaluated_on = domain.at("evaluated_on"),
                                  .in_other_domains = domain.at("in_other_domains"),
                                  .not_taken = domain.at("not_taken"),
                                  .unwanted = domain.at("unwanted"),
                                  .damaged = domain.at("damaged"),
                                  .first_damage = domain.at("first_damage"),
                                  .note = domain.at("note")});
    return manifest;
  } catch (const Json::exception& cause) {
    throw core::DataError({.place = place,
                           .problem = fmt::format("is damaged: {}", cause.what()),
                           .remedy = "Remove its folder: it is prepared again"});
  }
}

Manifest read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / manifest_name;
  return manifest_from(Json::parse(core::read_file(path), nullptr, false), path.string());
}

std::optional<Manifest> find_manifest(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / manifest_name)) return std::nullopt;
  try {
    return read_manifest(folder);
  } catch (const core::DataError&) {
    return std::nullopt;
  }
}

std::filesystem::path tokens_file(const std::filesystem::path& folder, const Side& side) {
  return side_file(folder, side, "tokens");
}

std::filesystem::path ends_file(const std::filesystem::path& folder, const Side& side) {
  return side_file(folder, side, "ends");
}

std::filesystem::path places_file(const std::filesystem::path& folder, const Side& side) {
  return side_file(folder, side, "places");
}

}  // namespace bimix::corpus
