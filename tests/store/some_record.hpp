#pragma once

#include <bimix/data/records.hpp>

#include <limits>
#include <string>

namespace bimix::test {

/// A record of two training domains, three evaluation domains, four trials and two volumes: one
/// trial whole, one seen in part, one diverged, one missing; with every optional part.
inline data::RunRecord some_record() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  data::RunRecord record;
  record.campaign_text = "name: demo  # größer\n";
  record.resolved_text = "name: demo\nseed: 7\n";
  record.stamp.facts = {{"commit", "0123abc"}, {"hosts", std::string(100'000, 'h')}, {"note", ""}};

  data::SweepPlan& plan = record.plan;
  plan.name = "demo";
  plan.domains = {{"prose", "日本"}, {"prose", "日本", "other"}, {0, 1, -1}};
  plan.mixtures = {{0.25, 0.75}, {1.0 / 3.0, 2.0 / 3.0}};
  plan.labels = {"default", "dirichlet-0"};
  plan.tokens = {64'000, 20'000'000'000};
  for (int t = 0; t < 4; ++t) {
    const int m = t / 2;
    plan.trials.push_back({.id = "000000000000000" + std::to_string(t),
                           .purpose = data::TrialPurpose::sweep,
                           .mixture_label = plan.labels[static_cast<std::size_t>(m)],
                           .mixture_id = m,
                           .mixture = plan.mixtures[static_cast<std::size_t>(m)],
                           .repeat = t % 2,
                           .seed = ~0ULL,
                           .tokens = plan.tokens,
                           .run = t == 0 ? "run a" : "",
                           .round = m});
  }
  const auto result = [&](int t, data::TrialStatus status, std::vector<data::LossPoint> curve) {
    data::TrialResult r;
    r.id = plan.trials[static_cast<std::size_t>(t)].id;
    r.status = status;
    r.curve = std::move(curve);
    r.started_utc = t == 1 ? 0.0 : 1795000000.125 + t;
    r.wall_seconds = 1.5;
    r.tokens_per_second = 1e6;
    r.parameters = 122e6;
    r.rank = t;
    r.host = "node1";
    return r;
  };
  // Out of plan order on purpose.
  record.results = {
      result(2, data::TrialStatus::diverged, {}),
      result(1, data::TrialStatus::ok, {{64'000, 62, {4.5, nan, 4.25}}}),
      result(0, data::TrialStatus::ok,
             {{64'000, 62, {5.5, 1.0 / 3.0, 5.25}},
              {1'000'000, 900, {3.5, 3.25, 3.0}},           // at no volume of the plan
              {19'998'000'000, 19'000, {9, 9, 9}},          // within 0.5 % of the last volume,
              {20'000'000'000, 20'000, {2.5, 2.25, 2.0}}})  // but this one is later
  };
  record.results[0].message = "loss is NaN at step 7";
  record.results[2].tokens_seen = {5'000'000'000, 15'000'000'000};
  record.results[2].unique_tokens = {2'500'000'000, std::numeric_limits<double>::infinity()};

  record.entropy = {{.domains = plan.domains.train,
                     .measures = {"shannon", "joint"},
                     .nats = data::Table(2, 2, 3.5),
                     .mixture = data::Table(2, 2, 0.5),
                     .bigrams = {100, 200},
                     .samples = {10, 20},
                     .embedding = "hashed 3-grams"}};

  data::LawFit fit;
  fit.law = "bimix";
  fit.domains = plan.domains;
  fit.parameters = {"P", "Q", "alpha", "beta"};
  fit.coefficient = data::Table(3, 4, nan);
  fit.coefficient(1, 2) = 0.125;
  fit.covariance = {data::Table(4, 4, 1e-6), data::Table(4, 4, 2e-6), data::Table()};
  fit.domain.resize(3);
  fit.domain[0].observations = 3;
  fit.domain[0].stop_reason = "converged";
  fit.domain[2].flags = {"no share", "not fitted"};
  fit.domain[1].noise_reading = 0.25;
  fit.domain[1].noise_source = "2 repeats of 1 mixture";
  fit.profile_low = {0.0625, 0.125, nan};
  fit.profile_high = {0.5, 0.25, nan};
  fit.bootstrap = {data::Table(3, 4, 1.0), data::Table(3, 4, 2.0)};
  fit.held_out.protocol = "mixture folds";
  data::HeldOut& held = fit.held_out;
  held.error = held.worst = held.r2 = held.persistence = held.mean_baseline =
      held.curve_r2 = {0.01, 0.02, nan};
  held.losses = {{0, 1, 2.5, 2.25}, {1, 0, 2.0, 1.75}};
  fit.trust = {.doubt = "not to be trusted", .error = 0.25, .is_worse = {0, 1, 0}};
  fit.share_low = {0.25, 2.0 / 3.0};
  fit.share_high = {1.0 / 3.0, 0.75};
  fit.unique_tokens = {2.5e9, 0.0};
  fit.most_epochs = 2.0;
  fit.size_low = 1e6;
  fit.size_high = fit.last_size = 7e7;
  record.laws = {fit};

  data::MixtureChoice choice;
  choice.law = "bimix";
  choice.objective = "mean";
  choice.objective_words = {"mean loss", "mean loss of prose and 日本", {true, true, false}};
  choice.tokens = 2e10;
  choice.model_size = 7e7;
  choice.unique_tokens = {2.5e9, 0.0};
  choice.max_epochs = 2.0;
  choice.prior = "proportional";
  choice.prior_weight = 0.25;
  choice.unshrunk_share = choice.free_share = {0.1, 0.9};
  choice.gain_expected = 0.01;
  choice.nearest_run = "default";
  choice.nearest_distance = 0.05;
  choice.share = {0.3, 0.7};
  choice.default_share = {0.25, 0.75};
  choice.share_low = choice.floor = {0.2, 0.6};
  choice.share_high = choice.cap = {0.4, 0.8};
  choice.weight = {0.5, 0.5, 0.0};
  choice.predicted_nats = choice.predicted_default_nats = {2.4, 2.1, nan};
  choice.trust = fit.trust;
  choice.certificate_kind = "KKT residual";
  choice.bootstrap_share = data::Table(2, 2, 0.5);
  record.optimum = {choice};
  record.by_volume = {
      {.tokens = 64'000, .share = {0.4, 0.6}, .share_low = {0.3, 0.5}, .share_high = {0.5, 0.7}},
      {.tokens = 128'000,
       .share = {0.3, 0.7},
       .share_low = {0.2, 0.6},
       .share_high = {0.4, 0.8},
       .foreseen = {0.35, 0.65}}};

  record.check_trials = {{.id = "00000000000000c0",
                          .purpose = data::TrialPurpose::check,
                          .mixture_label = "optimum",
                          .mixture = {0.3, 0.7},
                          .seed = 7,
                          .tokens = {128'000}}};
  data::TrialResult checked = result(0, data::TrialStatus::ok, {{128'000, 125, {2.5, 2.0, 1.5}}});
  checked.id = record.check_trials[0].id;
  record.results.push_back(checked);
  data::CheckReport check;
  check.tokens = 128'000;
  check.domains = plan.domains.eval;
  check.labels = {"default", "optimum"};
  check.mixtures = {{0.25, 0.75}, {0.3, 0.7}};
  check.bytes_per_token = {4.0, 4.0, 4.0};
  check.predicted_nats = check.trained_nats = data::Table(2, 3, 2.0);
  check.trained_error_nats = data::Table(2, 3, nan);
  check.repeats = 1;
  check.over_nats = {0.1, 0.0};
  check.over_error_nats = {nan, nan};
  check.paired_gain_nats = check.paired_error_nats = {0.1, 0.2, nan};
  record.check = {check};
  return record;
}

}  // namespace bimix::test
