#pragma once

#include "../kernels.hpp"

/// Vectors of a register's width: loads, reductions, exponential and logarithm, transposition. A
/// part of kernels_impl.hpp, which says what is special here.
namespace bimix::proxy {
namespace {

constexpr Index lanes = BIMIX_LANES;
using Vector = float __attribute__((vector_size(4 * BIMIX_LANES)));
using Integers = std::int32_t __attribute__((vector_size(4 * BIMIX_LANES)));

/// From and to any address.
inline Vector load(const float* from) {
  Vector value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
inline void store(float* to, Vector value) { __builtin_memcpy(to, &value, sizeof value); }
inline Vector splat(float value) { return value - Vector{}; }

/// The first `count` lanes, zero in the others. @param count below `lanes`
inline Vector load_part(const float* from, Index count) {
  Vector value{};
  __builtin_memcpy(&value, from, static_cast<std::size_t>(count) * sizeof(float));
  return value;
}
inline void store_part(float* to, Vector value, Index count) {
  __builtin_memcpy(to, &value, static_cast<std::size_t>(count) * sizeof(float));
}

/// bf16 are the upper halves of floats.
using Halves = std::uint16_t __attribute__((vector_size(2 * BIMIX_LANES)));

inline Vector widened(Halves halves) {
  return reinterpret_cast<Vector>(__builtin_convertvector(halves, Integers) << 16);
}
/// The nearest bf16, ties to even, still as bits of a float. Infinity stays, and NaN as arithmetic
/// makes it.
inline Integers nearest_bf16(Vector value) {
  const Integers bits = reinterpret_cast<Integers>(value);
  return (bits + 0x7fff + ((bits >> 16) & 1)) & -0x10000;
}
inline Halves narrowed(Vector value) {
  return __builtin_convertvector(nearest_bf16(value) >> 16, Halves);
}
inline Vector load(const Bf16* from) {
  Halves halves;
  __builtin_memcpy(&halves, from, sizeof halves);
  return widened(halves);
}
inline void store(Bf16* to, Vector value) {
  const Halves halves = narrowed(value);
  __builtin_memcpy(to, &halves, sizeof halves);
}
inline Vector load_part(const Bf16* from, Index count) {
  Halves halves{};
  __builtin_memcpy(&halves, from, static_cast<std::size_t>(count) * sizeof(Bf16));
  return widened(halves);
}
inline void store_part(Bf16* to, Vector value, Index count) {
  const Halves halves = narrowed(value);
  __builtin_memcpy(to, &halves, static_cast<std::size_t>(count) * sizeof(Bf16));
}

inline Vector larger(Vector a, Vector b) { return a > b ? a : b; }

/// Lane i and lane i + lanes / 2, then a quarter, and so on: the reduced value is in lane 0.
template <class Combine>
inline Vector reduced(Vector v, Combine combine) {
#if BIMIX_LANES == 16
  v = combine(v,
              __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v = combine(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
  v = combine(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1));
  v = combine(v, __builtin_shufflevector(v, v, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0));
#elif BIMIX_LANES == 8
  v = combine(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
  v = combine(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1));
  v = combine(v, __builtin_shufflevector(v, v, 1, 0, 1, 0, 1, 0, 1, 0));
#else
  v = combine(v, __builtin_shufflevector(v, v, 2, 3, 0, 1));
  v = combine(v, __builtin_shufflevector(v, v, 1, 0, 1, 0));
#endif
  return v;
}

inline Vector sum(Vector a, Vector b) { return a + b; }
inline float sum_of_lanes(Vector v) { return reduced(v, sum)[0]; }
inline float largest_lane(Vector v) { return reduced(v, larger)[0]; }

inline Integers lane_numbers() {
  Integers numbers{};
  for (int i = 0; i < BIMIX_LANES; ++i) numbers[i] = i;
  return numbers;
}

/// The first `count` lanes of `value`, the others of `rest`. @param count may exceed `lanes`
inline Vector first_lanes(Vector value, Index count, Vector rest) {
  if (count >= lanes) return value;
  return lane_numbers() < static_cast<std::int32_t>(count) ? value : rest;
}

/// exp(x) to 2 units in the last place for x in [-87.3, 88]; arguments outside are taken to the
/// nearer end; NaN stays NaN.
/// x = n ln 2 + r with |r| <= ln 2 / 2, and exp r by its series to r^7, whose rest is below 2^-27.
inline Vector exponential(Vector x) {
  const Vector low = splat(-87.3F), high = splat(88.0F);
  x = x < low ? low : x;
  x = x > high ? high : x;
  const Vector shift = splat(12582912.0F);  // 1.5 * 2^23: adding it rounds to a whole number
  const Vector shifted = x * 1.44269504F + shift;
  const Vector n = shifted - shift;
  const Vector r = (x - n * 0.693145752F) - n * 1.42860682e-6F;  // ln 2 in two pieces
  Vector p = r * 1.98412698e-4F + 1.38888889e-3F;
  p = p * r + 8.33333333e-3F;
  p = p * r + 4.16666667e-2F;
  p = p * r + 1.66666667e-1F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const Integers power = (reinterpret_cast<Integers>(shifted) - 0x4B400000 + 127) << 23;
  return p * reinterpret_cast<Vector>(power);
}

/// log(x) of positive normal floats, to 2 units in the last place or 1e-7 near 1. NaN stays NaN.
/// x = 2^e m with m in [1/sqrt 2, sqrt 2); log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172,
/// by its series to s^9.
inline Vector logarithm(Vector x) {
  const Integers bits = reinterpret_cast<Integers>(x);
  const Integers e = (bits - 0x3F3504F3) >> 23;
  const Vector m = reinterpret_cast<Vector>(bits - (e << 23));
  const Vector s = (m - 1.0F) / (m + 1.0F), s2 = s * s;
  Vector series = s2 * (2.0F / 9) + 2.0F / 7;
  series = series * s2 + 2.0F / 5;
  series = series * s2 + 2.0F / 3;
  const Vector power = __builtin_convertvector(e, Vector);
  const Vector log = (power * 1.42860682e-6F + s * s2 * series + 2.0F * s) + power * 0.693145752F;
  return x == x ? log : x;  // NOLINT(misc-redundant-expression): false for NaN
}
inline float logarithm(float x) { return logarithm(splat(x))[0]; }

/// Rows of `lanes` vectors to columns: log2(lanes) rounds of a perfect shuffle.
inline void transpose(Vector (&block)[lanes]) {
  Vector next[lanes];
  for (Index round = 1; round < lanes; round *= 2) {
    for (Index i = 0; i < lanes / 2; ++i) {
      const Vector a = block[i], b = block[i + lanes / 2];
#if BIMIX_LANES == 16
      next[2 * i] =
          __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                                14, 30, 15, 31);
#elif BIMIX_LANES == 8
      next[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
      next[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
    }
    for (Index i = 0; i < lanes; ++i) block[i] = next[i];
  }
}

/// to (columns, rows) = from (rows, columns) transposed. Places of `to` beyond a row's end, up to
/// the next whole vector, are set to zero.
void transpose_matrix(const float* from, Index from_stride, Index rows, Index columns, float* to,
                      Index to_stride) {
  for (Index i = 0; i < rows; i += lanes)
    for (Index j = 0; j < columns; j += lanes) {
      const Index tall = rows - i < lanes ? rows - i : lanes;
      const Index wide = columns - j < lanes ? columns - j : lanes;
      Vector block[lanes];
      for (Index l = 0; l < lanes; ++l) {
        const float* row = from + (i + l) * from_stride + j;
        block[l] = l >= tall ? Vector{} : wide == lanes ? load(row) : load_part(row, wide);
      }
      transpose(block);
      for (Index l = 0; l < wide; ++l) store(to + (j + l) * to_stride + i, block[l]);
    }
}

/// Calls f(position, load, store) for each whole vector and for the rest; both take floats or bf16.
template <class F>
inline void for_vectors(Index count, F f) {
  Index i = 0;
  for (; i + lanes <= count; i += lanes)
    f(
        i, [](const auto* from) { return load(from); },
        [](auto* to, Vector value) { store(to, value); });
  if (i < count)
    f(
        i, [=](const auto* from) { return load_part(from, count - i); },
        [=](auto* to, Vector value) { store_part(to, value, count - i); });
}

}  // namespace
}  // namespace bimix::proxy
