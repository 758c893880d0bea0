#include "kernels.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Compiled once for any processor and once for those with 32-byte vectors; sanitizers and the
// choice at load time do not go together.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BIMIX_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define BIMIX_WIDE
#endif

namespace bimix::law {
namespace {

constexpr std::ptrdiff_t lanes = 4, tile = 3, block = 256;
typedef double Lanes __attribute__((vector_size(lanes * sizeof(double))));
typedef std::int64_t Integers __attribute__((vector_size(lanes * sizeof(std::int64_t))));

/// exp(x) = 2^n exp(r), n the nearest to x / log 2, exp(r) by its series: |r| <= log(2) / 2.
__attribute__((always_inline)) inline void exponentials_at(double* values) {
  constexpr double lowest = -708.0, highest = 709.0;
  constexpr double per_log_2 = 1.4426950408889634074;
  constexpr double log_2_high = 6.93147180369123816490e-01, log_2_low = 1.90821492927058770002e-10;
  constexpr double to_integer = 6755399441055744.0;  // 1.5 * 2^52: its last bits are the integer
  constexpr double factor[] = {1.0 / 479001600.0,
                               1.0 / 39916800.0,
                               1.0 / 3628800.0,
                               1.0 / 362880.0,
                               1.0 / 40320.0,
                               1.0 / 5040.0,
                               1.0 / 720.0,
                               1.0 / 120.0,
                               1.0 / 24.0,
                               1.0 / 6.0,
                               0.5,
                               1.0,
                               1.0};
  Lanes x;
  std::memcpy(&x, values, sizeof(x));
  x = x < lowest ? Lanes{} + lowest : x;
  x = x > highest ? Lanes{} + highest : x;
  const Lanes shifted = x * per_log_2 + to_integer;
  const Lanes n = shifted - to_integer;
  const Lanes r = (x - n * log_2_high) - n * log_2_low;
  Lanes sum = Lanes{} + 1.0 / 6227020800.0;
#pragma GCC unroll 13
  for (const double next : factor) sum = sum * r + next;
  Integers power;
  std::memcpy(&power, &shifted, sizeof(power));
  power = (power + 1023) << 52;
  Lanes scale;
  std::memcpy(&scale, &power, sizeof(scale));
  sum *= scale;
  std::memcpy(values, &sum, sizeof(sum));
}

BIMIX_WIDE void exponentials_of(double* values, std::ptrdiff_t count) {
  std::ptrdiff_t i = 0;
  for (; i + lanes <= count; i += lanes) exponentials_at(values + i);
  double rest[lanes] = {};
  std::copy(values + i, values + count, rest);
  exponentials_at(rest);
  std::copy(rest, rest + (count - i), values + i);
}

/// Adds the products of three columns with three others, over some rows.
/// @param rows a multiple of `lanes` @param stride between columns @param sums 3 x 3 by columns
__attribute__((always_inline)) inline void add_tile(const double* left, const double* right,
                                                    std::ptrdiff_t rows, std::ptrdiff_t stride,
                                                    double* sums, std::ptrdiff_t sums_stride) {
  Lanes sum[tile][tile] = {};
  for (std::ptrdiff_t m = 0; m < rows; m += lanes) {
    Lanes a[tile], b[tile];
#pragma GCC unroll 3
    for (std::ptrdiff_t i = 0; i < tile; ++i) {
      std::memcpy(&a[i], left + i * stride + m, sizeof(Lanes));
      std::memcpy(&b[i], right + i * stride + m, sizeof(Lanes));
    }
#pragma GCC unroll 3
    for (std::ptrdiff_t j = 0; j < tile; ++j)
#pragma GCC unroll 3
      for (std::ptrdiff_t i = 0; i < tile; ++i) sum[j][i] += a[i] * b[j];
  }
  for (std::ptrdiff_t j = 0; j < tile; ++j)
    for (std::ptrdiff_t i = 0; i < tile; ++i)
      sums[j * sums_stride + i] += (sum[j][i][0] + sum[j][i][1]) + (sum[j][i][2] + sum[j][i][3]);
}

/// The lower triangle, and some of the upper. @param count of columns, a multiple of `tile`
BIMIX_WIDE void add_gram(const double* columns, std::ptrdiff_t rows, std::ptrdiff_t count,
                         double* sums) {
  for (std::ptrdiff_t from = 0; from < rows; from += block) {
    const std::ptrdiff_t some = rows - from < block ? rows - from : block;
    for (std::ptrdiff_t j = 0; j < count; j += tile)
      for (std::ptrdiff_t i = j; i < count; i += tile)
        add_tile(columns + i * rows + from, columns + j * rows + from, some, rows,
                 sums + j * count + i, count);
  }
}

std::ptrdiff_t rounded_up(std::ptrdiff_t count, std::ptrdiff_t to) {
  return (count + to - 1) / to * to;
}

}  // namespace

void exponentials(Eigen::Ref<Eigen::ArrayXd> values) {
  exponentials_of(values.data(), values.size());
}

Eigen::MatrixXd gram(const Eigen::MatrixXd& columns) {
  const Eigen::Index count = columns.cols();
  Eigen::MatrixXd padded =
      Eigen::MatrixXd::Zero(rounded_up(columns.rows(), lanes), rounded_up(count, tile));
  padded.topLeftCorner(columns.rows(), count) = columns;
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(padded.cols(), padded.cols());
  add_gram(padded.data(), padded.rows(), padded.cols(), sums.data());
  sums.triangularView<Eigen::StrictlyUpper>() = sums.transpose();
  return sums.topLeftCorner(count, count);
}

}  // namespace bimix::law
