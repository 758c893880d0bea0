#include "problem.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::mix {
namespace {

void flag(std::vector<std::string>& flags, std::string problem, std::string rule,
          std::string remedy) {
  flags.push_back(core::to_string(
      core::Complaint{"optimum", std::move(problem), std::move(rule), std::move(remedy)}));
}

void add_share_flags(const Problem& problem, const OptimizeOptions& options,
                     const data::MixtureChoice& choice, std::vector<std::string>& flags) {
  const data::LawFit& fit = problem.fit;
  for (std::size_t k = 0; k < choice.share.size(); ++k) {
    const std::string& name = fit.domains.train[k];
    const double share = choice.share[k], low = fit.share_low[k], high = fit.share_high[k];
    if (was_never_tried(fit, k))
      flag(flags, fmt::format("the share of '{}' is 0", name),
           "no mixture that was trained has any of it", "Add mixtures with a share of it");
    else if (problem.kept[k])
      flag(flags, fmt::format("the share of '{}' is kept at {:.4g}", name, share),
           "no fitted law follows it", "Add mixtures with another share of it");
    else if (share < low || share > high)
      flag(flags, fmt::format("the share of '{}' is extrapolated to {:.4g}", name, share),
           fmt::format("shares from {:.4g} to {:.4g} were tried", low, high),
           "Train a mixture with such a share before you rely on it");
    else if (!options.extrapolate && low < high && (share == low || share == high))
      flag(flags,
           fmt::format("the share of '{}' stopped at the {} tried, {:.4g}", name,
                       share == high ? "largest" : "smallest", share),
           "the optimum is sought where the law was fitted",
           share == high ? "Add mixtures with more of it" : "Add mixtures with less of it");
  }
}

void add_repetition_flags(const Problem& problem, const data::MixtureChoice& choice,
                          std::vector<std::string>& flags) {
  const data::Mixture counted = problem.worth(choice.share);
  for (std::size_t k = 0; k < choice.share.size(); ++k)
    if (choice.share[k] > problem.unique_share[k])
      flag(flags,
           fmt::format("'{}' is gone through {:.3g} times", problem.fit.domains.train[k],
                       choice.share[k] / problem.unique_share[k]),
           fmt::format("its tokens are worth {:.3g} of as many new ones, at R* = {:g}",
                       counted[k] / choice.share[k], problem.repetition),
           "");
}

void add_fit_flags(const Problem& problem, const data::MixtureChoice& choice,
                   std::vector<std::string>& flags) {
  const data::LawFit& fit = problem.fit;
  if (problem.tokens > fit.tokens_high * (1.0 + data::volume_tolerance))
    flag(flags, fmt::format("losses are extrapolated to {:.3g} tokens", problem.tokens),
         fmt::format("{:.3g} times the largest volume fitted", problem.tokens / fit.tokens_high),
         "");
  if (problem.model_size > fit.size_high * (1.0 + data::volume_tolerance))
    flag(flags,
         fmt::format("losses are extrapolated to a model of {:.3g} parameters", problem.model_size),
         fmt::format("{:.3g} times the largest model fitted", problem.model_size / fit.size_high),
         "");
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e)
    if (problem.weight[e] > 0.0 && std::isinf(choice.predicted_default_nats[e]))
      flag(flags, fmt::format("the default has no predicted loss on '{}'", fit.domains.eval[e]),
           fmt::format("law {} is infinite at its share of 0", fit.law),
           "Give the default mixture a share of it, or fit a law that is finite there");
  std::vector<std::string> left_out;
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e)
    if (!is_fitted(fit.coefficient, e)) left_out.push_back("'" + fit.domains.eval[e] + "'");
  if (!left_out.empty())
    flag(flags, fmt::format("the objective leaves out {}", core::join_words(left_out)),
         "no law could be fitted", "");
  flags.insert(flags.end(), fit.flags.begin(), fit.flags.end());
}

/// Why a domain may be gone through more often than was asked.
std::string why_raised(const OptimizeOptions& options, double asked) {
  return fmt::format("{} no mixture of {} tokens {}",
                     options.extrapolate ? "within floors and caps"
                                         : "within the shares that were tried, floors and caps,",
                     core::format_count_about(options.tokens, 4),
                     options.max_epochs.epochs ? fmt::format("repeats {:g} times at most", asked)
                                               : "repeats less");
}

}  // namespace

std::string epochs_caution(const Problem& problem, const OptimizeOptions& options,
                           const data::MixtureChoice& choice) {
  const std::vector<double> epochs =
      data::epochs(choice.share, options.tokens, choice.unique_tokens);
  if (epochs.empty()) return "";
  constexpr double rounding = 1e-9;
  const double seen = epochs_seen(problem.fit), asked = epochs_asked(problem.fit, options);
  const auto most = std::max_element(epochs.begin(), epochs.end());
  const bool is_raised = problem.box.max_epochs > asked;
  const bool is_measured = *most <= seen * (1.0 + rounding);
  if (is_measured && !is_raised) return "";
  const std::string what = fmt::format(
      "Take care: '{}' is gone through {:.4g} times",
      problem.fit.domains.train[static_cast<std::size_t>(most - epochs.begin())], *most);
  const std::string why = is_raised ? why_raised(options, asked) : "max_epochs lets it";
  if (is_measured) return fmt::format("{}; {}", what, why);
  return fmt::format("{}, and {}; {}. What that does is not measured", what,
                     problem.fit.most_epochs > 1.0
                         ? fmt::format("no run repeated any more than {:.3g} times", seen)
                         : "no run repeated any of its tokens",
                     why);
}

std::vector<std::string> choice_flags(const Problem& problem, const OptimizeOptions& options,
                                      const data::MixtureChoice& choice) {
  std::vector<std::string> flags;
  add_share_flags(problem, options, choice, flags);
  add_repetition_flags(problem, choice, flags);
  add_fit_flags(problem, choice, flags);
  return flags;
}

}  // namespace bimix::mix
