#pragma once

#include "attention.hpp"

/// Attention over bf16 products, between them: kernels.hpp, HeadKernels. A part of
/// kernels_impl.hpp, which says what is special here.
namespace bimix::proxy {
namespace {

/// Calls f(place, first row of its sequence, first column) for heads `from` up to `to`.
template <class F>
void for_heads(const AttentionShape& s, Index from, Index to, F f) {
  for (Index head = from; head < to; ++head)
    f(head - from, head / s.heads * s.context, head % s.heads * s.head_width);
}

void pack_heads(const AttentionShape& s, const RotaryAngles& angles, const float* qkv, Bf16* q,
                Bf16* k, Bf16* v) {
  const Index half = s.head_width / 2, width = width_of(s);
  const Index used = s.context * s.head_width, size = padded_context(s.context) * s.head_width;
  const float factor = 1.0F / __builtin_sqrtf(static_cast<float>(s.head_width));
  for_heads(s, 0, s.sequences * s.heads, [&](Index place, Index row, Index column) {
    Bf16 *to_q = q + place * size, *to_k = k + place * size, *to_v = v + place * size;
    for (Index i = 0; i < s.context; ++i) {
      const float *from = qkv + (row + i) * 3 * width + column, *cosine = angles.cosine + i * half,
                  *sine = angles.sine + i * half;
      copy_turned(from, cosine, sine, factor, s.head_width, to_q + i * s.head_width);
      copy_turned(from + width, cosine, sine, 1, s.head_width, to_k + i * s.head_width);
      copy_row(from + 2 * width, s.head_width, to_v + i * s.head_width);
    }
    for (Bf16* part : {to_q, to_k, to_v}) clear(part + used, size - used);
  });
}

void softmax_heads(Index rows, Index first, Index seen, float* scores, Bf16* probabilities,
                   float* log_sum) {
  float inverse_sum[attention_block];
  for (Index row = 0; row < rows; row += attention_block) {
    float* score = scores + row * seen;
    softmax_block(seen, first + row, score, log_sum + row, inverse_sum);
    for (Index i = 0; i < attention_block; ++i) {
      Bf16* to = probabilities + (row + i) * seen;
      const Index end = first + row + attention_block;
      for (Index j = 0; j < end; j += lanes)
        store(to + j, load(score + i * seen + j) * inverse_sum[i]);
      clear(to + end, seen - end);
    }
  }
}

void unpack_values(const AttentionShape& s, Index from, Index to, const Bf16* values, Bf16* out) {
  const Index size = padded_context(s.context) * s.head_width;
  for_heads(s, from, to, [&](Index place, Index row, Index column) {
    for (Index i = 0; i < s.context; ++i)
      copy_row(values + place * size + i * s.head_width, s.head_width,
               out + (row + i) * width_of(s) + column);
  });
}

void pack_gradient(const AttentionShape& s, Index from, Index to, const Bf16* out,
                   const float* dout, Bf16* packed, float* along) {
  const Index context = padded_context(s.context), size = context * s.head_width;
  for_heads(s, from, to, [&](Index place, Index row, Index column) {
    Bf16* to_head = packed + place * size;
    for (Index i = 0; i < s.context; ++i) {
      const Index at = (row + i) * width_of(s) + column;
      Vector sum{};
      for_vectors(s.head_width, [&](Index j, auto get, auto put) {
        const Vector d = get(dout + at + j);
        put(to_head + i * s.head_width + j, d);
        sum += d * get(out + at + j);
      });
      along[place * context + i] = sum_of_lanes(sum);
    }
    clear(to_head + s.context * s.head_width, size - s.context * s.head_width);
    clear(along + place * context + s.context, context - s.context);
  });
}

void score_gradient_heads(Index rows, Index first, Index seen, const float* scores, const float* dp,
                          const float* log_sum, const float* along, Bf16* probabilities,
                          Bf16* dscores) {
  for (Index i = 0; i < rows; ++i) {
    const Index end = (first + i) / attention_block * attention_block + attention_block;
    const float *score = scores + i * seen, *d = dp + i * seen;
    Bf16 *p = probabilities + i * seen, *ds = dscores + i * seen;
    for (Index j = 0; j < end; j += lanes) {
      const Vector e =
          first_lanes(exponential(load(score + j) - log_sum[i]), first + i - j + 1, Vector{});
      store(p + j, e);
      store(ds + j, e * (load(d + j) - along[i]));
    }
    clear(p + end, seen - end);
    clear(ds + end, seen - end);
  }
}

void unpack_gradient(const AttentionShape& s, const RotaryAngles& angles, Index from, Index to,
                     const float* dq, const float* dk, const float* dv, Bf16* dqkv) {
  const Index half = s.head_width / 2, width = width_of(s);
  const Index size = padded_context(s.context) * s.head_width;
  const float factor = 1.0F / __builtin_sqrtf(static_cast<float>(s.head_width));
  for_heads(s, from, to, [&](Index place, Index row, Index column) {
    for (Index i = 0; i < s.context; ++i) {
      const float *cosine = angles.cosine + i * half, *sine = angles.sine + i * half;
      const Index at = place * size + i * s.head_width;
      Bf16* to_row = dqkv + (row + i) * 3 * width + column;
      copy_turned_back(dq + at, cosine, sine, factor, s.head_width, to_row);
      copy_turned_back(dk + at, cosine, sine, 1, s.head_width, to_row + width);
      copy_row(dv + at, s.head_width, to_row + 2 * width);
    }
  });
}

}  // namespace
}  // namespace bimix::proxy
