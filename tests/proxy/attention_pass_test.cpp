#include "proxy/attention_pass.hpp"

#include "proxy/reference.hpp"

#include <bimix/core/random.hpp>
#include <bimix/proxy/options.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace bimix::proxy {
namespace {

std::vector<double> noise(Index count, std::uint64_t stream) {
  core::RandomStream random(8, core::Purpose::test, stream);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = random.normal();
  return values;
}

template <class To>
std::vector<To> as(const std::vector<double>& values) {
  std::vector<To> taken(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) taken[i] = reference::as_factor<To>(values[i]);
  return taken;
}

std::vector<double> widened(const std::vector<Bf16>& values) {
  std::vector<double> wide;
  for (const Bf16 value : values) wide.push_back(reference::from_factor<double>(value));
  return wide;
}

/// Root of the mean square of the difference, as part of that of what is wanted.
double distance(const std::vector<double>& seen, const std::vector<double>& wanted) {
  double apart = 0, size = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    apart += (seen[i] - wanted[i]) * (seen[i] - wanted[i]);
    size += wanted[i] * wanted[i];
  }
  return std::sqrt(apart / size);
}

template <class Real>
struct Angles {
  Angles(Index context, Index head_width) {
    for (const double angle : noise(context * head_width / 2, 1)) {
      cosine.push_back(static_cast<Real>(std::cos(angle)));
      sine.push_back(static_cast<Real>(std::sin(angle)));
    }
  }
  Rotary<Real> view() const { return {.cosine = cosine.data(), .sine = sine.data()}; }
  std::vector<Real> cosine{}, sine{};
};

class Bf16Attentions : public testing::TestWithParam<AttentionShape> {};

// Contexts of less than a block, of whole blocks and of rests; one that is taken in bands of
// queries; heads that are taken together, and a number of them that cannot all be.
INSTANTIATE_TEST_SUITE_P(Shapes, Bf16Attentions,
                         testing::Values(AttentionShape{2, 1, 2, 2}, AttentionShape{2, 5, 3, 6},
                                         AttentionShape{3, 16, 2, 16}, AttentionShape{1, 33, 7, 34},
                                         AttentionShape{2, 128, 3, 32},
                                         AttentionShape{1, 300, 2, 16},
                                         AttentionShape{1, 530, 1, 8}),
                         [](const auto& each) {
                           return "context" + std::to_string(each.param.context) + "x" +
                                  std::to_string(each.param.heads) + "x" +
                                  std::to_string(each.param.head_width);
                         });

// A factor of eight bits is off by 2^-9 in the mean of its last place; through two products and the
// exponential that makes half a hundredth of what comes out.
TEST_P(Bf16Attentions, AreTheFormulasBeyondRounding) {
  const Isa here = detect_isa();
  if (here < Isa::avx512) GTEST_SKIP() << "this machine cannot multiply bf16";
  const AttentionShape& shape = GetParam();
  const Index rows = shape.sequences * shape.context, width = reference::width_of(shape);
  const std::vector<double> qkv = noise(rows * 3 * width, 2), dout = noise(rows * width, 3);
  const Angles<float> angles(shape.context, shape.head_width);
  const Angles<double> exact(shape.context, shape.head_width);

  Arena arena;
  const Bf16Attention attention(arena, shape, angles.view(), kernels_for(here));
  const Bf16Attention::Kept kept(arena, shape);
  std::vector<Bf16> out(dout.size()), dqkv(qkv.size());
  const std::vector<float> given = as<float>(qkv), given_dout = as<float>(dout);
  std::copy(given.begin(), given.end(), attention.projections(kept));
  attention.forward(kept, out.data());
  attention.backward(kept, out.data(), given_dout.data(), dqkv.data());

  std::vector<double> out_wanted(dout.size()),
      log_wanted(static_cast<std::size_t>(rows * shape.heads)), dqkv_wanted(qkv.size()),
      scores(static_cast<std::size_t>(shape.context));
  reference::attention_forward(shape, exact.view(), qkv.data(), out_wanted.data(),
                               log_wanted.data(), scores.data());
  reference::attention_backward(shape, exact.view(), qkv.data(), out_wanted.data(),
                                log_wanted.data(), dout.data(), dqkv_wanted.data(), scores.data());
  EXPECT_LT(distance(widened(out), out_wanted), 0.006);
  EXPECT_LT(distance(widened(dqkv), dqkv_wanted), 0.012);
}

// What one position gives may not depend on what comes behind it.
TEST(Bf16Attention, SeesNothingAhead) {
  if (detect_isa() < Isa::avx512) GTEST_SKIP() << "this machine cannot multiply bf16";
  const AttentionShape shape{1, 300, 1, 16};
  const Angles<float> angles(shape.context, shape.head_width);
  Arena arena;
  const Bf16Attention attention(arena, shape, angles.view(), kernels_for(detect_isa()));
  const Bf16Attention::Kept kept(arena, shape);
  std::vector<float> qkv = as<float>(noise(300 * 48, 2));
  std::vector<Bf16> before(300 * 16), after(300 * 16);
  std::copy(qkv.begin(), qkv.end(), attention.projections(kept));
  attention.forward(kept, before.data());
  constexpr std::size_t changed = 250;
  std::fill(qkv.begin() + changed * 48, qkv.end(), 3.0F);
  std::copy(qkv.begin(), qkv.end(), attention.projections(kept));
  attention.forward(kept, after.data());
  for (std::size_t i = 0; i < changed * 16; ++i) ASSERT_EQ(before[i].bits, after[i].bits) << i;
  EXPECT_NE(before.back().bits, after.back().bits);
}

}  // namespace
}  // namespace bimix::proxy
