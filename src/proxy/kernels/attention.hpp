#pragma once

#include "tiles.hpp"

/// Attention, forward and backward, one head at a time. A part of kernels_impl.hpp, which says what
/// is special here.
namespace bimix::proxy {
namespace {

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
template <class Number>
void copy_turned(const float* from, const float* cosine, const float* sine, float factor,
                 Index width, Number* to) {
  const Index half = width / 2;
  for_vectors(half, [&](Index i, auto get, auto put) {
    const Vector a = get(from + i) * factor, b = get(from + half + i) * factor;
    const Vector c = get(cosine + i), s = get(sine + i);
    put(to + i, a * c - b * s);
    put(to + half + i, a * s + b * c);
  });
}

/// The same turned back.
template <class Number>
void copy_turned_back(const float* from, const float* cosine, const float* sine, float factor,
                      Index width, Number* to) {
  const Index half = width / 2;
  for_vectors(half, [&](Index i, auto get, auto put) {
    const Vector a = get(from + i) * factor, b = get(from + half + i) * factor;
    const Vector c = get(cosine + i), s = get(sine + i);
    put(to + i, a * c + b * s);
    put(to + half + i, b * c - a * s);
  });
}

template <class From, class To>
void copy_row(const From* from, Index width, To* to) {
  for_vectors(width, [&](Index i, auto get, auto put) { put(to + i, get(from + i)); });
}

template <class Number>
void clear(Number* from, Index count) {
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
/// @param stride floats from one query's scores to the next one's
/// @param log_sum, inverse_sum 16 of log sum_j exp(score_j) and 1 / sum_j exp(score_j - largest)
void softmax_block(Index stride, Index first, float* score, float* log_sum, float* inverse_sum) {
  Vector row[Head::block];
  float shift[Head::block];
  for (Index i = 0; i < Head::block; ++i) {
    const float* s = score + i * stride;
    row[i] = splat(s[0]);
    for (Index j = 0; j < first; j += lanes) row[i] = larger(row[i], load(s + j));
    for (Index j = first; j < first + Head::block; j += lanes)
      row[i] = larger(row[i], first_lanes(load(s + j), first + i - j + 1, row[i]));
  }
  reduce_rows(row, larger, shift);
  for (Index i = 0; i < Head::block; ++i) {
    float* s = score + i * stride;
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
    softmax_block(h.context, first, h.scores, block_log_sum, inverse_sum);
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
}  // namespace bimix::proxy
