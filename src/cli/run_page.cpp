#include "run_page.hpp"

#include <bimix/core/error.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/run_folder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::cli {
namespace {

constexpr int volumes_of_the_optimum = 25;
constexpr double beyond_the_largest = 10;

/// The optimum from the smallest fitted volume to ten times the largest that was seen or asked for;
/// as far as the limits leave a mixture. Its chart has no intervals: they would cost all samples at
/// each volume.
std::vector<data::MixtureChoice> optimum_by_volume(const run::StoredRun& run, data::LawFit fit) {
  fit.bootstrap.clear();
  mix::OptimizeOptions options = run::optimize_options(run);
  const double high = beyond_the_largest * std::max(options.tokens, fit.tokens_high);
  std::vector<data::MixtureChoice> choices;
  for (int i = 0; i < volumes_of_the_optimum; ++i) {
    options.tokens =
        fit.tokens_low * std::pow(high / fit.tokens_low, i / (volumes_of_the_optimum - 1.0));
    try {
      choices.push_back(mix::best_mixture(fit, options, run.campaign.default_mixture));
    } catch (const core::UsageError&) {
      break;  // texts that may be gone through only so often are exhausted from here on
    }
  }
  return choices;
}

}  // namespace

report::PageInput page_input(const par::Comm& comm, run::Screen& screen,
                             const run::StoredRun& run) {
  report::PageInput input{.fit = run.campaign.fit};
  try {
    input.record = run::derive(comm, screen, run);
  } catch (const par::CollectiveError& error) {
    input.record = run::recorded(run);
    input.notes.push_back(fmt::format("Nothing could be fitted: {}", error.what()));
  }
  if (!run.state.ended || run.state.stops.back().exit_code > 1)
    input.notes.push_back("The run is not finished; this is what there is so far.");
  par::on_root(comm, [&] {
    const data::LawFit* fit = report::used_law(input.record);
    if (fit == nullptr) return;
    input.by_volume = optimum_by_volume(run, *fit);
  });
  return input;
}

}  // namespace bimix::cli
