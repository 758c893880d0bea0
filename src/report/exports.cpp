#include "exporter.hpp"

#include <bimix/core/simplex.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace bimix::report {
namespace {

constexpr double finest_share = 1e-6;

struct Entry {
  Exporter exporter{};
  std::string (*text)(const ExportInput&) = nullptr;
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
#define BIMIX_EXPORTER(name, meaning, of, function) \
  {{name, meaning, ExportOf::of}, export_##function},
#include "exporters.def"
#undef BIMIX_EXPORTER
  };
  return all;
}

const Entry& find_entry(std::string_view name) {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) {
    if (entry.exporter.name == name) return entry;
    names.push_back(entry.exporter.name);
  }
  throw core::UsageError(
      core::Complaint{.place = "--to",
                      .problem = fmt::format("'{}' is no export", name),
                      .rule = "known: " + core::join_words(names),
                      .remedy = core::did_you_mean(name, names, "Choose one of them")});
}

/// Shares as whole multiples of finest_share that add up to 1.
std::vector<double> rounded(const data::Mixture& share) {
  std::vector<double> parts;
  for (const double value : share) parts.push_back(std::round(value / finest_share));
  const auto largest = std::max_element(parts.begin(), parts.end());
  *largest += 1.0 / finest_share - core::stable_sum(parts);
  for (double& part : parts) part *= finest_share;
  return parts;
}

}  // namespace

std::vector<BlendPart> blend_of(const ExportInput& input) {
  if (input.share.empty())
    throw core::DataError(
        {.place = "export",
         .problem = "the run has no recommended mixture yet",
         .remedy = "Finish it with `bimix run`; `bimix fit DIR` says what is missing"});
  const std::vector<std::string>& domains = input.record.plan.domains.train;
  const std::vector<double> shares = rounded(input.share);
  std::vector<BlendPart> parts;
  for (std::size_t k = 0; k < domains.size(); ++k) {
    if (shares[k] <= 0) continue;
    const double unique = input.unique_tokens.empty() ? 0 : input.unique_tokens[k];
    const double tokens = shares[k] * input.tokens;
    parts.push_back({.domain = domains[k],
                     .path = input.paths.empty() ? domains[k] : input.paths[k],
                     .share = shares[k],
                     .tokens = tokens,
                     .epochs = unique > 0 ? tokens / unique : 0});
  }
  return parts;
}

std::string share_text(double share) { return fmt::format("{:.6f}", share); }

std::string amount_text(const BlendPart& part) {
  const std::string tokens = core::format_count_about(part.tokens, 3) + " tokens";
  return part.epochs > 0 ? fmt::format("{}, {:.2f} epochs", tokens, part.epochs) : tokens;
}

std::string heading_text(const ExportInput& input) {
  return fmt::format("Mixture of {} for {} tokens, by bimix", input.record.plan.name,
                     core::format_count(std::llround(input.tokens)));
}

std::string yaml_of_blend(const ExportInput& input, const std::vector<std::string>& keys,
                          YamlBlock block,
                          const std::function<void(YAML::Emitter&, const BlendPart&)>& entry) {
  YAML::Emitter out;
  out << YAML::Comment(heading_text(input)) << YAML::Newline;
  for (const std::string& key : keys) out << YAML::BeginMap << YAML::Key << key << YAML::Value;
  const bool is_list = block == YamlBlock::list;
  out << (is_list ? YAML::BeginSeq : YAML::BeginMap);
  for (const BlendPart& part : blend_of(input)) entry(out, part);
  out << (is_list ? YAML::EndSeq : YAML::EndMap);
  for (std::size_t depth = 0; depth < keys.size(); ++depth) out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

std::vector<LoggedRun> logged_runs(const data::RunRecord& record) {
  std::unordered_map<std::string, const data::TrialResult*> results;
  for (const data::TrialResult& result : record.results) results[result.id] = &result;
  std::vector<LoggedRun> runs;
  for (const data::TrialSpec& spec : record.plan.trials)
    if (const auto found = results.find(spec.id);
        found != results.end() && !found->second->curve.empty())
      runs.push_back({spec.run.empty() ? spec.mixture_label : spec.run, &spec, found->second});
  return runs;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char c : cell) line += c == '"' ? "\"\"" : std::string(1, c);
    line += '"';
  }
  return line + "\n";
}

std::string number_cell(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

bool has_pools(const data::RunRecord& record) {
  return std::any_of(record.results.begin(), record.results.end(),
                     [](const data::TrialResult& result) { return !result.unique_tokens.empty(); });
}

std::string pool_cell(double unique_tokens) {
  return std::isinf(unique_tokens) ? "none" : known_cell(unique_tokens);
}

std::string known_cell(double value) { return value > 0 ? number_cell(value) : ""; }

std::vector<Exporter> exporters() {
  std::vector<Exporter> all;
  for (const Entry& entry : entries()) all.push_back(entry.exporter);
  return all;
}

Exporter find_exporter(std::string_view name) { return find_entry(name).exporter; }

std::string export_text(std::string_view name, const ExportInput& input) {
  return find_entry(name).text(input);
}

}  // namespace bimix::report
