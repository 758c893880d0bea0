#include "proxy/kernels.hpp"

#include "proxy/reference.hpp"

#include <bimix/core/random.hpp>
#include <bimix/proxy/options.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace bimix::proxy {
namespace {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;

std::size_t size_of(Index count) { return static_cast<std::size_t>(count); }

/// Standard normal numbers.
Doubles noise(Index count, std::uint64_t stream) {
  core::RandomStream random(5, core::Purpose::test, stream);
  Doubles values(size_of(count));
  for (double& value : values) value = random.normal();
  return values;
}

Floats rounded(const Doubles& values) { return {values.begin(), values.end()}; }

Doubles widened(const Floats& values) { return {values.begin(), values.end()}; }

double weighted_sum(const Doubles& values, const Doubles& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * weights[i];
  return sum;
}

/// Holds `gradient` against central differences of `f` at x. With h = eps^(1/3) their error is of
/// order eps^(2/3) = 4e-11 times third derivatives and sums of a few hundred terms of order 1.
void expect_gradient(const std::function<double(const Doubles&)>& f, const Doubles& x,
                     const Doubles& gradient) {
  const double h = std::cbrt(std::numeric_limits<double>::epsilon());
  ASSERT_EQ(x.size(), gradient.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    Doubles above = x, below = x;
    above[i] += h;
    below[i] -= h;
    EXPECT_NEAR(gradient[i], (f(above) - f(below)) / (2 * h), 1e-8) << "at " << i;
  }
}

TEST(ReferenceBackward, OfRmsnormIsTheDerivative) {
  const Index rows = 3, width = 7;
  const Doubles x = noise(rows * width, 1), dn = noise(rows * width, 2);
  Doubles n(x.size()), inverse_rms(3), dx(x.size(), 0.0);
  reference::rmsnorm_forward(x.data(), n.data(), inverse_rms.data(), rows, width);
  reference::rmsnorm_backward(dn.data(), n.data(), inverse_rms.data(), dx.data(), rows, width);
  expect_gradient(
      [&](const Doubles& at) {
        Doubles out(at.size());
        reference::rmsnorm_forward(at.data(), out.data(), inverse_rms.data(), rows, width);
        return weighted_sum(out, dn);
      },
      x, dx);
}

TEST(ReferenceBackward, OfGeluIsTheDerivative) {
  const Doubles h = noise(40, 3), du = noise(40, 4);
  Doubles u(h.size()), again = h, dh = du;
  reference::gelu_forward(h.data(), u.data(), 40);
  reference::gelu_backward(again.data(), dh.data(), again.data(), dh.data(), 40);
  for (std::size_t i = 0; i < u.size(); ++i) EXPECT_NEAR(again[i], u[i], 1e-15);
  expect_gradient(
      [&](const Doubles& at) {
        Doubles out(at.size());
        reference::gelu_forward(at.data(), out.data(), 40);
        return weighted_sum(out, du);
      },
      h, dh);
}

/// Angles of every position and pair, any.
template <class Real>
struct Angles {
  Angles(Index context, Index head_width) {
    for (const double angle : noise(context * head_width / 2, 8)) {
      cosine.push_back(static_cast<Real>(std::cos(angle)));
      sine.push_back(static_cast<Real>(std::sin(angle)));
    }
  }
  Rotary<Real> view() const { return {.cosine = cosine.data(), .sine = sine.data()}; }
  std::vector<Real> cosine{}, sine{};
};

struct Attention {
  AttentionShape shape{.sequences = 2, .context = 5, .heads = 3, .head_width = 4};
  Index rows = 10;
  Doubles qkv = noise(rows * 3 * reference::width_of(shape), 5);
  Doubles dout = noise(rows * reference::width_of(shape), 6);
  Doubles scratch = Doubles(5);
  Angles<double> angles{5, 4};

  Doubles forward(const Doubles& at, Doubles& log_sum) {
    Doubles out(size_of(rows * reference::width_of(shape)));
    reference::attention_forward(shape, angles.view(), at.data(), out.data(), log_sum.data(),
                                 scratch.data());
    return out;
  }
};

TEST(ReferenceBackward, OfAttentionIsTheDerivative) {
  Attention a;
  Doubles log_sum(30), dqkv(a.qkv.size());
  const Doubles out = a.forward(a.qkv, log_sum);
  reference::attention_backward(a.shape, a.angles.view(), a.qkv.data(), out.data(), log_sum.data(),
                                a.dout.data(), dqkv.data(), a.scratch.data());
  expect_gradient(
      [&](const Doubles& at) {
        Doubles unused(30);
        return weighted_sum(a.forward(at, unused), a.dout);
      },
      a.qkv, dqkv);
}

TEST(ReferenceBackward, OfCrossEntropyIsTheDerivative) {
  const Index rows = 3, vocabulary = 9;
  const std::vector<std::int32_t> target{4, 0, 8};
  const Doubles logits = noise(rows * vocabulary, 7);
  Doubles gradient = logits, nats(3);
  reference::cross_entropy(gradient.data(), target.data(), nats.data(), rows, vocabulary, 0.25);
  expect_gradient(
      [&](const Doubles& at) {
        Doubles in = at, out(3);
        reference::cross_entropy(in.data(), target.data(), out.data(), rows, vocabulary, 0.25);
        return 0.25 * (out[0] + out[1] + out[2]);
      },
      logits, gradient);
}

TEST(Rotate, IsARotationThatItsBackwardUndoes) {
  const AttentionShape shape{.sequences = 2, .context = 3, .heads = 2, .head_width = 4};
  const Angles<double> angles(3, 4);
  const Doubles before = noise(6 * 24, 9);
  Doubles after = before;
  reference::rotate(shape, angles.view(), 1.0, after.data());
  EXPECT_NE(before, after);
  EXPECT_EQ(before[16], after[16]);  // values of row 0 stay
  EXPECT_NEAR(weighted_sum(before, before), weighted_sum(after, after), 1e-12);
  reference::rotate(shape, angles.view(), -1.0, after.data());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 1e-15);
}

// One step from zero moments moves each weight by the rate against the sign of its gradient.
TEST(Adamw, FirstStepByHand) {
  const AdamStep step{.rate = 0.5F,
                      .beta1 = 0.9F,
                      .beta2 = 0.99F,
                      .epsilon = 0,
                      .decay = 0.25F,
                      .correction1 = 0.1F,
                      .correction2 = 0.01F,
                      .gradient_scale = 2};
  Doubles w{1.0, -2.0}, g{3.0, -0.5}, m{0, 0}, v{0, 0};
  reference::adamw(step, w.data(), g.data(), m.data(), v.data(), 2);
  EXPECT_NEAR(w[0], 1.0 - 0.5 * (1 + 0.25 * 1.0), 1e-6);  // betas are floats
  EXPECT_NEAR(w[1], -2.0 - 0.5 * (-1 + 0.25 * -2.0), 1e-6);
  EXPECT_NEAR(m[0], 0.6, 1e-6);
  EXPECT_NEAR(v[0], 0.36, 1e-6);
}

/// The fast kernels of each instruction set that this machine can run, held against the plain loops
/// in double precision.
class FastKernels : public testing::TestWithParam<Isa> {
 protected:
  const Kernels& fast = kernels_for(GetParam());

  /// Floats differ from doubles by their rounding (2^-24) times the terms of a sum and the size of
  /// what is summed; `ulps` counts both for the kernel at hand.
  static void expect_close(const Floats& got, const Doubles& wanted, double ulps) {
    ASSERT_EQ(got.size(), wanted.size());
    double size = 0;
    for (const double value : wanted) size = std::max(size, std::abs(value));
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], wanted[i], ulps * 0x1p-24 * size) << "at " << i;
  }
};

std::vector<Isa> runnable_levels() {
  std::vector<Isa> levels = core::all_values<Isa>();
  std::erase_if(levels, [](Isa isa) { return isa == Isa::automatic || isa > detect_isa(); });
  return levels;
}

INSTANTIATE_TEST_SUITE_P(Runnable, FastKernels, testing::ValuesIn(runnable_levels()),
                         [](const auto& each) { return core::word_of(each.param); });

TEST_P(FastKernels, RmsnormAtOddSizes) {
  for (const Index width : {1, 2, 15, 16, 17, 33, 64, 100, 384}) {
    const Index rows = 5;
    const Floats x = rounded(noise(rows * width, 11)), dn = rounded(noise(rows * width, 12)),
                 dx = rounded(noise(rows * width, 13));
    Floats n(x.size()), inverse_rms(5), dx_got = dx;
    fast.fp32.rmsnorm_forward(x.data(), n.data(), inverse_rms.data(), rows, width);
    fast.fp32.rmsnorm_backward(dn.data(), n.data(), inverse_rms.data(), dx_got.data(), rows, width);
    Doubles n_wanted(x.size()), inverse_wanted(5), dx_wanted = widened(dx);
    reference::rmsnorm_forward(widened(x).data(), n_wanted.data(), inverse_wanted.data(), rows,
                               width);
    reference::rmsnorm_backward(widened(dn).data(), n_wanted.data(), inverse_wanted.data(),
                                dx_wanted.data(), rows, width);
    const double ulps = 8 + std::sqrt(static_cast<double>(width));
    expect_close(n, n_wanted, ulps);
    expect_close(inverse_rms, inverse_wanted, ulps);
    expect_close(dx_got, dx_wanted, 2 * ulps);
  }
}

TEST_P(FastKernels, GeluAtOddSizesAndFarOut) {
  for (const Index count : {1, 15, 16, 17, 47, 200}) {
    Doubles h = noise(count, 14);
    if (count == 200)  // the whole range, to where the gate is 0 or 1 and exp would overflow
      for (std::size_t i = 0; i < 200; ++i) h[i] = 0.3 * (static_cast<double>(i) - 100);
    const Floats in = rounded(h);
    Floats u(h.size()), again = in, dh = rounded(noise(count, 15));
    Doubles u_wanted(h.size()), again_wanted = widened(in), dh_wanted = widened(dh);
    fast.fp32.gelu_forward(in.data(), u.data(), count);
    fast.fp32.gelu_backward(again.data(), dh.data(), again.data(), dh.data(), count);
    reference::gelu_forward(widened(in).data(), u_wanted.data(), count);
    reference::gelu_backward(again_wanted.data(), dh_wanted.data(), again_wanted.data(),
                             dh_wanted.data(), count);
    expect_close(u, u_wanted, 16);
    expect_close(again, again_wanted, 16);
    expect_close(dh, dh_wanted, 40);
  }
}

TEST_P(FastKernels, GeluKeepsNaNAndInfinity) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Floats h{std::nanf(""), infinity};
  Floats u(2);
  fast.fp32.gelu_forward(h.data(), u.data(), 2);
  EXPECT_TRUE(std::isnan(u[0]));
  EXPECT_FALSE(std::isfinite(u[1]));
}

TEST_P(FastKernels, AttentionAtOddSizes) {
  for (const Index context : {1, 2, 15, 16, 17, 33, 70, 128})
    for (const Index head_width : {2, 6, 16, 32, 34, 80}) {
      const AttentionShape shape{
          .sequences = 2, .context = context, .heads = 2, .head_width = head_width};
      const Index rows = 2 * context, width = reference::width_of(shape);
      const Floats qkv = rounded(noise(rows * 3 * width, 18)),
                   dout = rounded(noise(rows * width, 19));
      const Angles<float> angles(context, head_width);
      const Angles<double> exact(context, head_width);
      Floats out(size_of(rows * width)), log_sum(size_of(rows * 2)), dqkv(qkv.size(), 7.0F);
      Floats scratch(size_of(attention_scratch(shape)));
      fast.attention_forward(shape, angles.view(), qkv.data(), out.data(), log_sum.data(),
                             scratch.data());
      fast.attention_backward(shape, angles.view(), qkv.data(), out.data(), log_sum.data(),
                              dout.data(), dqkv.data(), scratch.data());
      Doubles out_wanted(out.size()), log_wanted(log_sum.size()), dqkv_wanted(qkv.size());
      Doubles row(size_of(context));
      reference::attention_forward(shape, exact.view(), widened(qkv).data(), out_wanted.data(),
                                   log_wanted.data(), row.data());
      reference::attention_backward(shape, exact.view(), widened(qkv).data(), out_wanted.data(),
                                    log_wanted.data(), widened(dout).data(), dqkv_wanted.data(),
                                    row.data());
      // Scores of size sqrt(head_width) pass their rounding to the exponential.
      const double ulps = 32 + 4 * std::sqrt(static_cast<double>(head_width));
      expect_close(out, out_wanted, ulps);
      expect_close(log_sum, log_wanted, ulps);
      expect_close(dqkv, dqkv_wanted, 4 * ulps);
    }
}

TEST_P(FastKernels, AttentionSurvivesLargeScores) {
  const AttentionShape shape{.sequences = 1, .context = 20, .heads = 1, .head_width = 4};
  Floats qkv = rounded(noise(20 * 12, 20));
  for (float& value : qkv) value *= 30;  // scores of hundreds: exp of them is no float
  const Angles<float> angles(20, 4);
  const Angles<double> exact(20, 4);
  Floats out(80), log_sum(20), scratch(size_of(attention_scratch(shape)));
  fast.attention_forward(shape, angles.view(), qkv.data(), out.data(), log_sum.data(),
                         scratch.data());
  Doubles out_wanted(80), log_wanted(20), row(20);
  reference::attention_forward(shape, exact.view(), widened(qkv).data(), out_wanted.data(),
                               log_wanted.data(), row.data());
  // A score of 3000 is rounded by 2^-24 * 3000 and its exponential by as much again.
  expect_close(log_sum, log_wanted, 8);
  expect_close(out, out_wanted, 8 * 3000);
}

TEST_P(FastKernels, CrossEntropyAtOddSizes) {
  for (const Index vocabulary : {2, 15, 16, 17, 256, 1000}) {
    const Index rows = 3;
    const auto last = static_cast<std::int32_t>(vocabulary - 1);
    const std::vector<std::int32_t> target{0, last, last / 2};
    Floats logits = rounded(noise(rows * vocabulary, 21)), nats(3);
    for (Index v = 0; v < vocabulary; ++v) logits[size_of(v)] *= 40;  // a row of far apart logits
    Doubles wanted = widened(logits), nats_wanted(3);
    fast.cross_entropy(logits.data(), target.data(), nats.data(), rows, vocabulary, 0.5F);
    reference::cross_entropy(wanted.data(), target.data(), nats_wanted.data(), rows, vocabulary,
                             0.5);
    // The gradient's rounding follows exp of logits up to 40 * 4, as in attention.
    expect_close(logits, wanted, 32 + std::sqrt(static_cast<double>(vocabulary)));
    expect_close(nats, nats_wanted, 16);
  }
}

TEST_P(FastKernels, EmbeddingRowsAtOddWidths) {
  for (const Index width : {1, 16, 19, 64}) {
    const std::vector<std::int32_t> token{2, 0, 2, 1};
    const Floats table = rounded(noise(3 * width, 22)), dx = rounded(noise(4 * width, 23));
    Floats x(size_of(4 * width)), x_wanted = x, dtable = table, dtable_wanted = table;
    fast.embed(table.data(), token.data(), x.data(), 4, width);
    reference::embed(table.data(), token.data(), x_wanted.data(), 4, width);
    EXPECT_EQ(x, x_wanted);
    fast.embed_backward(dx.data(), token.data(), dtable.data(), 4, width);
    reference::embed_backward(dx.data(), token.data(), dtable_wanted.data(), 4, width);
    EXPECT_EQ(dtable, dtable_wanted);
  }
}

// Exact: the nearest numbers of eight bits, ties to even, at every size.
TEST_P(FastKernels, RoundsToBf16) {
  for (const Index count : {1, 7, 16, 45}) {
    const Floats from = rounded(noise(count, 24));
    Floats seen(from.size()), wanted(from.size());
    fast.round_to_bf16(from.data(), seen.data(), count);
    reference::round_to_bf16(from.data(), wanted.data(), count);
    EXPECT_EQ(seen, wanted);
  }
  // 1 + 2^-8 lies between 1 and 1 + 2^-7: a tie, which goes to the even 1; 1 + 3 * 2^-8 goes up.
  const Floats ties{1 + 0x1p-8F, 1 + 3 * 0x1p-8F, -(1 + 0x1p-8F), 0, 1 + 0x1.8p-8F};
  Floats seen(ties.size());
  fast.round_to_bf16(ties.data(), seen.data(), std::ssize(ties));
  EXPECT_EQ(seen, (Floats{1, 1 + 0x1p-6F, -1, 0, 1 + 0x1p-7F}));
}

using Halves = std::vector<Bf16>;

std::vector<std::uint16_t> bits_of(const Halves& halves) {
  std::vector<std::uint16_t> bits;
  for (const Bf16 half : halves) bits.push_back(half.bits);
  return bits;
}

// Written as bf16, a pass has the same numbers, rounded.
TEST_P(FastKernels, WriteBf16AsTheyWriteFloatsRounded) {
  const FactorKernels<float>& floats = fast.fp32;
  const FactorKernels<Bf16>& halves = fast.bf16;
  for (const Index width : {1, 15, 16, 17, 100}) {
    const Index count = 3 * width;
    const Floats x = rounded(noise(count, 31)), d = rounded(noise(count, 32));
    const auto expect_rounded = [&](const Floats& wanted, const Halves& seen, const char* what) {
      Halves of_wanted(wanted.size());
      reference::copy(wanted.data(), of_wanted.data(), std::ssize(wanted));
      EXPECT_EQ(bits_of(seen), bits_of(of_wanted)) << what << " at " << width;
    };
    Floats u(x.size()), dh(x.size()), inverse(3);
    Halves u_half(x.size()), dh_half(x.size());
    halves.copy(x.data(), u_half.data(), count);
    expect_rounded(x, u_half, "copy");
    floats.gelu_forward(x.data(), u.data(), count);
    halves.gelu_forward(x.data(), u_half.data(), count);
    expect_rounded(u, u_half, "gelu");
    floats.gelu_backward(x.data(), d.data(), u.data(), dh.data(), count);
    halves.gelu_backward(x.data(), d.data(), u_half.data(), dh_half.data(), count);
    expect_rounded(u, u_half, "gelu again");
    expect_rounded(dh, dh_half, "its derivative");
    floats.rmsnorm_forward(x.data(), u.data(), inverse.data(), 3, width);
    halves.rmsnorm_forward(x.data(), u_half.data(), inverse.data(), 3, width);
    expect_rounded(u, u_half, "norm");
    Floats dx(x.size(), 1.0F), dx_of_halves = dx, widened_half(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      widened_half[i] = reference::from_factor<float>(u_half[i]);
    floats.rmsnorm_backward(d.data(), widened_half.data(), inverse.data(), dx.data(), 3, width);
    halves.rmsnorm_backward(d.data(), u_half.data(), inverse.data(), dx_of_halves.data(), 3, width);
    EXPECT_EQ(dx, dx_of_halves);
  }
}

TEST_P(FastKernels, KeepsNaNAndInfinityInBf16) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Floats from{std::nanf(""), infinity, -infinity, 0.0F / (infinity - infinity)};
  Halves to(4);
  fast.bf16.copy(from.data(), to.data(), 4);
  for (const std::size_t i : {0, 3})
    EXPECT_TRUE(std::isnan(reference::from_factor<float>(to[i]))) << i;
  EXPECT_EQ(reference::from_factor<float>(to[1]), infinity);
  EXPECT_EQ(reference::from_factor<float>(to[2]), -infinity);
}

TEST_P(FastKernels, OptimiserAtOddSizes) {
  const AdamStep step{.rate = 0.01F,
                      .beta1 = 0.9F,
                      .beta2 = 0.99F,
                      .epsilon = 1e-8F,
                      .decay = 0.1F,
                      .correction1 = 0.19F,
                      .correction2 = 0.02F,
                      .gradient_scale = 0.7F};
  for (const Index count : {1, 15, 16, 17, 100}) {
    const Floats g = rounded(noise(count, 24));
    Floats w = rounded(noise(count, 25)), m = rounded(noise(count, 26)), v = w;
    for (float& value : v) value *= value;
    Doubles w_wanted = widened(w), m_wanted = widened(m), v_wanted = widened(v);
    fast.adamw(step, w.data(), g.data(), m.data(), v.data(), count);
    reference::adamw(step, w_wanted.data(), widened(g).data(), m_wanted.data(), v_wanted.data(),
                     count);
    expect_close(w, w_wanted, 8);
    expect_close(m, m_wanted, 4);
    expect_close(v, v_wanted, 4);
    const double squares = reference::sum_of_squares(widened(g).data(), count);
    EXPECT_NEAR(fast.sum_of_squares(g.data(), count), squares, 1e-6 * squares);
  }
}

TEST_P(FastKernels, HaveTheSameBitsWhereverTheDataLies) {
  const Index count = 83;
  const Doubles h = noise(count, 27);
  std::vector<Floats> results;
  for (const std::size_t shift : {0, 1, 5}) {
    Floats in(shift, 0.0F), u(h.size() + shift);
    for (const double value : h) in.push_back(static_cast<float>(value));
    fast.fp32.gelu_forward(in.data() + shift, u.data() + shift, count);
    results.emplace_back(u.begin() + static_cast<std::ptrdiff_t>(shift), u.end());
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST_P(FastKernels, AddAtOddSizes) {
  for (const Index count : {1, 7, 48, 83}) {
    const Floats from = rounded(noise(count, 28)), before = rounded(noise(count, 29));
    Floats to = before;
    fast.add(from.data(), to.data(), count);
    for (std::size_t i = 0; i < to.size(); ++i) EXPECT_EQ(to[i], before[i] + from[i]);
  }
}

}  // namespace
}  // namespace bimix::proxy
