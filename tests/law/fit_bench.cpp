// bimix_law_bench: speed of the BiMix fit at 100 points (10 mixtures x 10 volumes).
#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/law.hpp>

#include <benchmark/benchmark.h>

namespace bimix {
namespace {

DomainData hundred_points() {
  const synthetic::Truth truth{30.0, 1.5, 0.10, 0.25};
  RandomStream stream(1, Purpose::test);
  DomainData data;
  data.domain = "d0";
  data.own = 0;
  for (int d = 0; d < 10; ++d) {
    data.mixtures.push_back(synthetic::random_mixture(stream, 3, 0.03));
    data.mixture_id.push_back(d);
  }
  for (std::size_t v = 0; v < 10; ++v) {
    data.volumes.push_back(64e3 * std::pow(1.6, v));
    for (std::size_t d = 0; d < 10; ++d) {
      data.volume.push_back(v);
      data.mixture.push_back(d);
      data.loss_nats.push_back(truth.at(data.mixtures[d][0], data.volumes[v]) *
                               (1.0 + 5e-3 * stream.normal()));
    }
  }
  return data;
}

/// A whole fit: prepared from scratch, grid of 96 starts, polish.
void fit_from_scratch(benchmark::State& state) {
  const DomainData data = hundred_points();
  const Law& law = find_law("bimix");
  for (auto _ : state) benchmark::DoNotOptimize(law.fit(data));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fit_from_scratch);

/// A bootstrap sample: errors drawn, whole fits, 22 domains.
void bootstrap_of_22_domains(benchmark::State& state) {
  std::vector<synthetic::Truth> truth;
  for (int k = 0; k < 22; ++k) truth.push_back({30.0 + k, 1.5, 0.05 + 0.01 * k, 0.25});
  const Observations seen =
      synthetic::observations(truth, {.mixtures = 10,
                                      .floor = 0.01,
                                      .volumes = {1e5, 2e5, 3e5, 5e5, 8e5, 1e6, 2e6, 3e6, 5e6, 8e6},
                                      .noise = 5e-3});
  const LawFit fit = fit_law(seen, {});
  const Bootstrap bootstrap(seen, {}, fit);
  int sample = 0;
  for (auto _ : state) benchmark::DoNotOptimize(bootstrap.sample(sample++));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bootstrap_of_22_domains);

}  // namespace
}  // namespace bimix
