#pragma once

#include <bimix/law/held_out.hpp>

#include <vector>

namespace bimix::law {

/// Judges a law by the mixtures that its folds held out: it is in doubt where nothing could be held
/// out, where the mean of the other mixtures predicts the losses better, or where R2 over all of
/// them is below 0. Sets without a fitted law do not count.
/// @param parts all folds @param held their merge_folds
/// @param weight E in the objective; empty: all alike
data::Trust trust_in(const data::HeldOut& held, const data::DomainSet& domains,
                     const std::vector<HeldOutPart>& parts, std::vector<double> weight);

}  // namespace bimix::law
