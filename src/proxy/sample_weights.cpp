#include "sample_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bimix::proxy {

std::vector<float> sample_weights(std::span<const float> nats, int sequences, double strength) {
  const auto count = static_cast<std::size_t>(sequences), length = nats.size() / count;
  std::vector<double> loss(count, 0.0);
  for (std::size_t i = 0; i < nats.size(); ++i) loss[i / length] += static_cast<double>(nats[i]);
  const double mean = std::accumulate(loss.begin(), loss.end(), 0.0) / static_cast<double>(count);
  double widest = 0.0;
  for (double& l : loss) {
    l -= mean;
    widest = std::max(widest, std::abs(l));
  }
  double sum = 0.0;
  for (double& l : loss) {
    l = widest > 0 ? std::exp(strength * std::min(0.0, l / widest)) : 1.0;
    sum += l;
  }
  std::vector<float> weights;
  for (const double l : loss)
    weights.push_back(static_cast<float>(l * static_cast<double>(count) / sum));
  return weights;
}

}  // namespace bimix::proxy
