#pragma once

#include "vectors.hpp"

#define BIMIX_INLINE __attribute__((always_inline))

/// Products of attention by tiles of registers. A part of kernels_impl.hpp, which says what is
/// special here.
namespace bimix::proxy {
namespace {

/// What a tile multiplies: c (rows, columns) = a b + keep * c. Element (i, l) of a lies at
/// a[i * a_row + l * a_step]; rows of b and c hold whole vectors.
struct Product {
  Index depth;
  const float* a;
  Index a_row, a_step;
  const float* b;
  Index b_row;
  float* c;
  Index c_row;
  int keep;
};

/// Steps of depth ahead that a transposed factor is fetched: its lines lie too far apart for the
/// processor to guess.
constexpr Index prefetch_steps = 16;

/// f(Number<0>{}), f(Number<1>{}), ...: indices that the compiler knows before it decides what
/// lives in registers.
template <int Value>
struct Number {
  constexpr operator int() const { return Value; }
};
template <int Count, int First = 0, class F>
inline BIMIX_INLINE void repeat(F f) {
  if constexpr (First < Count) {
    f(Number<First>{});
    repeat<Count, First + 1>(f);
  }
}

/// One tile in registers: Rows x (Vectors * lanes). Each element is summed in the order of depth,
/// so its bits do not depend on the tile it falls into.
template <int Rows, int Vectors>
void multiply_tile(const Product& product) {
  const Product p = product;
  Vector sum[Rows][Vectors] = {};
  const auto each_sum = [&](auto f) BIMIX_INLINE {
    repeat<Rows>([&](auto i) BIMIX_INLINE {
      repeat<Vectors>([&](auto j) BIMIX_INLINE { f(i, j, p.c + i * p.c_row + j * lanes); });
    });
  };
  if (p.keep) each_sum([&](auto i, auto j, const float* c) BIMIX_INLINE { sum[i][j] = load(c); });
  each_sum([&](auto, auto, const float* c) BIMIX_INLINE {
    __builtin_prefetch(c + Rows * p.c_row, 1, 2);  // the next tile's place
  });
  const float* a = p.a;
  const float* b = p.b;
  for (Index l = 0; l < p.depth; ++l, a += p.a_step, b += p.b_row) {
    __builtin_prefetch(a + prefetch_steps * p.a_step);
    Vector row[Vectors];
    repeat<Vectors>([&](auto j) BIMIX_INLINE { row[j] = load(b + j * lanes); });
    repeat<Rows>([&](auto i) BIMIX_INLINE {
      const Vector factor = splat(a[i * p.a_row]);
      repeat<Vectors>([&](auto j) BIMIX_INLINE { sum[i][j] += factor * row[j]; });
    });
  }
  each_sum([&](auto i, auto j, float* c) BIMIX_INLINE { store(c, sum[i][j]); });
}

using TileFunction = void (*)(const Product&);

// Sums, a row of b and a factor fill the registers: 32 with AVX-512, 16 without.
#if BIMIX_LANES == 16
constexpr int widest_tile = 4;
constexpr int tallest_tile[] = {0, 16, 12, 8, 6};
#else
constexpr int widest_tile = 2;
constexpr int tallest_tile[] = {0, 8, 6};
#endif

template <int Rows, int Vectors>
struct Tiles {
  static constexpr void fill(TileFunction* table) {
    table[Rows] = multiply_tile<Rows, Vectors>;
    Tiles<Rows - 1, Vectors>::fill(table);
  }
};
template <int Vectors>
struct Tiles<0, Vectors> {
  static constexpr void fill(TileFunction*) {}
};

struct TileTable {
  constexpr TileTable() {
    Tiles<tallest_tile[1], 1>::fill(tile[1]);
    Tiles<tallest_tile[2], 2>::fill(tile[2]);
#if BIMIX_LANES == 16
    Tiles<tallest_tile[3], 3>::fill(tile[3]);
    Tiles<tallest_tile[4], 4>::fill(tile[4]);
#endif
  }
  TileFunction tile[widest_tile + 1][17] = {};
};
// Made by the compiler: a constructor would run these instructions on any processor.
constexpr TileTable tiles;

/// All rows of one panel, in tiles of nearly the same height.
void multiply_panel(Product p, Index rows, int vectors) {
  const Index count = (rows + tallest_tile[vectors] - 1) / tallest_tile[vectors];
  for (Index t = 0, first = 0; t < count; ++t) {
    const Index next = rows * (t + 1) / count;
    Product tile = p;
    tile.a += first * p.a_row;
    tile.c += first * p.c_row;
    tiles.tile[vectors][next - first](tile);
    first = next;
  }
}

/// c (rows, vectors * lanes) = a b + keep * c where b and c hold whole vectors.
void multiply_whole(const Product& p, Index rows, Index vectors) {
  for (Index j = 0; j < vectors;) {
    const int wide = static_cast<int>(vectors - j < widest_tile ? vectors - j : widest_tile);
    Product panel = p;
    panel.b += j * lanes;
    panel.c += j * lanes;
    multiply_panel(panel, rows, wide);
    j += wide;
  }
}

}  // namespace
}  // namespace bimix::proxy
