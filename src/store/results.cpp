#include "hdf5.hpp"
#include "results_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/objective.hpp>
#include <bimix/data/set_names.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace bimix::store {
namespace {

using hdf5::GroupWriter;
using hdf5::Meaning;
using hdf5::Names;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t missing_count = -1;
/// A loss of these domains.
Meaning loss_of(const data::DomainSet& domains, const char* long_name) {
  return {data::unit_symbol(domains.loss_unit), long_name};
}
constexpr Meaning share_of(const char* long_name) { return {"1", long_name}; }
constexpr Meaning plain(const char* long_name) { return {"1", long_name}; }

/// Texts above this are datasets, not attributes: HDF5 holds no attribute above 64 kB.
constexpr std::size_t attribute_limit = 32 * 1024;

void write_scalar(const GroupWriter& group, const char* name, double value, Meaning meaning) {
  group.write(name, {}, std::span(&value, 1), meaning);
}

/// What was not computed (an empty vector) is left out rather than written as nothing.
void write_if_any(const GroupWriter& group, const char* name, const Names& dimensions,
                  const std::vector<double>& values, Meaning meaning) {
  if (!values.empty()) group.write(name, dimensions, values, meaning);
}

std::vector<double> flattened(const std::vector<std::vector<double>>& rows) {
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
}

/// Tables of `size` values each; an empty one (nothing was fitted) is all missing.
std::vector<double> flattened(const std::vector<data::Table>& tables, std::size_t size) {
  std::vector<double> values;
  for (const data::Table& table : tables)
    if (table.values.empty())
      values.insert(values.end(), size, missing);
    else
      values.insert(values.end(), table.values.begin(), table.values.end());
  return values;
}

std::vector<std::int64_t> counted(std::size_t count) {
  std::vector<std::int64_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  return indices;
}

template <class Record, class Get>
auto column(const std::vector<Record>& records, Get get) {
  std::vector<std::decay_t<decltype(get(records.front()))>> values;
  values.reserve(records.size());
  for (const Record& record : records) values.push_back(get(record));
  return values;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

void train_domains(const GroupWriter& group, const data::DomainSet& domains) {
  group.coordinate("train_domain", domains.train, plain("training domain"));
}

void eval_domains(const GroupWriter& group, const data::DomainSet& domains) {
  group.coordinate("eval_domain", domains.eval, plain("evaluation domain"));
}

/// Trials with their results beside them; a trial without one has the status `missing`.
struct TrialTable {
  const data::DomainSet& domains;
  const std::vector<data::TrialSpec>& specs;
  std::vector<std::int64_t> volumes;
  std::vector<data::TrialResult> results{};  ///< one for each spec
};

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
  write_effort(group, table.results);
}

/// All points of all curves at their exact volumes, one row each.
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
}

void write_entropy(const GroupWriter& root, const data::EntropyTable& entropy) {
  const GroupWriter group = root.group("entropy");
  group.coordinate("measure", entropy.measures, plain("entropy measure"));
  group.coordinate("train_domain", entropy.domains, plain("training domain"));
  group.write("nats", {"measure", "train_domain"}, entropy.nats.values, {"nats", "entropy"});
  group.write("mixture", {"measure", "train_domain"}, entropy.mixture.values,
              share_of("mixture that the measure implies"));
  if (!entropy.bigrams.empty())
    group.write("bigrams", {"train_domain"}, entropy.bigrams, plain("bigrams counted"));
  if (!entropy.samples.empty())
    group.write("samples", {"train_domain"}, entropy.samples,
                plain("sample vectors of the von Neumann measure"));
  group.attribute("embedding", entropy.embedding);
}

void write_held_out(const GroupWriter& law, const data::LawFit& fit) {
  const data::HeldOut& held = fit.held_out;
  const GroupWriter group = law.group("held_out");
  eval_domains(group, fit.domains);
  group.attribute("protocol", held.protocol);
  const auto write = [&](const char* name, const std::vector<double>& values, const char* what) {
    write_if_any(group, name, {"eval_domain"}, values, plain(what));
  };
  write("error", held.error, "mean relative error at the last volume of mixtures never seen");
  write("worst", held.worst, "largest of these errors");
  write("r2", held.r2, "R2 across held-out mixtures at the last volume");
  write("persistence", held.persistence, "error of taking the volume before for the last");
  write("mean_baseline", held.mean_baseline, "error of taking the training mixtures' mean");
  write("curve_r2", held.curve_r2, "R2 of log loss along the volumes of a held-out run");
  write_scalar(group, "spearman", held.spearman,
               plain("rank correlation of predicted and true mean loss"));
  write_scalar(group, "regret_nats", held.regret_nats,
               loss_of(fit.domains,
                       "true mean loss of the held-out mixture predicted best, above the best"));
  write_scalar(group, "folds", held.folds, plain("folds of whole mixtures"));
}

void write_trust(const GroupWriter& law, const data::LawFit& fit) {
  const data::Trust& trust = fit.trust;
  const GroupWriter group = law.group("trust");
  const std::int8_t is_trusted = trust.doubt.empty() ? 1 : 0;
  group.write("is_trusted", {}, std::span(&is_trusted, 1),
              plain("0: the recommendation is not to be trusted"));
  write_scalar(group, "error", trust.error.value_or(missing),
               plain("error on held-out mixtures, sets that count"));
  write_scalar(group, "mean_baseline", trust.mean_baseline.value_or(missing),
               plain("error of taking the other mixtures' mean, sets that count"));
  write_scalar(group, "r2", trust.r2.value_or(missing),
               plain("R2 over all losses of these sets together"));
  if (!trust.is_worse.empty()) {
    eval_domains(group, fit.domains);
    group.write("is_worse", {"eval_domain"}, trust.is_worse,
                plain("1: counts, and the mean of the other mixtures predicts it better"));
  }
  group.attribute("doubt", trust.doubt);
}

void write_law(const GroupWriter& laws, const data::LawFit& fit) {
  const GroupWriter group = laws.group(fit.law);
  const std::size_t E = fit.domains.eval.size(), P = fit.parameters.size();
  eval_domains(group, fit.domains);
  train_domains(group, fit.domains);
  group.coordinate("parameter", fit.parameters, plain("parameter of the law"));
  group.write("coefficient", {"eval_domain", "parameter"}, fit.coefficient.values,
              plain("fitted value; losses in the unit of /loss, volumes in tokens"));
  if (!fit.covariance.empty()) {
    // The same names under a second name: one array must not have one dimension twice.
    group.coordinate("parameter_other", fit.parameters, plain("parameter of the law"));
    group.write("covariance", {"eval_domain", "parameter", "parameter_other"},
                flattened(fit.covariance, P * P), plain("covariance of the fitted values"));
  }
  if (!fit.bootstrap.empty()) {
    group.coordinate("sample", counted(fit.bootstrap.size()), plain("bootstrap sample"));
    group.write("bootstrap", {"sample", "eval_domain", "parameter"},
                flattened(fit.bootstrap, E * P),
                plain("fitted value of each resampling of the mixtures"));
  }
  const auto write = [&](const char* name, auto get, const char* what) {
    group.write(name, {"eval_domain"}, column(fit.domain, get), plain(what));
  };
  write(
      "observations", [](const auto& d) { return std::int32_t{d.observations}; }, "rows used");
  write(
      "masked", [](const auto& d) { return std::int32_t{d.masked}; }, "rows left out");
  write(
      "rmse_relative", [](const auto& d) { return d.rmse_relative; },
      "root mean square of (predicted - seen) / seen");
  write(
      "condition", [](const auto& d) { return d.condition; },
      "condition number of the Jacobian after column scaling");
  write(
      "rank", [](const auto& d) { return std::int32_t{d.rank}; }, "numerical rank of the Jacobian");
  write(
      "stop_reason", [](const auto& d) { return d.stop_reason; }, "why the solver stopped");
  write(
      "flags", [](const auto& d) { return joined(d.flags); }, "what the reader must know");
  write(
      "noise_reading", [](const auto& d) { return d.noise_reading.value_or(missing); },
      "standard deviation of a reading about its run, as a fraction of the loss");
  write(
      "noise_seed", [](const auto& d) { return d.noise_seed.value_or(missing); },
      "standard deviation of runs of one mixture about each other, as a fraction of the loss");
  write(
      "noise_source", [](const auto& d) { return d.noise_source; }, "how the noise was found");
  write_if_any(group, "profile_low", {"eval_domain"}, fit.profile_low,
               plain("lower end of the interval of alpha by its profile"));
  write_if_any(group, "profile_high", {"eval_domain"}, fit.profile_high,
               plain("upper end of the interval of alpha by its profile"));
  write_if_any(group, "share_low", {"train_domain"}, fit.share_low,
               share_of("smallest share seen"));
  write_if_any(group, "share_high", {"train_domain"}, fit.share_high,
               share_of("largest share seen"));
  write_scalar(group, "tokens_low", fit.tokens_low, {"tokens", "smallest volume seen"});
  write_scalar(group, "tokens_high", fit.tokens_high, {"tokens", "largest volume seen"});
  if (fit.last_size > 0) {
    write_scalar(group, "model_size_low", fit.size_low, {"parameters", "smallest model seen"});
    write_scalar(group, "model_size_high", fit.size_high, {"parameters", "largest model seen"});
    write_scalar(group, "model_size", fit.last_size,
                 {"parameters", "model that held-out figures and the optimum are of"});
  }
  group.attribute("flags", joined(fit.flags));
  write_held_out(group, fit);
  write_trust(group, fit);
}

void write_optimum(const GroupWriter& root, const data::DomainSet& domains,
                   const data::MixtureChoice& choice) {
  const GroupWriter group = root.group("optimum");
  train_domains(group, domains);
  eval_domains(group, domains);
  const auto by_train = [&](const char* name, const std::vector<double>& values, const char* what) {
    write_if_any(group, name, {"train_domain"}, values, share_of(what));
  };
  by_train("share", choice.share, "recommended mixture");
  by_train("share_low", choice.share_low, "lower end of the interval of the optimum");
  by_train("share_high", choice.share_high, "upper end of the interval of the optimum");
  by_train("default_share", choice.default_share, "mixture it is compared with");
  by_train("floor", choice.floor, "smallest share allowed");
  by_train("cap", choice.cap, "largest share allowed");
  write_if_any(group, "weight", {"eval_domain"}, choice.weight, plain("weight in the objective"));
  write_if_any(group, "predicted_nats", {"eval_domain"}, choice.predicted_nats,
               loss_of(domains, "loss predicted at the recommended mixture"));
  write_if_any(group, "predicted_default_nats", {"eval_domain"}, choice.predicted_default_nats,
               loss_of(domains, "loss predicted at the default mixture"));
  if (choice.bootstrap_share.rows > 0) {
    group.coordinate("sample", counted(choice.bootstrap_share.rows), plain("bootstrap sample"));
    group.write("bootstrap_share", {"sample", "train_domain"}, choice.bootstrap_share.values,
                share_of("optimum of each bootstrap law"));
  }
  write_scalar(group, "volume_tokens", choice.tokens,
               {"tokens", "volume the mixture is meant for"});
  if (choice.model_size > 0)
    write_scalar(group, "model_size", choice.model_size,
                 {"parameters", "model the mixture is meant for"});
  write_scalar(group, "objective_nats", choice.objective_nats,
               loss_of(domains, "objective at the recommended mixture"));
  write_scalar(group, "objective_default_nats", choice.objective_default_nats,
               loss_of(domains, "objective at the default mixture"));
  write_scalar(group, "certificate", choice.certificate, plain("how far from the best at most"));
  write_scalar(group, "level", choice.level, plain("what the intervals hold"));
  write_scalar(group, "gain_nats", choice.gain_nats, loss_of(domains, "default minus optimum"));
  write_scalar(group, "gain_low", choice.gain_low, loss_of(domains, "lower end of its interval"));
  write_scalar(group, "gain_high", choice.gain_high, loss_of(domains, "upper end of its interval"));
  group.attribute("law", choice.law);
  group.attribute("objective", choice.objective);
  group.attribute("certificate_kind", choice.certificate_kind);
  group.attribute("doubt", choice.trust.doubt);
  group.attribute("flags", joined(choice.flags));
}

/// What the objective of the recommendation is made of.
void write_objective(const GroupWriter& root, const data::DomainSet& domains,
                     const data::MixtureChoice& choice) {
  const GroupWriter group = root.group("objective");
  eval_domains(group, domains);
  std::vector<std::int8_t> counts, averages;
  for (const bool does : data::counted_sets(choice)) counts.push_back(does ? 1 : 0);
  for (const std::string& name : domains.eval)
    averages.push_back(data::is_average_name(name) ? 1 : 0);
  group.write("counts", {"eval_domain"}, counts, plain("1: the loss of this set counts"));
  write_if_any(group, "weight", {"eval_domain"}, choice.weight,
               plain("weight of each loss in the mean that is least at the recommended mixture"));
  group.write("is_average", {"eval_domain"}, averages,
              plain("1: the name says that the set is an average over others"));
  group.attribute("kind", choice.objective);
  group.attribute("words", data::objective_words(choice, domains));
  group.attribute("units", std::string(data::unit_symbol(domains.loss_unit)));
}

void write_check_report(const GroupWriter& group, const data::DomainSet& domains,
                        const data::CheckReport& check) {
  train_domains(group, domains);
  group.coordinate("eval_domain", check.domains, plain("evaluation domain"));
  group.coordinate("label", check.labels, plain("mixture that was trained"));
  const Names cells{"label", "eval_domain"};
  group.write("mixture", {"label", "train_domain"}, flattened(check.mixtures),
              share_of("share of each training domain"));
  group.write("predicted_nats", cells, check.predicted_nats.values,
              loss_of(domains, "predicted loss"));
  group.write("trained_nats", cells, check.trained_nats.values,
              loss_of(domains, "trained loss, mean over repeats"));
  group.write("trained_error_nats", cells, check.trained_error_nats.values,
              loss_of(domains, "its standard error"));
  write_if_any(group, "paired_gain_nats", {"eval_domain"}, check.paired_gain_nats,
               loss_of(domains, "default minus optimum, mean over repeats"));
  write_if_any(group, "paired_error_nats", {"eval_domain"}, check.paired_error_nats,
               loss_of(domains, "its standard error"));
  write_scalar(group, "mean_gain_nats", check.mean_gain_nats,
               loss_of(domains, "default minus optimum in the objective"));
  write_scalar(group, "mean_gain_error_nats", check.mean_gain_error_nats,
               loss_of(domains, "its standard error"));
  write_scalar(group, "volume_tokens", static_cast<double>(check.tokens),
               {"tokens", "volume trained to"});
  write_scalar(group, "repeats", check.repeats, plain("seeds for each mixture"));
}

void write_check(const GroupWriter& root, const data::RunRecord& record) {
  if (record.check.empty() && record.check_trials.empty()) return;
  const GroupWriter group = root.group("check");
  if (!record.check.empty()) write_check_report(group, record.plan.domains, record.check.front());
  if (record.check_trials.empty()) return;
  std::vector<std::int64_t> volumes;
  for (const data::TrialSpec& spec : record.check_trials)
    volumes.insert(volumes.end(), spec.tokens.begin(), spec.tokens.end());
  write_trials(group.group("trials"), trial_table(record.plan.domains, record.check_trials,
                                                  data::merged_volumes(volumes), record.results));
}

void write_provenance(const GroupWriter& root, const data::RunRecord& record) {
  const GroupWriter group = root.group("provenance");
  const auto write_text = [&](const std::string& name, const std::string& text,
                              const char* long_name) {
    group.write(name, {}, Names{text}, plain(long_name));
  };
  write_text("campaign", record.campaign_text, "campaign as given");
  write_text("resolved", record.resolved_text, "campaign with every default filled in");
  for (const auto& [name, text] : record.stamp.facts)
    if (text.size() <= attribute_limit)
      group.attribute(name, text);
    else
      write_text(name, text, name.c_str());
}

}  // namespace

std::string results_image(const data::RunRecord& record) {
  const data::SweepPlan& plan = record.plan;
  core::require(!plan.trials.empty() && !plan.tokens.empty(), "results have trials and volumes");
  core::require(!plan.domains.train.empty() && !plan.domains.eval.empty(), "results have domains");
  core::require(plan.domains.share_of.size() == plan.domains.eval.size(), "share_of has E entries");
  const hdf5::ImageWriter image;
  {
    const GroupWriter root = image.root();
    root.attribute(version_attribute, results_version);
    root.attribute(title_attribute, plan.name);
    const TrialTable table = trial_table(plan.domains, plan.trials, plan.tokens, record.results);
    write_trials(root, table);
    write_curve(root, table);
    if (!record.entropy.empty()) write_entropy(root, record.entropy.front());
    if (!record.laws.empty()) {
      const GroupWriter laws = root.group("law");
      for (const data::LawFit& fit : record.laws) write_law(laws, fit);
    }
    for (const data::MixtureChoice& choice : record.optimum) {
      write_optimum(root, plan.domains, choice);
      write_objective(root, plan.domains, choice);
    }
    write_check(root, record);
    write_provenance(root, record);
  }
  return image.bytes();
}

void write_results(const std::filesystem::path& path, const data::RunRecord& record, Disk& disk) {
  std::string image;
  try {
    image = sealed(results_image(record));
  } catch (const hdf5::Failure& cause) {
    // The file is made in memory: no disk, no permission and no other process can have done this.
    throw core::InternalError({.place = path.string(),
                               .problem = std::string("HDF5: ") + cause.what(),
                               .rule = "",
                               .remedy = "Please report it; the journal holds all results"});
  }
  write_file_atomically(path, image, disk);
}

}  // namespace bimix::store
