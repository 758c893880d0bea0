#include "near_miss.hpp"

#include "columns.hpp"
#include "csv.hpp"
#include "event_file.hpp"
#include "json_text.hpp"
#include "metrics.hpp"
#include "pool_table.hpp"
#include "separators.hpp"
#include "table_file.hpp"
#include "text_lines.hpp"

#include <bimix/core/file_kind.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::replay {
namespace {

using HeaderNames = std::vector<std::string>;

bool has(const HeaderNames& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// HeaderNames that every format of tables knows.
bool is_known(const std::string& name) {
  static const HeaderNames known{"run",   "run_id",    "index",  "domain",     "share",
                                 "loss",  "loss_nats", "tokens", "steps",      "step",
                                 "value", "n_tokens",  "repeat", "parameters", pool_name};
  return has(known, core::lower_case(name)) || metric_of(name).kind == Metric::Kind::loss ||
         name.starts_with("share/") || name.starts_with(std::string(pool_name) + "/") ||
         name.starts_with("loss/") || name.starts_with("weight_");
}

std::string here_are(const HeaderNames& names) {
  constexpr std::size_t most = 10;
  return "here are " + core::join_some(names, most);
}

/// What a table lacks to be of a format.
struct Lack {
  std::string problem, remedy;
};

constexpr const char* in_nats = " (in nats a token)";

/// A column of another name that seems to be the one that is missing.
std::string hint_at(const std::string& missing, const HeaderNames& columns) {
  static const std::vector<std::pair<std::string, HeaderNames>> others{
      {"loss_nats", {"loss", "nats", "eval_loss", "val_loss", "value", "ce", "nll"}},
      {"domain", {"set", "dataset", "eval_set", "subset", "source", "task"}},
      {"run", {"run_name", "run_id", "name", "experiment", "exp", "model", "id", "index"}},
      {"tokens", {"n_tokens", "num_tokens", "tokens_seen"}}};
  for (const auto& [name, alike] : others)
    if (name == missing)
      for (const std::string& column : columns)
        if (has(alike, core::lower_case(column))) return column;
  return core::nearest_name(missing, columns).value_or("");
}

/// What to do about columns that are missing: rename those that seem to be them, add the others.
std::string remedy_for_all(const HeaderNames& missing, const HeaderNames& columns) {
  if (missing.size() == 1) return remedy_for_missing(missing.front(), columns);
  HeaderNames added, renamed;
  for (const std::string& name : missing) {
    const std::string hint = hint_at(name, columns);
    if (hint.empty())
      added.push_back(name);
    else
      renamed.push_back(
          fmt::format("'{}' to {}{}", hint, name, name == "loss_nats" ? in_nats : ""));
  }
  if (renamed.empty()) return "Add " + core::join_words(added);
  const std::string rename = fmt::format("ename {}, if {} that", core::join_words(renamed),
                                         renamed.size() == 1 ? "it is" : "they are");
  return added.empty() ? "R" + rename
                       : fmt::format("Add {}, and r{}", core::join_words(added), rename);
}

/// The needed columns that are not there, all at once.
std::optional<Lack> lack_of(const std::string& format, const HeaderNames& needed,
                            const HeaderNames& columns) {
  HeaderNames missing;
  for (const std::string& name : needed)
    if (!has(columns, name)) missing.push_back(name);
  if (missing.empty()) return std::nullopt;
  return Lack{fmt::format("it would be {} but for column{} {}", format,
                          missing.size() == 1 ? "" : "s", core::join_words(missing)),
              remedy_for_all(missing, columns)};
}

bool has_one_called(const std::string& name, const HeaderNames& columns) {
  return has(columns, name) || !hint_at(name, columns).empty();
}

/// HeaderNames with their values, `val_loss: 4.1`: a line of text that is parted like a table.
bool are_printed(const HeaderNames& columns) {
  return std::any_of(columns.begin(), columns.end(), [](const std::string& name) {
    const std::size_t at = name.find_last_of(":=");
    return at != std::string::npos && at > 0 &&
           core::parse_number(core::trimmed(name.substr(at + 1)));
  });
}

/// Whether the second line has as many cells as the first: text with commas is no table.
bool is_table(const LogFile& file) {
  if (begins_as_json(file.bytes)) return true;
  std::string_view rest = file.bytes;
  rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
  return file.header.size() > 1 && !are_printed(file.header) &&
         header_of(rest).size() >= file.header.size();
}

constexpr int most_lines = 1000;  // of a log that are looked at

template <class Claim>
bool any_line(std::string_view text, const Claim& claim) {
  for (int i = 0; i < most_lines && !text.empty(); ++i) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (claim(line)) return true;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return false;
}

/// A JSON object behind the words of a logger.
bool is_json_behind_words(std::string_view line) {
  const std::size_t at = line.find('{');
  return at != std::string_view::npos && at > 0 && json_in(line.substr(at)).is_object();
}

/// What Hugging Face's Trainer prints: a dictionary as Python writes it.
bool is_printed_dictionary(std::string_view line) {
  line = core::trimmed(line);
  return line.starts_with("{'") && line.ends_with('}') && line.find("':") != std::string_view::npos;
}

/// Whether all columns are those of csv-long, or may be called so, and one tells runs or shares.
bool seems_csv_long(const HeaderNames& columns) {
  static const HeaderNames known{"run",    "repeat", "parameters", "tokens", "steps",
                                 "domain", "share",  "loss_nats",  pool_name};
  const bool are_known =
      std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
        return std::any_of(known.begin(), known.end(), [&](const std::string& name) {
          return column == name || column == hint_at(name, columns);
        });
      });
  return are_known && (has_one_called("run", columns) || has(columns, "share"));
}

/// The own layout that most of the columns fit.
std::optional<Lack> nearest_own_layout(const HeaderNames& columns) {
  const auto count = [&](std::initializer_list<std::string_view> prefixes,
                         const HeaderNames& names) {
    return std::count_if(columns.begin(), columns.end(), [&](const std::string& name) {
      return has(names, name) ||
             std::any_of(prefixes.begin(), prefixes.end(),
                         [&](std::string_view prefix) { return name.starts_with(prefix); });
    });
  };
  const auto most = static_cast<std::ptrdiff_t>(columns.size() / 2);
  if (count({"loss/", "share/"}, {}) > 0 &&
      count({"loss/", "share/"}, {"run", "repeat", "parameters", "tokens", "steps"}) > most)
    return lack_of("csv-wide", {"run"}, columns);
  if (count({"weight_"}, {}) > 0) return lack_of("scalefit", {"n_tokens"}, columns);
  if (!has_one_called("domain", columns) || !has_one_called("loss_nats", columns) ||
      (has_axis(columns) && !seems_csv_long(columns)))
    return std::nullopt;
  HeaderNames needed{"run", "domain", "loss_nats"};
  const bool has_volume = has(columns, "tokens") || has(columns, "steps");
  for (const char* volume : {"steps", "tokens"})
    if (!has_volume && !hint_at(volume, columns).empty()) {
      needed.emplace_back(volume);
      break;
    }
  return lack_of("csv-long", needed, columns);
}

/// @param ending of the new file's name
std::string converted_by(const std::string& command, const std::string& path,
                         const std::string& ending) {
  return fmt::format("Convert it with `{} {} > {}`", command, core::shell_word(path),
                     core::shell_word(path + ending));
}

core::DataError lacking(const LogFile& file, const std::string& problem, const std::string& rule,
                        const std::string& remedy) {
  return bad_line(file.path, 1, problem, rule, remedy);
}

}  // namespace

std::string remedy_for_missing(const std::string& column, const HeaderNames& columns) {
  const std::string hint = hint_at(column, columns);
  if (hint.empty()) return "Add it";
  return fmt::format("If '{}' is that{}, rename it to {}", hint,
                     column == "loss_nats" ? in_nats : "", column);
}

void refuse_binary(const LogFile& file) {
  if (begins_as_records(file.bytes)) return;
  const auto kind = core::kind_if_no_text(file.bytes);
  if (!kind) return refuse_old_line_ends(file.bytes, file.path);
  throw core::DataError({.place = file.path,
                         .problem = fmt::format("the file is {}", kind->name),
                         .rule = "logs are UTF-8 text, or event files of TensorBoard",
                         .remedy = core::remedy_for(*kind, file.path, core::Wanted::table)});
}

std::optional<core::DataError> wrong_json_shape(const LogFile& file, JsonHolds holds) {
  const auto shape = other_json_shape(file.bytes, holds);
  if (!shape) return std::nullopt;
  const bool is_json = file.path.ends_with(".json");
  return lacking(file, shape->problem, "JSON Lines have an object on each line",
                 converted_by("jq -c " + shape->filter, file.path, is_json ? "l" : ".jsonl"));
}

std::optional<core::DataError> wrong_separator(const LogFile& file) {
  if (begins_as_json(file.bytes)) return std::nullopt;
  const auto separator = other_separator(file.bytes, ";\t|", [&](const HeaderNames& columns) {
    return columns.size() > file.header.size() && !are_printed(columns) &&
           std::any_of(columns.begin(), columns.end(), is_known);
  });
  if (!separator) return std::nullopt;
  return lacking(file, "cells are parted by " + separator->name,
                 "tables are parted by commas (RFC 4180)",
                 remedy_for(*separator, file.path, ".commas.csv"));
}

core::DataError no_format_fits(const LogFile& file, const ReplayOptions& options,
                               const std::vector<std::string>& formats) {
  check_text(file.bytes, file.path);
  if (auto separator = wrong_separator(file)) return *separator;
  const std::string_view text = from_first_word(file.bytes);
  const std::string known = "known are " + core::join_words(formats);
  if (auto shape = wrong_json_shape(file, JsonHolds::log)) return *shape;
  if (any_line(text, is_printed_dictionary))
    return lacking(file, "it is what Hugging Face's Trainer prints, without the steps",
                   "the Trainer writes the same numbers with their steps into trainer_state.json",
                   "Name trainer_state.json of the run's output folder or of its last checkpoint");
  if (any_line(text, is_json_behind_words))
    return lacking(file, "its lines have JSON objects behind words of a logger",
                   "JSON Lines have nothing else",
                   converted_by("sed -n 's/^[^{]*{/{/p'", file.path, ".jsonl"));
  const HeaderNames columns = columns_of(file);
  if (!is_table(file))
    return lacking(
        file,
        are_printed(file.header) ? "its lines are no table but text of no known format"
                                 : "no known format begins like this",
        known,
        "Import what the run wrote besides (W&B, TensorBoard, CSV, JSON Lines), or write "
        "a table with the columns run, tokens, domain, share and loss_nats");
  if (!begins_as_json(file.bytes))
    if (const auto lack = nearest_own_layout(columns))
      return lacking(file, lack->problem, here_are(columns), lack->remedy);
  if (has_axis(columns))
    return lacking(file, "it would be run-table but for a column of an evaluation loss",
                   metrics_rule(columns, MetricNames(options).are_told()),
                   has(columns, "loss") && has_one_called("domain", columns)
                       ? "If 'loss' is of evaluations, say --losses all=loss (`losses: "
                         "[all=loss]` in the campaign's replay)"
                       : metrics_remedy);
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

}  // namespace bimix::replay
