#include "proxy/products.hpp"

#include "proxy/reference.hpp"

#include <bimix/core/random.hpp>
#include <bimix/proxy/options.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

namespace bimix::proxy {
namespace {

std::vector<float> noise(Index count, std::uint64_t stream) {
  core::RandomStream random(6, core::Purpose::test, stream);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

std::vector<double> widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

struct Case {
  Index rows, in, out;
  std::vector<float> w = noise(in * out, 1), x = noise(rows * in, 2), dy = noise(rows * out, 3);
};

/// The case as products of these factors see it.
Case as_multiplied(Case c, Factors factors) {
  if (factors != Factors::fp32)
    for (std::vector<float>* numbers : {&c.w, &c.x, &c.dy})
      reference::round_to_bf16(numbers->data(), numbers->data(), std::ssize(*numbers));
  return c;
}

/// Sums of `depth` products of order 1, each rounded: sqrt(depth) numbers of 2^-24. The same for
/// bf16, whose products are exact in single precision.
void expect_close(const std::vector<float>& seen, const std::vector<double>& wanted, Index depth) {
  const double tolerance = (4 + static_cast<double>(depth)) * std::ldexp(1.0, -24) * 4;
  for (std::size_t i = 0; i < seen.size(); ++i)
    ASSERT_NEAR(static_cast<double>(seen[i]), wanted[i], tolerance) << "at " << i;
}

const Kernels& kernels() { return kernels_for(detect_isa()); }

/// Numbers as a product takes them.
template <class Factor>
std::vector<Factor> factors(const std::vector<float>& numbers) {
  std::vector<Factor> taken(numbers.size());
  reference::copy(numbers.data(), taken.data(), std::ssize(numbers));
  return taken;
}

template <class Factor>
void expect_the_products_at_odd_sizes(Factors how) {
  using reference::Operand;
  for (const Case& given :
       {Case{1, 2, 3}, Case{13, 24, 72}, Case{33, 7, 19}, Case{64, 48, 16}, Case{26, 19, 24}}) {
    const bool is_right = are_bf16_products_right(given.in) && are_bf16_products_right(given.out);
    if (how == Factors::bf16 && !is_right) continue;  // no model has them
    Arena arena;
    LinearProducts<Factor> products(arena, {given.rows, given.in, given.out, how}, kernels());
    const auto x = factors<Factor>(given.x), dy = factors<Factor>(given.dy);
    const Case c = as_multiplied(given, how);
    const Buffer scratch = arena.take(products.scratch_size());
    products.pack(given.w.data(), scratch.data());
    for (const int keep : {0, 1}) {
      std::vector<float> y = noise(c.rows * c.out, 4), dw = noise(c.in * c.out, 5);
      std::vector<double> y_wanted = widened(y), dw_wanted = widened(dw);
      products.forward(x.data(), keep, y.data(), scratch.data());
      reference::matmul<double>(Operand::plain, Operand::plain, c.rows, c.out, c.in,
                                widened(c.x).data(), widened(c.w).data(), keep, y_wanted.data());
      expect_close(y, y_wanted, c.in);
      products.weight_gradient(x.data(), dy.data(), keep, dw.data(), scratch.data());
      reference::matmul<double>(Operand::transposed, Operand::plain, c.in, c.out, c.rows,
                                widened(c.x).data(), widened(c.dy).data(), keep, dw_wanted.data());
      expect_close(dw, dw_wanted, c.rows);
    }
    std::vector<float> dx(c.x.size());
    std::vector<double> dx_wanted(c.x.size());
    products.input_gradient(dy.data(), dx.data(), scratch.data());
    reference::matmul<double>(Operand::plain, Operand::transposed, c.rows, c.in, c.out,
                              widened(c.dy).data(), widened(c.w).data(), 0, dx_wanted.data());
    expect_close(dx, dx_wanted, c.out);
  }
}

TEST(LinearProducts, OfFloatsAtOddSizes) { expect_the_products_at_odd_sizes<float>(Factors::fp32); }

TEST(LinearProducts, OfRoundedFloatsAtOddSizes) {
  expect_the_products_at_odd_sizes<float>(Factors::rounded);
}

// oneDNN has them from AVX-512 on, by whichever instructions there are.
TEST(LinearProducts, OfBf16AtOddSizes) {
  if (detect_isa() < Isa::avx512) GTEST_SKIP() << "this machine cannot multiply bf16";
  expect_the_products_at_odd_sizes<Bf16>(Factors::bf16);
}

TEST(LinearProducts, SeeTheWeightsAsTheyWereAtTheLastPack) {
  Case c{4, 8, 8};
  Arena arena;
  LinearProducts<float> products(arena, {c.rows, c.in, c.out, Factors::fp32}, kernels());
  const Buffer scratch = arena.take(products.scratch_size());
  products.pack(c.w.data(), arena.take(products.scratch_size()).data());
  std::vector<float> before(c.dy.size()), after(c.dy.size());
  products.forward(c.x.data(), 0, before.data(), scratch.data());
  for (float& w : c.w) w = -w;
  products.forward(c.x.data(), 0, after.data(), scratch.data());
  EXPECT_EQ(before, after);
  products.pack(c.w.data(), arena.take(products.scratch_size()).data());
  products.forward(c.x.data(), 0, after.data(), scratch.data());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i], -before[i]);
}

TEST(LinearProducts, HaveTheSameBitsInEveryThread) {
  const Case c{128, 64, 192};
  Arena arena;
  LinearProducts<float> products(arena, {c.rows, c.in, c.out, Factors::fp32}, kernels());
  products.pack(c.w.data(), arena.take(products.scratch_size()).data());
  std::vector<std::vector<float>> results(3, std::vector<float>(c.dy.size()));
  std::vector<std::thread> threads;
  for (auto& result : results)
    threads.emplace_back([&, scratch = arena.take(products.scratch_size())] {
      products.forward(c.x.data(), 0, result.data(), scratch.data());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace bimix::proxy
