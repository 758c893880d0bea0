#pragma once

#include <bimix/proxy/options.hpp>

#include <span>
#include <vector>

/// What the sequences of a batch count by their losses. The batch learns from sum_j w_j loss_j / B.
/// Both functions take the losses of the whole batch, whichever threads and processes computed
/// them.
namespace bimix::proxy {

/// Those that are already predicted well count less, none counts more than the hard ones, so that
/// no outlier is amplified.
///   w_i ~ exp(strength * min(0, h_i)),  h_i = (loss_i - mean) / max_j |loss_j - mean|,  mean w = 1
/// @param nats (B, S) of each token @param sequences B
/// @param strength 0 gives ones
/// @note follows the LinUpper below in kind: normalised losses, low ones weighted down, a cap above
std::vector<float> sample_weights(std::span<const float> nats, int sequences, double strength);

/// The published weights.
///   x_j = (2 loss_j - max - min) / (max - min), from -1 to 1; the difference is 1e-6 nats at least
///   s_j = min(x_j + 1, 1) (linupper),  1 - x_j^2 (quadratic),  |x_j| (extremes)
///   w = B softmax(s / temperature)
/// @param nats (B, S) of each token; the loss of a sequence is their mean
/// @param sequences B, at least 1
/// @param temperature positive and finite
/// @return (B), mean 1; ones where all losses are equal; NaN where one is not finite
/// @see Sow et al. 2025, "Dynamic loss-based sample reweighting for improved large language model
///      pretraining", arXiv:2502.06733; h_func, f_func_* and g_func in src/trainer.py of their
///      code. Their delta is 1 there and here: another one would only scale the temperature, of
///      linupper and extremes. Their weights sum to 1.
std::vector<float> sample_weights(std::span<const float> nats, int sequences, LossScore score,
                                  double temperature);

}  // namespace bimix::proxy
