/// The log lines published with "Data Mixing Laws" (Ye et al., arXiv 2403.16952):
/// `.../<run>/<step> TAB <validation set> TAB <loss>`, where the run's name ends in its shares.
/// Described in FORMAT.md. Lines count steps: `tokens_per_step` turns them into tokens.
/// Checks: UTF-8 text; every line ended; three fields; the first ends in /<run>/<step> with a whole
/// number of steps; a run whose name ends in as many shares, each in [0, 1], as there are domains
/// (`domains`, or the seven of RedPajama), unless a table of mixtures is given; a loss that is one
/// (cells.hpp); all else in LogBuilder.

#include "cells.hpp"
#include "log_format.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bimix::replay::mixing_laws {
namespace {

/// The order in which the published runs name their shares.
const std::vector<std::string> redpajama{"CommonCrawl",   "C4",       "GitHub", "ArXiv", "Books",
                                         "StackExchange", "Wikipedia"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// The last two parts of the first field.
struct Checkpoint {
  std::string run, step;
};

std::optional<Checkpoint> checkpoint_of(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == path.size()) return std::nullopt;
  const std::string_view step = path.substr(slash + 1);
  const std::string_view before = path.substr(0, slash);
  const std::string_view run = before.substr(before.rfind('/') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (run.empty() || !std::all_of(step.begin(), step.end(), is_digit)) return std::nullopt;
  return Checkpoint{std::string(run), std::string(step)};
}

/// The file's name without folders and ending, from behind `valid.` where it has that.
std::string set_name(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  if (const std::size_t dot = file.rfind('.'); dot != std::string_view::npos && dot > 0)
    file = file.substr(0, dot);
  constexpr std::string_view mark = "valid.";
  if (const std::size_t at = file.rfind(mark); at != std::string_view::npos)
    file = file.substr(at + mark.size());
  return std::string(file);
}

void add_shares(const std::string& run, const std::vector<std::string>& domains,
                const std::string& path, int line, LogBuilder& builder) {
  const std::vector<std::string_view> parts = split(run, '-');
  const auto refuse = [&](const std::string& remedy) {
    return bad_line(path, line, "the name of run '" + run + "' does not end in its shares",
                    fmt::format("one for each of {}, joined by -", core::join_words(domains)),
                    remedy);
  };
  if (parts.size() <= domains.size())
    throw refuse("Name the domains with --domains a,b,c, or give --mixtures FILE");
  const std::size_t first = parts.size() - domains.size();
  for (std::size_t k = 0; k < domains.size(); ++k) {
    const auto share =
        read_share(std::string(parts[first + k]), {path, line, "share in '" + run + "'"});
    if (!share) throw refuse("Mend the name, or give --mixtures FILE");
    builder.add_share(run, domains[k], share, path, line);
  }
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  const std::string_view text = from_first_word(file.bytes);
  const std::vector<std::string_view> fields = split(text.substr(0, text.find('\n')), '\t');
  return fields.size() == 3 && checkpoint_of(fields[0]).has_value();
}

void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder) {
  const std::vector<std::string>& domains = options.domains.empty() ? redpajama : options.domains;
  for (const TextLine& line : text_lines(file.bytes, file.path)) {
    const std::vector<std::string_view> fields = split(line.text, '\t');
    const auto checkpoint = fields.size() == 3 ? checkpoint_of(fields[0]) : std::nullopt;
    if (!checkpoint)
      throw bad_line(file.path, line.line, "the line is not of this format",
                     ".../<run>/<step> TAB <validation set> TAB <loss>");
    if (!line.is_ended) throw torn_line(file.path, line.line);
    if (options.mixtures.empty())
      add_shares(checkpoint->run, domains, file.path, line.line, builder);
    builder.add_loss({.run = checkpoint->run,
                      .steps = read_count(checkpoint->step, {file.path, line.line, "step"}),
                      .domain = set_name(core::trimmed(fields[1])),
                      .loss = read_loss(std::string(fields[2]), {file.path, line.line, "loss"})},
                     file.path, line.line);
  }
}

}  // namespace bimix::replay::mixing_laws
