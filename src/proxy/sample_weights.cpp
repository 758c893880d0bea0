#include "sample_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bimix::proxy {
namespace {

constexpr double least_range_nats = 1e-6;

/// (B) sums over the tokens of each sequence.
std::vector<double> sequence_sums(std::span<const float> nats, std::size_t count) {
  const std::size_t length = nats.size() / count;
  std::vector<double> sums(count, 0.0);
  for (std::size_t i = 0; i < nats.size(); ++i) sums[i / length] += static_cast<double>(nats[i]);
  return sums;
}

std::vector<float> with_mean_one(const std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  std::vector<float> weights;
  for (const double value : values)
    weights.push_back(static_cast<float>(value * static_cast<double>(values.size()) / sum));
  return weights;
}

/// @param place between the lowest loss, -1, and the highest, 1
double score_of(LossScore score, double place) {
  switch (score) {
    case LossScore::linupper:
      return std::min(place + 1, 1.0);
    case LossScore::quadratic:
      return 1 - place * place;
    case LossScore::extremes:
      return std::abs(place);
  }
  return 0;
}

}  // namespace

std::vector<float> sample_weights(std::span<const float> nats, int sequences, double strength) {
  const auto count = static_cast<std::size_t>(sequences);
  std::vector<double> loss = sequence_sums(nats, count);
  const double mean = std::accumulate(loss.begin(), loss.end(), 0.0) / static_cast<double>(count);
  double widest = 0.0;
  for (double& l : loss) {
    l -= mean;
    widest = std::max(widest, std::abs(l));
  }
  for (double& l : loss) l = widest > 0 ? std::exp(strength * std::min(0.0, l / widest)) : 1.0;
  return with_mean_one(loss);
}

std::vector<float> sample_weights(std::span<const float> nats, int sequences, LossScore score,
                                  double temperature) {
  const auto count = static_cast<std::size_t>(sequences);
  std::vector<double> values = sequence_sums(nats, count);
  const std::size_t tokens = nats.size() / count;
  for (double& loss : values) loss /= static_cast<double>(tokens);
  const double low = *std::min_element(values.begin(), values.end());
  const double high = *std::max_element(values.begin(), values.end());
  const double range = std::max(high - low, least_range_nats);
  for (double& v : values) v = score_of(score, (2 * v - high - low) / range);
  const double best = *std::max_element(values.begin(), values.end());
  for (double& v : values) v = std::exp((v - best) / temperature);
  return with_mean_one(values);
}

}  // namespace bimix::proxy
