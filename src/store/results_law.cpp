#include "results_columns.hpp"
#include "results_format.hpp"
#include "results_groups.hpp"

#include <cstdint>
#include <span>

namespace bimix::store {
namespace {

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
  if (held.losses.empty()) return;
  group.coordinate("point", counted(held.losses.size()), plain("a held-out loss"));
  const auto each = [&](const char* name, auto get, Meaning meaning) {
    group.write(name, {"point"}, column(held.losses, get), meaning);
  };
  each(
      "mixture_id", [](const auto& l) { return static_cast<std::int32_t>(l.mixture); },
      plain("which mixture, as in /mixture_id"));
  each(
      "eval_domain_index", [](const auto& l) { return static_cast<std::int32_t>(l.eval_domain); },
      plain("index into eval_domain"));
  each(
      "seen_nats", [](const auto& l) { return l.seen_nats; },
      loss_of(fit.domains, "loss of a mixture that was held out"));
  each(
      "predicted_nats", [](const auto& l) { return l.predicted_nats; },
      loss_of(fit.domains, "what the law predicted without it"));
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

/// How the fit of each evaluation domain went.
void write_domain_fits(const GroupWriter& group, const std::vector<data::DomainFit>& fits) {
  const auto write = [&](const char* name, auto get, const char* what) {
    group.write(name, {"eval_domain"}, column(fits, get), plain(what));
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
}

/// The same flags one by one, so that what reads the fit back need not guess where one ends.
void write_flags(const GroupWriter& group, const data::LawFit& fit) {
  if (!fit.flags.empty())
    group.coordinate("flag", fit.flags, plain("what the reader must know of the fit"));
  Names texts;
  std::vector<std::int32_t> domain_of;
  for (std::size_t e = 0; e < fit.domain.size(); ++e)
    for (const std::string& flag : fit.domain[e].flags) {
      texts.push_back(flag);
      domain_of.push_back(static_cast<std::int32_t>(e));
    }
  if (texts.empty()) return;
  group.coordinate("domain_flag", texts, plain("what the reader must know of a domain's fit"));
  group.write("domain_flag_of", {"domain_flag"}, domain_of,
              plain("index of the evaluation domain"));
}

}  // namespace

void write_fits_header(const GroupWriter& laws, const data::RunRecord& record) {
  if (record.fitted_to.empty()) return;
  std::string order;
  for (const data::LawFit& fit : record.laws) order += (order.empty() ? "" : " ") + fit.law;
  laws.attribute(fitted_to_attribute, record.fitted_to);
  laws.attribute(order_attribute, order);
  laws.attribute(used_attribute,
                 record.optimum.empty() ? record.laws.front().law : record.optimum.front().law);
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
  write_domain_fits(group, fit.domain);
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
  if (!fit.unique_tokens.empty()) {
    group.write("unique_tokens", {"train_domain"}, fit.unique_tokens,
                {"tokens", "pools of most runs; 0: not known, infinite: endless"});
    write_scalar(group, "most_epochs", fit.most_epochs, plain("that a run gave to any domain"));
  }
  group.attribute("flags", joined(fit.flags));
  write_flags(group, fit);
  write_held_out(group, fit);
  write_trust(group, fit);
}

}  // namespace bimix::store
