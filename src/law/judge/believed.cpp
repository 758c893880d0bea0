#include <bimix/core/error.hpp>
#include <bimix/law/believed.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/held_out.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/trust.hpp>

#include <algorithm>

namespace bimix::law {
namespace {

void go_on_unless(const std::stop_token& stop) {
  if (stop.stop_requested())
    throw core::Interrupted(core::Complaint{.problem = "stopped while laws were fitted"});
}

}  // namespace

std::vector<std::string> believed_laws(const data::Observations& observations,
                                       const FitOptions& options) {
  FitOptions every = options;
  every.law = automatic_law;
  std::vector<std::string> laws = laws_to_fit(observations, every);
  std::erase_if(laws, [&](const std::string& law) {
    return law != options.law && !find_law(law).is_usually_near();
  });
  return laws;
}

void put_used_first(const FitOptions& options, std::vector<data::LawFit>& fits) {
  auto used = std::find_if(fits.begin(), fits.end(),
                           [&](const data::LawFit& fit) { return fit.law == options.law; });
  if (used == fits.end()) used = fits.begin() + static_cast<std::ptrdiff_t>(best_of(fits));
  std::rotate(fits.begin(), used, used + 1);
}

std::vector<data::LawFit> believed_fits(const data::Observations& observations,
                                        const FitOptions& options, const std::stop_token& stop) {
  std::vector<data::LawFit> fits;
  const int folds = fold_count(observations, options);
  for (const std::string& law : believed_laws(observations, options)) {
    FitOptions one = options;
    one.law = law;
    data::LawFit fit = fit_law(observations, one);
    Bootstrap bootstrap(observations, one, fit);
    for (int sample = 0; sample < one.bootstrap; ++sample) {
      go_on_unless(stop);
      fit.bootstrap.push_back(bootstrap.sample(sample));
    }
    std::vector<HeldOutPart> parts;
    for (int fold = 0; fold < folds; ++fold) {
      go_on_unless(stop);
      parts.push_back(held_out_fold(observations, one, fold, folds));
    }
    fit.held_out = merge_folds(observations.domains, parts);
    fit.trust = trust_in(fit.held_out, observations.domains, parts, one.weights);
    fits.push_back(std::move(fit));
  }
  put_used_first(options, fits);
  return fits;
}

}  // namespace bimix::law
