#include "results_columns.hpp"
#include "results_groups.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>

#include <array>
#include <string>
#include <unordered_map>
#include <utility>

namespace bimix::store {
namespace {

/// The grid: losses and steps of each trial at each volume. Of two points within one volume the
/// later stands; points at no volume are only in /curve.
void write_grid(const GroupWriter& group, const TrialTable& table) {
  const std::size_t E = table.domains.eval.size(), V = table.volumes.size();
  std::vector<double> losses(table.specs.size() * V * E, missing);
  std::vector<std::int64_t> steps(table.specs.size() * V, missing_count);
  for (std::size_t t = 0; t < table.results.size(); ++t) {
    for (const data::LossPoint& point : table.results[t].curve) {
      core::require(point.loss_nats.size() == E, "a point has one loss for each evaluation domain");
      const auto volume = data::find_volume(table.volumes, point.tokens);
      if (!volume) continue;
      const std::size_t cell = t * V + *volume;
      steps[cell] = point.steps;
      std::copy(point.loss_nats.begin(), point.loss_nats.end(),
                losses.begin() + static_cast<std::ptrdiff_t>(cell * E));
    }
  }
  group.write("loss", {"trial", "tokens", "eval_domain"}, losses,
              loss_of(table.domains, "evaluation loss"));
  const std::vector<double>& bytes = table.domains.bytes_per_token;
  write_if_any(group, "bytes_per_token", {"eval_domain"}, bytes,
               {"bytes/token", "text that a held-out token stands for"});
  write_in_bits(group, "loss_bits_per_byte", {"trial", "tokens", "eval_domain"}, std::move(losses),
                bytes);
  group.write("steps", {"trial", "tokens"}, steps, plain("optimiser steps at each volume"));
}

void write_status(const GroupWriter& group, const std::vector<data::TrialResult>& results) {
  group.write("status", {"trial"},
              column(results,
                     [](const data::TrialResult& r) { return static_cast<std::int8_t>(r.status); }),
              plain("how the trial ended"));
  static constexpr std::array<std::int8_t, 4> values{0, 1, 2, 3};
  static_assert(static_cast<int>(data::TrialStatus::failed) == 3);
  group.attribute("flag_values", "status", values);
  group.attribute("flag_meanings", "status", std::string("ok missing diverged failed"));
  group.write("failure", {"trial"},
              column(results, [](const auto& r) { return data::failure_word(r.failure); }),
              plain("what kind of thing made the trial fail"));
  group.write("message", {"trial"}, column(results, [](const auto& r) { return r.message; }),
              plain("why the trial is not ok"));
}

void write_effort(const GroupWriter& group, const std::vector<data::TrialResult>& results) {
  const auto write = [&](const char* name, auto get, Meaning meaning) {
    group.write(name, {"trial"}, column(results, get), meaning);
  };
  write("started_utc", [](const auto& r) { return r.started_utc > 0 ? r.started_utc : missing; },
        {"s", "when the trial began: seconds since 1970-01-01, UTC"});
  write("wall_seconds", [](const auto& r) { return r.wall_seconds; }, {"s", "time the trial took"});
  write("tokens_per_second", [](const auto& r) { return r.tokens_per_second; },
        {"tokens/s", "training speed"});
  write(
      "rank", [](const auto& r) { return std::int64_t{r.rank}; }, plain("rank that computed it"));
  write(
      "attempt", [](const auto& r) { return std::int64_t{r.attempt}; },
      plain("which attempt this is"));
  write(
      "host", [](const auto& r) { return r.host; }, plain("host that computed it"));
}

void write_tokens_seen(const GroupWriter& group, const TrialTable& table) {
  const std::size_t K = table.domains.train.size();
  std::vector<std::int64_t> seen;
  bool any = false;
  for (const data::TrialResult& result : table.results) {
    const bool known = !result.tokens_seen.empty();
    core::require(!known || result.tokens_seen.size() == K, "tokens_seen has K counts");
    any = any || known;
    if (known)
      seen.insert(seen.end(), result.tokens_seen.begin(), result.tokens_seen.end());
    else
      seen.insert(seen.end(), K, missing_count);
  }
  if (any)
    group.write("tokens_seen", {"trial", "train_domain"}, seen,
                {"tokens", "training tokens drawn from each domain"});
}

/// NaN where it is not known.
void write_pools(const GroupWriter& group, const std::vector<data::TrialSpec>& specs,
                 const TrialTable& table) {
  const std::size_t K = table.domains.train.size();
  std::vector<double> pools;
  bool any = false;
  for (const data::TrialResult& result : table.results) {
    const bool known = !result.unique_tokens.empty();
    core::require(!known || result.unique_tokens.size() == K, "unique_tokens has K counts");
    any = any || known;
    for (std::size_t k = 0; k < K; ++k)
      pools.push_back(known && data::is_known(result.unique_tokens[k]) ? result.unique_tokens[k]
                                                                       : missing);
  }
  if (!any) return;
  group.write("pool", {"trial", "train_domain"}, pools,
              {"tokens", "different tokens of each domain to draw from; infinite: endless"});
  std::vector<double> epochs(pools.size(), missing);
  for (std::size_t t = 0; t < table.results.size(); ++t) {
    const data::TrialSpec& spec = specs[t];
    for (std::size_t k = 0; k < K && !spec.tokens.empty(); ++k)
      if (const double pool = pools[t * K + k]; !std::isnan(pool))
        epochs[t * K + k] =
            data::epochs(spec.mixture[k], static_cast<double>(spec.tokens.back()), pool);
  }
  group.write("epochs", {"trial", "train_domain"}, epochs,
              plain("how often the trial goes through each pool, up to its last volume"));
}

}  // namespace

TrialTable trial_table(const data::DomainSet& domains, const std::vector<data::TrialSpec>& specs,
                       std::vector<std::int64_t> volumes,
                       const std::vector<data::TrialResult>& known) {
  std::unordered_map<std::string, const data::TrialResult*> by_id;
  for (const data::TrialResult& result : known) by_id[result.id] = &result;
  TrialTable table{domains, specs, std::move(volumes)};
  for (const data::TrialSpec& spec : specs) {
    const auto found = by_id.find(spec.id);
    data::TrialResult absent;
    absent.id = spec.id;
    absent.status = data::TrialStatus::missing;
    absent.wall_seconds = absent.tokens_per_second = missing;
    absent.rank = absent.attempt = static_cast<int>(missing_count);
    table.results.push_back(found == by_id.end() ? absent : *found->second);
  }
  return table;
}

void write_trials(const GroupWriter& group, const TrialTable& table) {
  const std::vector<data::TrialSpec>& specs = table.specs;
  group.coordinate("trial", column(specs, [](const auto& s) { return s.id; }),
                   plain("trial: hash of all that its losses depend on"));
  train_domains(group, table.domains);
  eval_domains(group, table.domains);
  group.coordinate("tokens", table.volumes, {"tokens", "training volume"});
  group.write("mixture", {"trial", "train_domain"},
              flattened(column(specs, [](const auto& s) { return s.mixture; })),
              share_of("share of each training domain"));
  write_grid(group, table);
  write_status(group, table.results);
  const auto write = [&](const char* name, auto get, Meaning meaning) {
    group.write(name, {"trial"}, column(specs, get), meaning);
  };
  write(
      "mixture_id", [](const auto& s) { return std::int32_t{s.mixture_id}; },
      plain("trials of one mixture share it"));
  write(
      "mixture_label", [](const auto& s) { return s.mixture_label; },
      plain("where the mixture came from"));
  write(
      "run", [](const auto& s) { return s.run; }, plain("name of the logged run"));
  write(
      "repeat", [](const auto& s) { return std::int32_t{s.repeat}; }, plain("seed number"));
  if (std::any_of(specs.begin(), specs.end(), [](const auto& s) { return s.round > 0; }))
    write(
        "round", [](const auto& s) { return std::int32_t{s.round}; },
        plain("round in which the campaign chose the mixture; 0: it was designed"));
  write(
      "seed", [](const auto& s) { return s.seed; }, plain("seed of the campaign"));
  group.write("parameters", {"trial"},
              column(table.results,
                     [](const auto& r) { return r.parameters > 0 ? r.parameters : missing; }),
              plain("model size"));
  group.write("share_of", {"eval_domain"},
              column(table.domains.share_of, [](int i) { return std::int32_t{i}; }),
              plain("index of the training domain whose share the loss follows; -1: none"));
  write_tokens_seen(group, table);
  write_pools(group, specs, table);
  write_effort(group, table.results);
}

void write_curve(const GroupWriter& root, const TrialTable& table) {
  std::vector<std::int64_t> trial, tokens, steps;
  std::vector<double> losses;
  for (std::size_t t = 0; t < table.results.size(); ++t)
    for (const data::LossPoint& point : table.results[t].curve) {
      trial.push_back(static_cast<std::int64_t>(t));
      tokens.push_back(point.tokens);
      steps.push_back(point.steps);
      losses.insert(losses.end(), point.loss_nats.begin(), point.loss_nats.end());
    }
  if (trial.empty()) return;
  const GroupWriter group = root.group("curve");
  group.coordinate("row", counted(trial.size()), plain("row"));
  eval_domains(group, table.domains);
  group.write("trial_index", {"row"}, trial, plain("index into /trial"));
  group.write("tokens", {"row"}, tokens, {"tokens", "training tokens seen so far"});
  group.write("steps", {"row"}, steps, plain("optimiser steps so far"));
  group.write("loss", {"row", "eval_domain"}, losses, loss_of(table.domains, "evaluation loss"));
  write_in_bits(group, "loss_bits_per_byte", {"row", "eval_domain"}, losses,
                table.domains.bytes_per_token);
}

}  // namespace bimix::store
