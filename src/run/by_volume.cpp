#include <bimix/core/error.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/law.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/run/by_volume.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace bimix::run {
namespace {

constexpr std::size_t most_samples = 40;

/// The fitted volumes, ascending.
std::vector<double> fitted_volumes(const data::LawFit& fit, const data::Observations& seen) {
  std::vector<std::int64_t> tokens;
  for (const double seen_at : seen.tokens)
    if (seen_at >= fit.tokens_low && seen_at <= fit.tokens_high)
      tokens.push_back(std::llround(seen_at));
  const std::vector<std::int64_t> distinct = data::merged_volumes(std::move(tokens));
  return {distinct.begin(), distinct.end()};
}

/// Which of them are shown, and the volume that the recommendation is for.
std::vector<double> shown_volumes(const std::vector<double>& fitted, double wanted) {
  std::vector<double> shown{fitted.front(), fitted[fitted.size() / 2], fitted.back(), wanted};
  std::sort(shown.begin(), shown.end());
  shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
  return shown;
}

/// Nothing where the limits leave no mixture.
std::optional<data::MixtureChoice> optimum_at(
    const data::LawFit& fit, double tokens, mix::OptimizeOptions options,
    const data::Mixture& default_share, const std::function<void()>& after_sample = [] {}) {
  options.tokens = tokens;
  try {
    return mix::best_mixture(fit, options, default_share, after_sample);
  } catch (const core::UsageError&) {
    return std::nullopt;
  }
}

/// The law as it would have been fitted before any run went beyond a volume; nothing if it could
/// not be.
std::optional<data::LawFit> fit_before(const FitOfRuns& of, double largest) {
  law::FitOptions one = of.options;
  one.law = of.fit.law;
  try {
    return law::fit_law(law::counted(of.seen, {.tokens = largest}), one);
  } catch (const core::TooLittleData&) {
    return std::nullopt;
  }
}

/// As far towards the prior as the choice was drawn, from its own optimum to its share.
data::Mixture drawn_alike(data::Mixture share, const data::MixtureChoice& choice) {
  if (!(choice.prior_weight > 0.0)) return share;
  for (std::size_t k = 0; k < share.size(); ++k)  // the prior's pull: weight times the prior
    share[k] =
        (1.0 - choice.prior_weight) * (share[k] - choice.unshrunk_share[k]) + choice.share[k];
  return share;
}

}  // namespace

std::vector<data::VolumeOptimum> optima_by_volume(const FitOfRuns& of,
                                                  const mix::OptimizeOptions& options,
                                                  const data::Mixture& default_share,
                                                  const spread::Progress& progress) {
  std::vector<data::VolumeOptimum> optima;
  const data::LawFit& fit = of.fit;
  const std::vector<double> fitted = fitted_volumes(fit, of.seen);
  if (fitted.empty() || law::law_of(fit).last_volume_only()) return optima;
  data::LawFit sampled = fit;
  if (sampled.bootstrap.size() > most_samples) sampled.bootstrap.resize(most_samples);
  const std::vector<double> shown = shown_volumes(fitted, options.tokens);
  spread::CountedProgress counted(progress, "optima by volume",
                                  shown.size() * sampled.bootstrap.size());
  for (const double tokens : shown) {
    const auto choice =
        optimum_at(sampled, tokens, options, default_share, [&] { counted.one_more(); });
    if (!choice) continue;
    data::VolumeOptimum next{
        .tokens = tokens,
        .share = choice->share,
        .share_low = choice->share_low,
        .share_high = choice->share_high,
        .most_epochs = data::most_epochs(choice->share, tokens, choice->unique_tokens)};
    if (tokens == fitted.back() && fitted.size() > 2)
      if (const auto before = fit_before(of, fitted[fitted.size() - 2]))
        if (const auto foreseen = optimum_at(*before, tokens, options, default_share))
          next.foreseen = drawn_alike(foreseen->share, *choice);
    optima.push_back(std::move(next));
  }
  return optima;
}

}  // namespace bimix::run
