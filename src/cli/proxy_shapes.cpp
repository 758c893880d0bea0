#include "proxy_shapes.hpp"

#include <bimix/core/text.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace bimix::cli {
namespace {

constexpr int not_installed = 77;

/// What a shell's command prints, and its wait status. @throws DataError if there is no shell
std::pair<std::string, int> output_of(const std::string& command) {
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr)
    throw core::DataError({.place = "--peer",
                           .problem = "no program can be started",
                           .rule = "",
                           .remedy = "Leave --peer out"});
  std::string output;
  std::array<char, 4096> piece{};
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), pipe))
    output.append(piece.data(), count);
  return {output, pclose(pipe)};
}

std::string shape_name(const proxy::ProxyOptions& o) {
  return fmt::format("{} x {}, {} heads, {} x {}", o.layers, o.width, o.heads, o.batch, o.context);
}

}  // namespace

std::optional<PeerSpeed> peer_speed(const std::string& command, const proxy::ProxyOptions& o,
                                    double seconds) {
  const auto [output, status] = output_of(fmt::format(
      "{} --layers {} --width {} --heads {} --context {} --batch {} --vocabulary {} --precision {} "
      "--seconds {}",
      command, o.layers, o.width, o.heads, o.context, o.batch, o.vocabulary,
      core::word_of(o.precision), seconds));
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_installed) return std::nullopt;
  const data::Json told = data::Json::parse(output, nullptr, false);
  const bool is_told = told.is_object() && told.contains("name") && told["name"].is_string() &&
                       told.contains("tokens_per_second") &&
                       told["tokens_per_second"].is_number() && told["tokens_per_second"] > 0;
  if (status != 0 || !is_told)
    throw core::UsageError(
        {.place = "--peer",
         .problem = fmt::format("`{}` printed {}", command,
                                output.empty() ? "nothing" : core::shown_text(output)),
         .rule =
             "a peer ends with 0 and prints {\"name\": ..., \"tokens_per_second\": ...}, or with "
             "77 where it is not installed",
         .remedy = "Try tests/bench/pytorch_step.py"});
  return PeerSpeed{.name = told["name"].get<std::string>(),
                   .tokens_per_second = told["tokens_per_second"].get<double>()};
}

std::string shapes_text(const std::vector<MeasuredShape>& shapes) {
  std::string peer = "peer";
  for (const MeasuredShape& shape : shapes)
    if (shape.peer) peer = shape.peer->name;
  std::vector<std::vector<std::string>> rows{{"layers x width, heads, batch", "precision",
                                              "instructions", "tokens/s", "evaluated", "GFLOP/s",
                                              "of products", "x " + peer}};
  std::vector<std::vector<std::string>> parts{{"part of the time"}};
  for (const auto& [bench, beside] : shapes) {
    const proxy::ProxyOptions& o = bench.options;
    rows.push_back(
        {shape_name(o), core::word_of(o.precision), core::word_of(o.isa),
         fmt::format("{:.0f}", bench.tokens_per_second), fmt::format("{:.0f}", bench.gflops),
         fmt::format("{:.0f} % of {:.0f}", 100 * bench.share_of_limit(), bench.limit_gflops),
         beside ? fmt::format("{:.2f}", bench.tokens_per_second / beside->tokens_per_second)
                : "-"});
    parts.front().push_back(
        fmt::format("{} x {} {}", o.layers, o.width, core::word_of(o.precision)));
    for (const proxy::StepPart& part : bench.parts)
      if (std::none_of(parts.begin(), parts.end(),
                       [&](const auto& row) { return row.front() == part.name; }))
        parts.push_back({part.name});
  }
  for (std::size_t i = 1; i < parts.size(); ++i)
    for (const auto& [bench, beside] : shapes) {
      const auto part =
          std::find_if(bench.parts.begin(), bench.parts.end(),
                       [&](const proxy::StepPart& each) { return each.name == parts[i].front(); });
      parts[i].push_back(
          part == bench.parts.end()
              ? ""
              : fmt::format("{:.1f} %{}", 100 * part->share,
                            part->gflops > 0 ? fmt::format(" {:4.0f}", part->gflops) : "     "));
    }
  return report::aligned(rows) + "\nWhere the time goes, and GFLOP/s there\n" +
         report::aligned(parts);
}

data::Json bench_json(const proxy::ProxyBench& bench) {
  data::Json parts = data::Json::array();
  for (const proxy::StepPart& part : bench.parts)
    parts.push_back({{"name", part.name}, {"share", part.share}, {"gflops", part.gflops}});
  return {{"tokens_per_second", bench.tokens_per_second},
          {"evaluated_per_second", bench.evaluated_per_second},
          {"gflops", bench.gflops},
          {"limit_gflops", bench.limit_gflops},
          {"options", proxy::canonical_text(bench.options)},
          {"parts", parts}};
}

data::Json shapes_json(const std::vector<MeasuredShape>& shapes) {
  data::Json all = data::Json::array();
  for (const auto& [bench, peer] : shapes) {
    data::Json one = bench_json(bench);
    if (peer) one["peer"] = {{"name", peer->name}, {"tokens_per_second", peer->tokens_per_second}};
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace bimix::cli
