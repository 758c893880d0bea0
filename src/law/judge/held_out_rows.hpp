#pragma once

#include <bimix/law/held_out.hpp>

#include <cstddef>
#include <functional>

namespace bimix::law {

/// What predicts one evaluation domain.
struct Predictor {
  /// Loss of a mixture at a volume; NaN where it cannot tell.
  std::function<double(int mixture_id, double tokens)> at{};
  bool has_curve = true;  ///< follows a run through its volumes, not only at the last one
};

/// True for rows that a split lets a fit see, if it uses their mixture.
bool is_visible(const data::Observations& observations, std::size_t row, const Split& split);

/// The rows of a split: what was seen, the baselines, and what the predictors say.
/// @param predictor_of makes the predictor of an evaluation domain from what the split lets it see:
///        these observations, of them the mixtures that it uses
HeldOutPart held_out_rows(
    const data::Observations& observations, const FitOptions& options, const Split& split,
    const std::function<Predictor(std::size_t eval_domain, const data::Observations& visible)>&
        predictor_of);

}  // namespace bimix::law
