#pragma once

#include <span>
#include <vector>

namespace bimix::proxy {

/// Weights of a batch's sequences by their losses: those that are already predicted well count
/// less, none counts more than the hard ones, so that no outlier is amplified.
///   w_i ~ exp(strength * min(0, h_i)),  h_i = (loss_i - mean) / max_j |loss_j - mean|,  mean w = 1
/// @param nats (B, S) of each token @param sequences B
/// @param strength 0 gives ones
/// @see Sow et al. 2025, "Dynamic loss-based sample reweighting", arXiv:2502.06733, whose LinUpper
///      this follows in kind: normalised losses, low ones weighted down, a cap above
std::vector<float> sample_weights(std::span<const float> nats, int sequences, double strength);

}  // namespace bimix::proxy
