#include "loss_table.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/replay/loss_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <system_error>

namespace bimix::trial {
namespace {

/// Trainers print shares with few digits.
constexpr double same_share = 1e-3;

/// The one run of the log, of the mixture that the trial asked for.
const data::LossCurve& run_of(const replay::LossLog& log, const std::string& path,
                              const data::TrialSpec& spec) {
  const auto refuse = [&](const std::string& problem, const std::string& rule) {
    throw core::DataError({.place = path, .problem = problem, .rule = rule, .remedy = ""});
  };
  if (log.runs.size() != 1)
    refuse(fmt::format("holds {} runs", log.runs.size()), "one for a trial");
  const data::LossCurve& run = log.runs.front();
  for (std::size_t k = 0; k < spec.mixture.size(); ++k)
    if (std::abs(run.mixture[k] - spec.mixture[k]) > same_share)
      refuse(fmt::format("says the share of '{}' was {:.6g}", log.domains.train[k], run.mixture[k]),
             fmt::format("the trial asked for {:.6g}", spec.mixture[k]));
  return run;
}

bool is_any(const data::LossPoint& point, bool (*holds)(double)) {
  return std::any_of(point.loss_nats.begin(), point.loss_nats.end(), holds);
}

const data::LossPoint* point_at(const data::LossCurve& run, std::int64_t volume) {
  const auto point =
      std::find_if(run.points.begin(), run.points.end(), [&](const data::LossPoint& candidate) {
        return data::find_volume(std::span(&volume, 1), candidate.tokens).has_value();
      });
  const bool is_blank =
      point == run.points.end() || !is_any(*point, [](double loss) { return !std::isnan(loss); });
  return is_blank ? nullptr : &*point;
}

}  // namespace

LossTable read_loss_table(const std::string& path, const data::DomainSet& domains,
                          const data::TrialSpec& spec, std::int64_t tokens_per_step) {
  replay::ReplayOptions options{.files = {path}};
  if (tokens_per_step > 1) options.tokens_per_step = tokens_per_step;
  const replay::LossLog log =
      replay::in_order_of(domains, replay::read_trial_log(options, domains.train, spec.mixture));
  const data::LossCurve& run = run_of(log, path, spec);
  LossTable table{.repairs = log.repairs};
  const auto not_finite =
      std::find_if(run.points.begin(), run.points.end(), [](const data::LossPoint& point) {
        return is_any(point, [](double loss) { return std::isinf(loss); });
      });
  if (not_finite != run.points.end()) {
    const auto e = static_cast<std::size_t>(
        std::find_if(not_finite->loss_nats.begin(), not_finite->loss_nats.end(),
                     [](double loss) { return std::isinf(loss); }) -
        not_finite->loss_nats.begin());
    table.diverged = fmt::format("the loss of '{}' was no longer finite at {} tokens",
                                 domains.eval[e], not_finite->tokens);
  }
  for (const std::int64_t volume : spec.tokens) {
    if (not_finite != run.points.end() && volume >= not_finite->tokens) break;
    const data::LossPoint* point = point_at(run, volume);
    if (point == nullptr)
      throw core::DataError({.place = path,
                             .problem = fmt::format("has no losses at {} tokens", volume),
                             .rule = "every volume of the trial is needed",
                             .remedy = ""});
    table.points.push_back(*point);
    table.points.back().tokens = volume;
  }
  return table;
}

bool has_content(const std::string& path) {
  const std::vector<std::string> files = replay::files_named(path);
  return std::any_of(files.begin(), files.end(), [](const std::string& file) {
    std::error_code failure;
    return std::filesystem::file_size(file, failure) > 0 && !failure;
  });
}

void move_away(const std::string& path) {
  for (const std::filesystem::path file : replay::files_named(path)) {
    const std::filesystem::path folder = file.parent_path() / ".earlier";
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    std::filesystem::path to;
    for (int number = 1; to.empty() || std::filesystem::exists(to, failure); ++number)
      to = folder / fmt::format("{}-{}", number, file.filename().string());
    std::filesystem::rename(file, to, failure);
    if (failure)
      throw core::DataError(
          {.place = file.string(),
           .problem = "cannot be moved away: " + failure.message(),
           .rule = "it is of an earlier attempt, and would be taken for this one's",
           .remedy = "Remove it"});
  }
}

}  // namespace bimix::trial
