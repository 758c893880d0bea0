#include "near_miss.hpp"

#include "columns.hpp"
#include "csv.hpp"
#include "event_file.hpp"
#include "json_text.hpp"
#include "metrics.hpp"
#include "table_file.hpp"
#include "text_lines.hpp"

#include <bimix/core/file_kind.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix {
namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Columns that every format of tables knows.
bool is_known(const std::string& name) {
  static const Names known{"run",   "run_id",    "index",  "domain",    "share",
                           "loss",  "loss_nats", "tokens", "steps",     "step",
                           "value", "n_tokens",  "repeat", "parameters"};
  return has(known, lower_case(name)) || metric_of(name).kind == Metric::Kind::loss ||
         name.starts_with("share/") || name.starts_with("loss/") || name.starts_with("weight_");
}

std::string here_are(const Names& names) {
  constexpr std::size_t most = 10;
  return "here are " + join_some(names, most);
}

/// What a table lacks to be of a format.
struct Lack {
  std::string problem, remedy;
};

/// A column of another name that seems to be the one that is missing.
std::string hint_at(const std::string& missing, const Names& columns) {
  static const std::vector<std::pair<std::string, Names>> others{
      {"loss_nats", {"loss", "nats", "eval_loss", "val_loss", "value", "ce", "nll"}},
      {"domain", {"set", "dataset", "eval_set", "subset", "source", "task"}},
      {"run", {"run_name", "run_id", "name", "experiment", "exp", "model", "id", "index"}},
      {"tokens", {"n_tokens", "num_tokens", "tokens_seen"}}};
  for (const auto& [name, alike] : others)
    if (name == missing)
      for (const std::string& column : columns)
        if (has(alike, lower_case(column))) return column;
  return nearest_name(missing, columns).value_or("");
}

/// The first needed column that is not there.
std::optional<Lack> lack_of(const std::string& format, const Names& needed, const Names& columns) {
  for (const std::string& name : needed)
    if (!has(columns, name))
      return Lack{fmt::format("it would be {} but for column {}", format, name),
                  remedy_for_missing(name, columns)};
  return std::nullopt;
}

bool has_one_called(const std::string& name, const Names& columns) {
  return has(columns, name) || !hint_at(name, columns).empty();
}

/// Whether the second line has as many cells as the first: text with commas is no table.
bool is_table(const LogFile& file) {
  if (begins_as_json(file.bytes)) return true;
  std::string_view rest = file.bytes;
  rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
  return file.header.size() > 1 && header_of(rest).size() >= file.header.size();
}

/// A JSON object behind the words of a logger on one of the first lines.
bool has_json_behind_words(std::string_view text) {
  constexpr int most_lines = 1000;
  for (int i = 0; i < most_lines && !text.empty(); ++i) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t at = line.find('{');
    if (at != std::string_view::npos && at > 0 && json_in(line.substr(at)).is_object()) return true;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return false;
}

/// The own layout that most of the columns fit.
std::optional<Lack> nearest_own_layout(const Names& columns) {
  const bool has_losses = std::any_of(columns.begin(), columns.end(), [](const std::string& name) {
    return name.starts_with("loss/") || name.starts_with("share/");
  });
  if (has_losses) return lack_of("csv-wide", {"run"}, columns);
  const bool has_weights = std::any_of(columns.begin(), columns.end(), [](const std::string& name) {
    return name.starts_with("weight_");
  });
  if (has_weights) return lack_of("scalefit", {"n_tokens"}, columns);
  const Names of_long{"run", "domain", "loss_nats"};
  if (has_one_called("domain", columns) && has_one_called("loss_nats", columns))
    return lack_of("csv-long", of_long, columns);
  return std::nullopt;
}

DataError lacking(const LogFile& file, const std::string& problem, const std::string& rule,
                  const std::string& remedy) {
  return bad_line(file.path, 1, problem, rule, remedy);
}

}  // namespace

std::string remedy_for_missing(const std::string& column, const Names& columns) {
  const std::string hint = hint_at(column, columns);
  if (hint.empty()) return "Add it";
  return fmt::format("If '{}' is that{}, rename it to {}", hint,
                     column == "loss_nats" ? " (in nats a token)" : "", column);
}

void refuse_binary(const LogFile& file) {
  if (begins_as_records(file.bytes)) return;
  const auto kind = file_kind(file.bytes);
  if (!kind) return;
  throw DataError({.place = file.path,
                   .problem = fmt::format("the file is {}", kind->name),
                   .rule = "logs are UTF-8 text, or event files of TensorBoard",
                   .remedy = remedy_for(*kind, file.path, Wanted::table)});
}

std::optional<DataError> wrong_separator(const LogFile& file) {
  if (begins_as_json(file.bytes)) return std::nullopt;
  for (const char separator : {';', '\t', '|'}) {
    const Names columns = header_of(file.bytes, separator);
    const std::string_view first = std::string_view(file.bytes).substr(0, file.bytes.find('\n'));
    if (columns.size() < 2 || columns.size() <= file.header.size() ||
        first.find(separator) == std::string_view::npos ||
        !std::any_of(columns.begin(), columns.end(), is_known))
      continue;
    const bool is_tab = separator == '\t';
    const bool has_commas = file.bytes.find(',') != std::string::npos;
    const std::string name = is_tab ? "tabs" : fmt::format("'{}'", separator);
    const std::string command =
        has_commas
            ? fmt::format("sed 's/,/./g; s/{}/,/g'", is_tab ? "\\t" : std::string(1, separator))
            : fmt::format("tr '{}' ','", is_tab ? "\\t" : std::string(1, separator));
    return lacking(file, "cells are parted by " + name, "tables are parted by commas (RFC 4180)",
                   fmt::format("Convert it with `{} < {} > {}`{}", command, shell_word(file.path),
                               shell_word(file.path + ".commas.csv"),
                               has_commas ? ", which takes commas for decimal points" : ""));
  }
  return std::nullopt;
}

DataError no_format_fits(const LogFile& file, const ReplayOptions& options,
                         const std::vector<std::string>& formats) {
  if (auto separator = wrong_separator(file)) return *separator;
  const std::string_view text = from_first_word(file.bytes);
  const auto converted_by = [&](const std::string& command, const std::string& ending) {
    return fmt::format("Convert it with `{} {} > {}`", command, shell_word(file.path),
                       shell_word(file.path + ending));
  };
  const std::string known = "known are " + join_words(formats);
  const std::size_t inside = text.starts_with('[') ? text.find_first_not_of(" \t\r\n", 1) : 0;
  if (inside != std::string_view::npos && inside > 0 && text[inside] == '{')
    return lacking(file, "the file is a JSON list", "JSON Lines have an object on each line",
                   converted_by("jq -c '.[]'", "l"));
  const Names columns = columns_of(file);
  if (begins_as_json(file.bytes) && columns.empty())
    return lacking(file, "its objects go over several lines",
                   "JSON Lines have an object on each line", converted_by("jq -c .", "l"));
  if (has_json_behind_words(text))
    return lacking(file, "its lines have JSON objects behind words of a logger",
                   "JSON Lines have nothing else",
                   converted_by("sed -n 's/^[^{]*{/{/p'", ".jsonl"));
  if (!is_table(file))
    return lacking(
        file, "no known format begins like this", known,
        "Import what the run wrote besides (W&B, TensorBoard, CSV, JSON Lines), or write "
        "a table with the columns run, tokens, domain, share and loss_nats");
  if (const auto lack = nearest_own_layout(columns))
    return lacking(file, lack->problem, here_are(columns), lack->remedy);
  if (has_axis(columns))
    return lacking(file, "it would be run-table but for a column of an evaluation loss",
                   metrics_rule(columns, MetricNames(options).are_told()), metrics_remedy);
  const auto other = std::find_if(columns.begin(), columns.end(), [](const std::string& name) {
    return axis_of(name).kind == AxisKind::other;
  });
  const bool has_loss = std::any_of(columns.begin(), columns.end(), [](const std::string& name) {
    return metric_of(name).kind == Metric::Kind::loss;
  });
  if (has_loss)
    return lacking(
        file, "it would be run-table but for a column of steps or tokens",
        other == columns.end() ? here_are(columns) : fmt::format("'{}' is another axis", *other),
        "Rename the column that counts steps to step, or the one of tokens to tokens; a "
        "table of one volume has a column run");
  return lacking(file, "its columns are of no known format", here_are(columns) + "; " + known,
                 "The plainest is csv-long: rename them to run, tokens, domain, share and "
                 "loss_nats");
}

}  // namespace bimix
