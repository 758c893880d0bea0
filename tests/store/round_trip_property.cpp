// Whatever a run holds comes back from its journal and its result file: records are drawn at
// random, with names, gaps and texts that files might trip over.

#include "some_record.hpp"
#include "support/temp_folder.hpp"

#include <bimix/data/json.hpp>
#include <bimix/store/folder_lock.hpp>
#include <bimix/store/journal.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace bimix::store {
namespace {

using test::TempFolder;

/// Text of pieces that end strings, names or lines somewhere.
std::string some_text(int most) {
  static const std::vector<std::string> pieces{"a", "Z", "7",    " ",      "\"",   "\\", "\n", "\t",
                                               "/", "{", "}",    ":",      "\x7f", "%",  ";",  "'",
                                               "<", "é", "日本", "\u202e", "",     "nan"};
  std::string text;
  const int count = *rc::gen::inRange(0, most + 1);
  for (int i = 0; i < count; ++i) text += *rc::gen::elementOf(pieces);
  return text;
}

std::vector<std::string> some_names(int most) {
  std::vector<std::string> names;
  const int count = *rc::gen::inRange(1, most + 1);
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("{}{}", some_text(4), i));
  return names;
}

/// Any double that a loss or a time can be, and NaN.
double some_number() {
  return *rc::gen::oneOf(
      rc::gen::just(std::numeric_limits<double>::quiet_NaN()), rc::gen::just(0.0),
      rc::gen::just(std::numeric_limits<double>::denorm_min()), rc::gen::just(1.0 / 3.0),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double x) { return std::abs(x); }));
}

data::Mixture some_mixture(std::size_t domains) {
  data::Mixture shares;
  double sum = 0;
  for (std::size_t k = 0; k < domains; ++k) {
    shares.push_back(*rc::gen::inRange(k == 0 ? 1 : 0, 100));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

data::SweepPlan some_plan() {
  data::SweepPlan plan;
  plan.name = some_text(6);
  plan.domains = {some_names(4), some_names(4), {}};
  const std::size_t K = plan.domains.train.size();
  for (std::size_t e = 0; e < plan.domains.eval.size(); ++e)
    plan.domains.share_of.push_back(*rc::gen::inRange(-1, static_cast<int>(K)));
  std::int64_t tokens = 1;
  const int volumes = *rc::gen::inRange(1, 5);
  for (int v = 0; v < volumes; ++v)
    plan.tokens.push_back(tokens = tokens * *rc::gen::inRange(2, 1000) + 1);
  const int mixtures = *rc::gen::inRange(1, 5);
  for (int m = 0; m < mixtures; ++m) {
    plan.mixtures.push_back(some_mixture(K));
    plan.labels.push_back(some_text(4));
    const int repeats = *rc::gen::inRange(1, 4);
    for (int r = 0; r < repeats; ++r)
      plan.trials.push_back({.id = fmt::format("{:016x}", plan.trials.size() + 1),
                             .purpose = data::TrialPurpose::sweep,
                             .mixture_label = plan.labels.back(),
                             .mixture_id = m,
                             .mixture = plan.mixtures.back(),
                             .repeat = r,
                             .seed = *rc::gen::arbitrary<std::uint64_t>(),
                             .tokens = plan.tokens,
                             .run = some_text(3),
                             .round = m});
  }
  return plan;
}

data::TrialResult some_result(const data::TrialSpec& spec, const data::DomainSet& domains) {
  data::TrialResult result;
  result.id = spec.id;
  result.status = static_cast<data::TrialStatus>(*rc::gen::inRange(0, 4));
  if (result.status == data::TrialStatus::failed)
    result.failure = static_cast<data::FailureKind>(*rc::gen::inRange(1, 8));
  result.message = some_text(8);
  for (const std::int64_t tokens : spec.tokens) {
    if (*rc::gen::inRange(0, 3) == 0) continue;
    data::LossPoint point{.tokens = tokens, .steps = *rc::gen::inRange(0, 1'000'000)};
    for (std::size_t e = 0; e < domains.eval.size(); ++e) point.loss_nats.push_back(some_number());
    result.curve.push_back(point);
  }
  if (*rc::gen::arbitrary<bool>())
    for (std::size_t k = 0; k < domains.train.size(); ++k)
      result.tokens_seen.push_back(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000));
  if (*rc::gen::arbitrary<bool>())
    for (std::size_t k = 0; k < domains.train.size(); ++k)
      result.unique_tokens.push_back(
          k == 0 ? 1e6 : *rc::gen::element(0.0, 4e4, std::numeric_limits<double>::infinity()));
  result.started_utc = *rc::gen::inRange(0, 2'000'000'000) / 8.0;
  result.wall_seconds = *rc::gen::inRange(0, 1'000'000) / 7.0;
  result.tokens_per_second = *rc::gen::inRange(0, 1'000'000) / 7.0;
  result.parameters = *rc::gen::inRange(0, 1000);
  result.rank = *rc::gen::inRange(0, 20000);
  result.attempt = *rc::gen::inRange(1, 9);
  result.host = some_text(3);
  return result;
}

std::vector<data::TrialResult> some_results(const data::SweepPlan& plan) {
  std::vector<data::TrialResult> results;
  for (const data::TrialSpec& spec : plan.trials)
    if (*rc::gen::inRange(0, 4) > 0) results.push_back(some_result(spec, plan.domains));
  return results;
}

/// NaN equals NaN in text.
std::string text_of(const std::vector<data::TrialResult>& results) {
  data::Json all = data::Json::array();
  for (const data::TrialResult& result : results) all.push_back(data::to_json(result));
  return all.dump(1);
}

RC_GTEST_PROP(RoundTrip, OfTheJournalKeepsEverything, ()) {
  const data::SweepPlan plan = some_plan();
  const std::vector<data::TrialResult> results = some_results(plan);
  const TempFolder folder;
  {
    const FolderLock lock(folder.path());
    Journal journal(lock);
    journal.append(
        JournalHeader{.campaign_hash = some_text(4), .fingerprints = {{"a", some_text(4)}}});
    journal.append_plan(plan.trials);
    journal.append_results(results);
  }
  const JournalState state = read_journal(folder.path());
  RC_ASSERT(state.plan_trials == plan.trials);
  RC_ASSERT(text_of(state.results) == text_of(results));
  RC_ASSERT(state.notes.empty());
}

RC_GTEST_PROP(RoundTrip, OfTheResultFileKeepsPlanAndResults, ()) {
  data::RunRecord record;
  record.campaign_text = some_text(20);
  record.resolved_text = some_text(20);
  record.stamp.facts = {{"commit", some_text(4)}, {"note", some_text(4)}};
  record.plan = some_plan();
  record.results = some_results(record.plan);
  const TempFolder folder;
  write_results(folder / "results.h5", record);
  RC_ASSERT(verify_results(folder / "results.h5", record).empty());
  const data::RunRecord read = read_results(folder / "results.h5");
  RC_ASSERT(read.campaign_text == record.campaign_text);
  RC_ASSERT(read.resolved_text == record.resolved_text);
  RC_ASSERT(read.stamp == record.stamp);
  RC_ASSERT(read.plan == record.plan);
  RC_ASSERT(text_of(read.results) == text_of(record.results));
}

}  // namespace
}  // namespace bimix::store
