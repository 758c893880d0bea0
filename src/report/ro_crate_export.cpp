/// RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): ro-crate-metadata.json, which makes the run folder
/// it is put into a described research object for repositories such as Zenodo. The root names the
/// files that every finished run has, and the program's last session as the action that made them.
/// There is no `license`: only the owner of the texts can say it; add it before you publish.

#include "exporter.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>

#include <fmt/format.h>

#include <string_view>

namespace bimix::report {
namespace {

struct CrateFile {
  const char* name;
  const char* what;
  const char* type;  ///< media type
};
constexpr CrateFile crate_files[] = {
    {"campaign.yaml", "the campaign as given", "application/yaml"},
    {"resolved.yaml", "the campaign with every default filled in", "application/yaml"},
    {"journal.ndjson", "every trial as it ended, one JSON object a line", "application/x-ndjson"},
    {"results.h5", "losses, laws, recommended mixture and check", "application/x-hdf5"}};

data::Json reference(std::string_view id) { return {{"@id", id}}; }

std::string fact(const data::RunStamp& stamp, std::string_view name) {
  for (const auto& [known, value] : stamp.facts)
    if (known == name) return value;
  return "";
}

/// Members whose text is known.
void add_known(data::Json& entity, const char* name, const std::string& text) {
  if (!text.empty()) entity[name] = text;
}

}  // namespace

std::string export_ro_crate(const ExportInput& input) {
  const data::RunRecord& record = input.record;
  const std::string began = fact(record.stamp, "start_utc"), ended = fact(record.stamp, "end_utc");
  data::Json parts = data::Json::array(), files = data::Json::array();
  for (const CrateFile& file : crate_files) {
    parts.push_back(reference(file.name));
    files.push_back({{"@id", file.name},
                     {"@type", "File"},
                     {"name", file.what},
                     {"encodingFormat", file.type}});
  }
  data::Json root{
      {"@id", "./"},
      {"@type", "Dataset"},
      {"name", "Data mixture of " + record.plan.name},
      {"description",
       fmt::format("Losses of {} trials at {} mixtures of {}, the law fitted to them and the "
                   "recommended mixture.",
                   record.plan.trials.size(), record.plan.mixtures.size(),
                   core::join_words(record.plan.domains.train))}};
  add_known(root, "datePublished", ended.empty() ? began : ended);
  root["hasPart"] = parts;
  root["mentions"] = reference("#run");

  data::Json action{{"@id", "#run"},
                    {"@type", "CreateAction"},
                    {"name", "The run's last session"},
                    {"instrument", reference("#bimix")},
                    {"object", reference("campaign.yaml")},
                    {"result", reference("results.h5")}};
  add_known(action, "description", fact(record.stamp, "command"));
  add_known(action, "startTime", began);
  add_known(action, "endTime", ended);

  data::Json program{{"@id", "#bimix"}, {"@type", "SoftwareApplication"}, {"name", "bimix"}};
  add_known(program, "softwareVersion", fact(record.stamp, "version"));
  add_known(program, "identifier", fact(record.stamp, "commit"));
  add_known(program, "softwareRequirements", fact(record.stamp, "libraries"));

  data::Json graph{{{"@id", "ro-crate-metadata.json"},
                    {"@type", "CreativeWork"},
                    {"conformsTo", reference("https://w3id.org/ro/crate/1.1")},
                    {"about", reference("./")}},
                   root};
  graph.insert(graph.end(), files.begin(), files.end());
  graph.push_back(action);
  graph.push_back(program);
  return data::Json{{"@context", "https://w3id.org/ro/crate/1.1/context"}, {"@graph", graph}}.dump(
             2) +
         "\n";
}

}  // namespace bimix::report
