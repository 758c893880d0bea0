#include "synthetic_text.hpp"

#include <bimix/proxy/bench.hpp>

#include <gtest/gtest.h>

namespace bimix::proxy {
namespace {

TEST(BenchProxy, GivesRatesThatBelongTogether) {
  const ProxyBench bench = bench_proxy(small_proxy(), 0.05);
  EXPECT_GT(bench.tokens_per_second, 0);
  EXPECT_GT(bench.limit_gflops, 0);
  EXPECT_GT(bench.evaluated_per_second, bench.tokens_per_second);  // a third of the work
  const double flops_a_token = training_flops(bench.options, 1);
  EXPECT_NEAR(bench.gflops, bench.tokens_per_second * flops_a_token * 1e-9, 1e-9 * bench.gflops);
}

TEST(BenchProxy, DividesTheStepIntoParts) {
  const ProxyBench bench = bench_proxy(small_proxy(), 0.05);
  double sum = 0;
  for (const StepPart& part : bench.parts) sum += part.share;
  EXPECT_FALSE(bench.parts.empty());
  EXPECT_NEAR(sum, 1.0, 1e-12);
}

}  // namespace
}  // namespace bimix::proxy
