/// Our own format, as JSON Lines: one object a run and volume. Described in FORMAT.md.
/// Checks: UTF-8 text; every line one object, whole, no key twice; known keys only; run and
/// loss_nats there; mixture and loss_nats are objects; repeat below 2^31; numbers (cells.hpp, also
/// when they are written as texts); all else in LogBuilder. A last line needs no end: its brace
/// shows that nothing is cut.

#include "cells.hpp"
#include "json_text.hpp"
#include "log_format.hpp"
#include "pool_table.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>

namespace bimix::replay::json_lines {
namespace {

const std::vector<std::string> keys{"run",   "repeat",  "parameters", "tokens",
                                    "steps", "mixture", "loss_nats",  pool_name};

/// One line with its place.
struct Entry {
  const LogJson& object;
  const std::string& path;
  int line;

  bool has(const std::string& key) const { return object.contains(key); }
  std::string cell(const std::string& key) const { return cell_of(object.at(key)); }
  CellPlace place(const std::string& key) const { return {path, line, key}; }
};

void check_keys(const Entry& entry) {
  for (const auto& [key, value] : entry.object.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw bad_line(entry.path, entry.line, "key '" + key + "' is unknown",
                     "the keys of json-lines are " + core::join_words(keys),
                     core::did_you_mean(key, keys, "Remove it"));
    }
  for (const char* needed : {"run", "loss_nats"})
    if (!entry.has(needed))
      throw bad_line(entry.path, entry.line, std::string("key '") + needed + "' is missing",
                     "json-lines needs run and loss_nats", "Add it");
  for (const char* map : {"mixture", "loss_nats", pool_name})
    if (entry.has(map) && !entry.object.at(map).is_object())
      throw bad_line(entry.path, entry.line, std::string(map) + " is no object",
                     "it maps domains to numbers");
}

void read_entry(const Entry& entry, const ReplayOptions& options, LogBuilder& builder) {
  check_keys(entry);
  LogCell loss;
  loss.run = core::trimmed(entry.cell("run"));
  if (entry.has("repeat")) loss.repeat = read_repeat(entry.cell("repeat"), entry.place("repeat"));
  if (entry.has("parameters"))
    loss.parameters = read_size(entry.cell("parameters"), entry.place("parameters"));
  if (entry.has("tokens")) loss.tokens = read_count(entry.cell("tokens"), entry.place("tokens"));
  if (entry.has("steps")) loss.steps = read_count(entry.cell("steps"), entry.place("steps"));
  if (entry.has("mixture"))
    for (const auto& [domain, share] : entry.object.at("mixture").items())
      builder.add_share(
          loss.run, domain,
          read_share(cell_of(share), {entry.path, entry.line, domain}, options.normalise),
          entry.path, entry.line);
  if (entry.has(pool_name))
    for (const auto& [domain, pool] : entry.object.at(pool_name).items())
      builder.add_pool(loss.run, domain, read_pool(cell_of(pool), {entry.path, entry.line, domain}),
                       entry.path, entry.line);
  for (const auto& [domain, value] : entry.object.at("loss_nats").items()) {
    loss.domain = domain;
    loss.loss = read_loss(cell_of(value), {entry.path, entry.line, domain});
    builder.add_loss(loss, entry.path, entry.line);
  }
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  const std::string_view text = from_first_word(file.bytes);
  const LogJson first = json_in(text.substr(0, text.find('\n')));
  return first.is_object() && first.contains("run") && first.contains("loss_nats");
}

void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder) {
  for (const TextLine& line : text_lines(file.bytes, file.path)) {
    LogJson object;
    try {
      object = parse_json(line.text, file.path, line.line);
    } catch (const core::DataError&) {
      if (!builder.is_of_trial()) throw;
      builder.pass_over("lines that were cut");
      continue;
    }
    if (!object.is_object())
      throw bad_line(file.path, line.line, "this is no JSON object", "one object a line");
    read_entry({object, file.path, line.line}, options, builder);
  }
}

}  // namespace bimix::replay::json_lines
