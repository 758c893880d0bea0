// The fast kernels, compiled once for each instruction set level by a file that defines
//   BIMIX_LANES    floats in a vector register: 16, 8 or 4
//   BIMIX_KERNELS  the name of the function that returns the table
// Everything here has internal linkage and no library template is used: an inline function of the
// standard library compiled with AVX-512 could be the one copy that the linker keeps, and then run
// on a processor without it.

#include "kernels.hpp"

#define BIMIX_INLINE __attribute__((always_inline))

namespace bimix::proxy {
namespace {

// ---- vectors -------------------------------------------------------------------------------

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

// ---- products of attention ---------------------------------------------------------------------

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

// ---- elementwise passes --------------------------------------------------------------------

/// Calls f(position, load, store) for each whole vector and for the rest.
template <class F>
inline void for_vectors(Index count, F f) {
  Index i = 0;
  for (; i + lanes <= count; i += lanes)
    f(
        i, [](const float* from) { return load(from); },
        [](float* to, Vector value) { store(to, value); });
  if (i < count)
    f(
        i, [=](const float* from) { return load_part(from, count - i); },
        [=](float* to, Vector value) { store_part(to, value, count - i); });
}

void rmsnorm_forward(const float* x, float* n, float* inverse_rms, Index rows, Index width) {
  for (Index i = 0; i < rows; ++i, x += width, n += width) {
    Vector sum{};
    for_vectors(width, [&](Index j, auto get, auto) {
      const Vector value = get(x + j);
      sum += value * value;
    });
    const float mean = sum_of_lanes(sum) / static_cast<float>(width);
    const float inverse = 1.0F / __builtin_sqrtf(mean + norm_epsilon);
    inverse_rms[i] = inverse;
    for_vectors(width, [&](Index j, auto get, auto put) { put(n + j, get(x + j) * inverse); });
  }
}

void rmsnorm_backward(const float* dn, const float* n, const float* inverse_rms, float* dx,
                      Index rows, Index width) {
  for (Index i = 0; i < rows; ++i, dn += width, n += width, dx += width) {
    Vector sum{};
    for_vectors(width, [&](Index j, auto get, auto) { sum += get(dn + j) * get(n + j); });
    const float along = sum_of_lanes(sum) / static_cast<float>(width);
    const float inverse = inverse_rms[i];
    for_vectors(width, [&](Index j, auto get, auto put) {
      put(dx + j, get(dx + j) + (get(dn + j) - get(n + j) * along) * inverse);
    });
  }
}

constexpr float gelu_linear = 1.5957691216F,
                gelu_cubic = 0.0713548163F;  // 2 sqrt(2/pi), * 0.044715

void gelu_forward(const float* h, float* u, Index count) {
  for_vectors(count, [&](Index i, auto get, auto put) {
    const Vector x = get(h + i);
    put(u + i, x / (exponential(-x * (x * x * gelu_cubic + gelu_linear)) + 1.0F));
  });
}

void gelu_backward(float* h_to_u, float* du_to_dh, Index count) {
  for_vectors(count, [&](Index i, auto get, auto put) {
    const Vector x = get(h_to_u + i), square = x * x;
    const Vector e = exponential(-x * (square * gelu_cubic + gelu_linear));
    const Vector gate = 1.0F / (e + 1.0F), u = x * gate;
    // 1 - gate is e * gate, without the cancellation.
    const Vector slope = gate + u * (e * gate) * (square * (3 * gelu_cubic) + gelu_linear);
    put(h_to_u + i, u);
    put(du_to_dh + i, get(du_to_dh + i) * slope);
  });
}

void cross_entropy(float* logits_to_gradient, const std::int32_t* target, float* nats, Index rows,
                   Index vocabulary, float scale) {
  for (Index i = 0; i < rows; ++i) {
    float* logits = logits_to_gradient + i * vocabulary;
    const float of_target = logits[target[i]];
    Vector top = splat(of_target);
    for_vectors(vocabulary, [&](Index v, auto get, auto) {
      top = larger(top, first_lanes(get(logits + v), vocabulary - v, top));
    });
    const float shift = largest_lane(top);
    Vector sum{};
    for_vectors(vocabulary, [&](Index v, auto get, auto put) {
      const Vector e = first_lanes(exponential(get(logits + v) - shift), vocabulary - v, Vector{});
      put(logits + v, e);
      sum += e;
    });
    const float total = sum_of_lanes(sum), factor = scale / total;
    nats[i] = logarithm(total) + (shift - of_target);
    for_vectors(vocabulary,
                [&](Index v, auto get, auto put) { put(logits + v, get(logits + v) * factor); });
    logits[target[i]] -= scale;
  }
}

void round_to_bf16(const float* from, float* to, Index count) {
  for_vectors(count, [&](Index i, auto get, auto put) {
    const Integers bits = reinterpret_cast<Integers>(get(from + i));
    const Integers nearest = (bits + 0x7fff + ((bits >> 16) & 1)) & -0x10000;
    put(to + i, reinterpret_cast<Vector>(nearest));
  });
}

void embed(const float* table, const std::int32_t* token, float* x, Index rows, Index width) {
  for (Index i = 0; i < rows; ++i, x += width)
    __builtin_memcpy(x, table + token[i] * width, static_cast<std::size_t>(width) * sizeof(float));
}

void embed_backward(const float* dx, const std::int32_t* token, float* dtable, Index rows,
                    Index width) {
  for (Index i = 0; i < rows; ++i, dx += width) {
    float* row = dtable + token[i] * width;
    for_vectors(width,
                [&](Index j, auto get, auto put) { put(row + j, get(row + j) + get(dx + j)); });
  }
}

void add(const float* from, float* to, Index count) {
  for_vectors(count,
              [&](Index i, auto get, auto put) { put(to + i, get(to + i) + get(from + i)); });
}

double sum_of_squares(const float* x, Index count) {
  // Blocks in float, their sum in double.
  constexpr Index block = 64 * lanes;
  double total = 0;
  for (Index first = 0; first < count; first += block) {
    const Index size = count - first < block ? count - first : block;
    Vector sum{};
    for_vectors(size, [&](Index i, auto get, auto) {
      const Vector value = get(x + first + i);
      sum += value * value;
    });
    total += static_cast<double>(sum_of_lanes(sum));
  }
  return total;
}

inline Vector square_root(Vector value) {
  for (Index i = 0; i < lanes; ++i) value[i] = __builtin_sqrtf(value[i]);
  return value;
}

void adamw(const AdamStep& step, float* w, const float* gradient, float* m, float* v, Index count) {
  const float first = 1.0F / step.correction1, second = 1.0F / step.correction2;
  for_vectors(count, [&](Index i, auto get, auto put) {
    const Vector g = get(gradient + i) * step.gradient_scale;
    const Vector mean = get(m + i) * step.beta1 + g * (1 - step.beta1);
    const Vector square = get(v + i) * step.beta2 + g * g * (1 - step.beta2);
    put(m + i, mean);
    put(v + i, square);
    const Vector old = get(w + i);
    const Vector move = mean * first / (square_root(square * second) + step.epsilon);
    put(w + i, old - (move + old * step.decay) * step.rate);
  });
}

// ---- attention -----------------------------------------------------------------------------

/// Queries whose scores exist at one time in backward: whole blocks, at least one.
Index attention_band(Index context) {
  const Index rows = attention_floats / (context + attention_block) / attention_block;
  return (rows > 0 ? rows : 1) * attention_block;
}

Index width_of(const AttentionShape& s) { return s.heads * s.head_width; }

/// Where the parts of one head lie in the scratch: dense, rows padded to blocks and columns to
/// vectors with zeros, so that the products have no rests.
struct Head {
  Head(const AttentionShape& s, float* scratch)
      : context((s.context + block - 1) / block * block),
        width((s.head_width + lanes - 1) / lanes * lanes),
        band(attention_band(s.context)) {
    for (float** part : {&q, &k, &v, &dout, &dq, &dk, &dv, &k_transposed, &v_transposed}) {
      *part = scratch;
      scratch += context * width;
    }
    scores = scratch;
    dscores = scores + band * context;
    log_sum = dscores + band * context;
    along = log_sum + context;
  }

  static constexpr Index block = attention_block;
  Index context, width, band;
  float *q = nullptr, *k = nullptr, *v = nullptr, *dout = nullptr;
  float *dq = nullptr, *dk = nullptr, *dv = nullptr;
  float *k_transposed = nullptr, *v_transposed = nullptr;
  float *scores = nullptr, *dscores = nullptr;
  float *log_sum = nullptr, *along = nullptr;
};

/// to = factor * from, turned by its position's angles.
void copy_turned(const float* from, const float* cosine, const float* sine, float factor,
                 Index width, float* to) {
  const Index half = width / 2;
  for_vectors(half, [&](Index i, auto get, auto put) {
    const Vector a = get(from + i) * factor, b = get(from + half + i) * factor;
    const Vector c = get(cosine + i), s = get(sine + i);
    put(to + i, a * c - b * s);
    put(to + half + i, a * s + b * c);
  });
}

/// The same turned back.
void copy_turned_back(const float* from, const float* cosine, const float* sine, float factor,
                      Index width, float* to) {
  const Index half = width / 2;
  for_vectors(half, [&](Index i, auto get, auto put) {
    const Vector a = get(from + i) * factor, b = get(from + half + i) * factor;
    const Vector c = get(cosine + i), s = get(sine + i);
    put(to + i, a * c + b * s);
    put(to + half + i, b * c - a * s);
  });
}

void copy_row(const float* from, Index width, float* to) {
  for_vectors(width, [&](Index i, auto get, auto put) { put(to + i, get(from + i)); });
}

void clear(float* from, Index count) {
  for_vectors(count, [&](Index i, auto, auto put) { put(from + i, Vector{}); });
}

/// One head's rows of q (times `factor`), k and v.
void pack_head(const AttentionShape& s, const RotaryAngles& angles, const float* qkv, float factor,
               const Head& h) {
  const Index half = s.head_width / 2, rest = h.width - s.head_width;
  for (Index i = 0; i < h.context; ++i) {
    float *q = h.q + i * h.width, *k = h.k + i * h.width, *v = h.v + i * h.width;
    const Index used = i < s.context ? s.head_width : 0;
    if (used > 0) {
      const float *row = qkv + i * 3 * width_of(s), *cosine = angles.cosine + i * half,
                  *sine = angles.sine + i * half;
      copy_turned(row, cosine, sine, factor, s.head_width, q);
      copy_turned(row + width_of(s), cosine, sine, 1, s.head_width, k);
      copy_row(row + 2 * width_of(s), s.head_width, v);
    }
    for (float* part : {q, k, v}) clear(part + used, used > 0 ? rest : h.width);
  }
  transpose_matrix(h.k, h.width, h.context, s.head_width, h.k_transposed, h.context);
}

/// scores (16, first + 16) of 16 queries from row `first` with all keys they may see, to `to`.
void score_block(const AttentionShape& s, const Head& h, const float* left, const float* right,
                 Index first, float* to) {
  multiply_whole({.depth = s.head_width,
                  .a = left + first * h.width,
                  .a_row = h.width,
                  .a_step = 1,
                  .b = right,
                  .b_row = h.context,
                  .c = to,
                  .c_row = h.context,
                  .keep = 0},
                 Head::block, (first + Head::block) / lanes);
}

/// Reduces each of 16 vectors to one number, all together by way of their transpose.
template <class Combine>
inline void reduce_rows(const Vector (&row)[Head::block], Combine combine, float* to) {
  for (Index first = 0; first < Head::block; first += lanes) {
    Vector group[lanes];
    for (Index i = 0; i < lanes; ++i) group[i] = row[first + i];
    transpose(group);
    for (Index width = lanes / 2; width > 0; width /= 2)
      for (Index i = 0; i < width; ++i) group[i] = combine(group[i], group[i + width]);
    store(to + first, group[0]);
  }
}

/// Scores of 16 queries from `first` to exp(score - largest), zero for keys they may not see.
/// @param log_sum, inverse_sum 16 of log sum_j exp(score_j) and 1 / sum_j exp(score_j - largest)
void softmax_block(const Head& h, Index first, float* score, float* log_sum, float* inverse_sum) {
  Vector row[Head::block];
  float shift[Head::block];
  for (Index i = 0; i < Head::block; ++i) {
    const float* s = score + i * h.context;
    row[i] = splat(s[0]);
    for (Index j = 0; j < first; j += lanes) row[i] = larger(row[i], load(s + j));
    for (Index j = first; j < first + Head::block; j += lanes)
      row[i] = larger(row[i], first_lanes(load(s + j), first + i - j + 1, row[i]));
  }
  reduce_rows(row, larger, shift);
  for (Index i = 0; i < Head::block; ++i) {
    float* s = score + i * h.context;
    row[i] = Vector{};
    for (Index j = 0; j < first + Head::block; j += lanes) {
      Vector e = exponential(load(s + j) - shift[i]);
      if (j >= first) e = first_lanes(e, first + i - j + 1, Vector{});
      store(s + j, e);
      row[i] += e;
    }
  }
  reduce_rows(row, sum, inverse_sum);
  for (Index i = 0; i < Head::block; i += lanes) {
    const Vector total = load(inverse_sum + i);
    store(log_sum + i, load(shift + i) + logarithm(total));
    store(inverse_sum + i, 1.0F / total);
  }
}

void head_forward(const AttentionShape& s, const Head& h, float* out, float* log_sum) {
  constexpr Index strip = widest_tile * lanes;
  float mixed[Head::block * strip], inverse_sum[Head::block], block_log_sum[Head::block];
  for (Index first = 0; first < s.context; first += Head::block) {
    const Index rows = s.context - first < Head::block ? s.context - first : Head::block;
    score_block(s, h, h.q, h.k_transposed, first, h.scores);
    softmax_block(h, first, h.scores, block_log_sum, inverse_sum);
    for (Index i = 0; i < rows; ++i) log_sum[(first + i) * s.heads] = block_log_sum[i];
    for (Index column = 0; column < h.width; column += strip) {
      const Index wide = h.width - column < strip ? h.width - column : strip;
      multiply_whole({.depth = first + rows,
                      .a = h.scores,
                      .a_row = h.context,
                      .a_step = 1,
                      .b = h.v + column,
                      .b_row = h.width,
                      .c = mixed,
                      .c_row = wide,
                      .keep = 0},
                     rows, wide / lanes);
      const Index kept = s.head_width - column < wide ? s.head_width - column : wide;
      for (Index i = 0; i < rows; ++i)
        for_vectors(kept, [&](Index j, auto get, auto put) {
          put(out + (first + i) * width_of(s) + column + j,
              get(mixed + i * wide + j) * inverse_sum[i]);
        });
    }
  }
}

void attention_forward(const AttentionShape& s, const RotaryAngles& angles, const float* qkv,
                       float* out, float* log_sum, float* scratch) {
  const Head h(s, scratch);
  const float factor = 1.0F / __builtin_sqrtf(static_cast<float>(s.head_width));
  for (Index sequence = 0; sequence < s.sequences; ++sequence)
    for (Index head = 0; head < s.heads; ++head) {
      const Index row = sequence * s.context;
      pack_head(s, angles, qkv + row * 3 * width_of(s) + head * s.head_width, factor, h);
      head_forward(s, h, out + row * width_of(s) + head * s.head_width,
                   log_sum + row * s.heads + head);
    }
}

/// What backward needs besides q, k and v.
void pack_head_backward(const AttentionShape& s, const float* out, const float* log_sum,
                        const float* dout, const Head& h) {
  for (Index i = 0; i < h.context; ++i) {
    const bool used = i < s.context;
    float* to = h.dout + i * h.width;
    clear(to, h.width);
    h.log_sum[i] = used ? log_sum[i * s.heads] : 0;
    Vector sum{};
    if (used)
      for_vectors(s.head_width, [&](Index j, auto get, auto put) {
        const Vector d = get(dout + i * width_of(s) + j);
        put(to + j, d);
        sum += d * get(out + i * width_of(s) + j);
      });
    h.along[i] = sum_of_lanes(sum);
  }
  transpose_matrix(h.v, h.width, h.context, s.head_width, h.v_transposed, h.context);
  clear(h.dk, h.context * h.width);
  clear(h.dv, h.context * h.width);
}

/// Probabilities and the gradient of the scores for 16 queries, in place of scores and d prob.
void score_gradient(const Head& h, Index first, float* p, float* ds) {
  for (Index i = 0; i < Head::block; ++i, p += h.context, ds += h.context) {
    const float log_sum = h.log_sum[first + i], along = h.along[first + i];
    for (Index j = 0; j < first + Head::block; j += lanes) {
      Vector e = exponential(load(p + j) - log_sum);
      if (j >= first) e = first_lanes(e, first + i - j + 1, Vector{});
      store(p + j, e);
      store(ds + j, e * (load(ds + j) - along));
    }
  }
}

/// to[j] += sum_i weight[i][j] right[i] for the 16 keys from j, queries of the band from `start`.
void add_transposed(const Head& h, Index band_first, Index band_end, Index j, const float* weight,
                    const float* right, float* to) {
  const Index start = band_first > j ? band_first : j;
  multiply_whole({.depth = band_end - start,
                  .a = weight + (start - band_first) * h.context + j,
                  .a_row = 1,
                  .a_step = h.context,
                  .b = right + start * h.width,
                  .b_row = h.width,
                  .c = to + j * h.width,
                  .c_row = h.width,
                  .keep = 1},
                 Head::block, h.width / lanes);
}

void head_backward(const AttentionShape& s, const Head& h) {
  for (Index band = 0; band < h.context; band += h.band) {
    const Index end = h.context - band < h.band ? h.context : band + h.band;
    for (Index first = band; first < end; first += Head::block) {
      float *p = h.scores + (first - band) * h.context, *ds = h.dscores + (p - h.scores);
      score_block(s, h, h.q, h.k_transposed, first, p);
      score_block(s, h, h.dout, h.v_transposed, first, ds);
      score_gradient(h, first, p, ds);
      multiply_whole({.depth = first + Head::block,
                      .a = ds,
                      .a_row = h.context,
                      .a_step = 1,
                      .b = h.k,
                      .b_row = h.width,
                      .c = h.dq + first * h.width,
                      .c_row = h.width,
                      .keep = 0},
                     Head::block, h.width / lanes);
    }
    for (Index j = 0; j < end; j += Head::block) {
      add_transposed(h, band, end, j, h.scores, h.dout, h.dv);
      add_transposed(h, band, end, j, h.dscores, h.q, h.dk);
    }
  }
}

/// Back to rows of dqkv, turned back by the same angles.
void unpack_head(const AttentionShape& s, const RotaryAngles& angles, float factor, const Head& h,
                 float* dqkv) {
  const Index half = s.head_width / 2;
  for (Index i = 0; i < s.context; ++i) {
    const float *cosine = angles.cosine + i * half, *sine = angles.sine + i * half;
    float* row = dqkv + i * 3 * width_of(s);
    copy_turned_back(h.dq + i * h.width, cosine, sine, factor, s.head_width, row);
    copy_turned_back(h.dk + i * h.width, cosine, sine, 1, s.head_width, row + width_of(s));
    copy_row(h.dv + i * h.width, s.head_width, row + 2 * width_of(s));
  }
}

void attention_backward(const AttentionShape& s, const RotaryAngles& angles, const float* qkv,
                        const float* out, const float* log_sum, const float* dout, float* dqkv,
                        float* scratch) {
  const Head h(s, scratch);
  const float factor = 1.0F / __builtin_sqrtf(static_cast<float>(s.head_width));
  for (Index sequence = 0; sequence < s.sequences; ++sequence)
    for (Index head = 0; head < s.heads; ++head) {
      const Index row = sequence * s.context, column = head * s.head_width;
      pack_head(s, angles, qkv + row * 3 * width_of(s) + column, factor, h);
      pack_head_backward(s, out + row * width_of(s) + column, log_sum + row * s.heads + head,
                         dout + row * width_of(s) + column, h);
      head_backward(s, h);
      unpack_head(s, angles, factor, h, dqkv + row * 3 * width_of(s) + column);
    }
}

}  // namespace

const Kernels& BIMIX_KERNELS() {
  static constexpr Kernels table{.rmsnorm_forward = rmsnorm_forward,
                                 .rmsnorm_backward = rmsnorm_backward,
                                 .gelu_forward = gelu_forward,
                                 .gelu_backward = gelu_backward,
                                 .attention_forward = attention_forward,
                                 .attention_backward = attention_backward,
                                 .cross_entropy = cross_entropy,
                                 .embed = embed,
                                 .embed_backward = embed_backward,
                                 .round_to_bf16 = round_to_bf16,
                                 .add = add,
                                 .sum_of_squares = sum_of_squares,
                                 .adamw = adamw};
  return table;
}

}  // namespace bimix::proxy
