#pragma once

#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/data/records.hpp>

#include <fmt/format.h>

#include <cmath>
#include <vector>

/// Campaigns whose law is known.
namespace bimix::synthetic {

/// BiMix coefficients of one domain.
struct Truth {
  double P, Q, alpha, beta;
  double R = 12.0, gamma = 0.3;  ///< of what a larger model saves
  /// @param size parameters of the model; 0: one that counts as endless
  double at(double share, double tokens, double size = 0.0) const {
    const double capacity = size > 0.0 ? R * std::pow(size, -gamma) : 0.0;
    return std::pow(share, -alpha) * (P * std::pow(tokens, -beta) + Q + capacity);
  }
};

struct Design {
  int mixtures = 12;
  double floor = 0.03;
  std::vector<double> volumes{64e3, 128e3, 256e3, 512e3, 1e6, 2e6, 4e6};
  std::vector<double> sizes{0.0};  ///< of models; every mixture runs with each
  int repeats = 1;
  double noise = 0.0;  ///< relative standard deviation of a loss
  std::uint64_t seed = 1;
};

inline std::vector<Truth> three_domains() {
  return {{30.0, 1.5, 0.10, 0.25}, {12.0, 0.8, 0.05, 0.18}, {50.0, 1.0, 0.20, 0.30}};
}

inline data::DomainSet domain_set(std::size_t count) {
  data::DomainSet domains;
  for (std::size_t k = 0; k < count; ++k) {
    domains.train.push_back(fmt::format("d{}", k));
    domains.share_of.push_back(static_cast<int>(k));
  }
  domains.eval = domains.train;
  return domains;
}

/// A Dirichlet(1) mixture with a floor.
inline data::Mixture random_mixture(core::RandomStream& stream, std::size_t domains, double floor) {
  data::Mixture mixture(domains);
  for (double& share : mixture) share = stream.gamma(1.0);
  mixture = core::normalised(mixture);
  for (double& share : mixture)
    share = floor + (1.0 - floor * static_cast<double>(domains)) * share;
  return mixture;
}

/// One row for each mixture, repeat, model size and volume; evaluation domain i follows training
/// domain i.
inline data::Observations observations(const std::vector<Truth>& truth, const Design& design) {
  core::RandomStream stream(design.seed, core::Purpose::test);
  data::Observations result;
  result.domains = domain_set(truth.size());
  for (int id = 0; id < design.mixtures; ++id)
    result.mixtures.push_back(random_mixture(stream, truth.size(), design.floor));
  result.loss_nats.columns = truth.size();
  for (int id = 0; id < design.mixtures; ++id)
    for (int repeat = 0; repeat < design.repeats; ++repeat)
      for (const double size : design.sizes)
        for (const double tokens : design.volumes) {
          result.mixture_id.push_back(id);
          result.repeat.push_back(repeat);
          result.tokens.push_back(tokens);
          if (size > 0.0) result.model_size.push_back(size);
          ++result.loss_nats.rows;
          for (std::size_t k = 0; k < truth.size(); ++k) {
            const double share = result.mixtures[static_cast<std::size_t>(id)][k];
            const double error = design.noise > 0.0 ? design.noise * stream.normal() : 0.0;
            result.loss_nats.values.push_back(truth[k].at(share, tokens, size) * (1.0 + error));
          }
        }
  return result;
}

}  // namespace bimix::synthetic
