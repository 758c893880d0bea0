#include "attention_pass.hpp"

#include <algorithm>
#include <utility>

namespace bimix::proxy {
namespace {

Index rows_of(const AttentionShape& s) { return s.sequences * s.context; }
Index width_of(const AttentionShape& s) { return s.heads * s.head_width; }

Index heads_of(const AttentionShape& s) { return s.sequences * s.heads; }

/// Floats that all heads take, padded.
Index padded_size(const AttentionShape& s) {
  return heads_of(s) * padded_context(s.context) * s.head_width;
}

/// Queries of a band: all of them, or whole blocks whose scores are attention_floats at most.
Index band_rows(Index context) {
  const Index rows = attention_floats / context / attention_block * attention_block;
  return std::clamp(rows, attention_block, context);
}

/// Heads whose scores are attention_floats at most together; of a context in bands one.
Index heads_together(const AttentionShape& s) {
  const Index context = padded_context(s.context);
  if (band_rows(context) < context) return 1;
  return largest_divisor(heads_of(s), std::max<Index>(1, attention_floats / (context * context)));
}

}  // namespace

// ---- floats ------------------------------------------------------------------------------------

FloatAttention::Kept::Kept(Arena& arena, const AttentionShape& shape)
    : qkv(arena.take(rows_of(shape) * 3 * width_of(shape))),
      log_sum(arena.take(rows_of(shape) * shape.heads)) {}

FloatAttention::FloatAttention(Arena& arena, const AttentionShape& shape,
                               const RotaryAngles& angles, const Kernels& kernels)
    : shape_(shape),
      angles_(angles),
      kernels_(kernels),
      scratch_(arena.take(attention_scratch(shape))) {}

void FloatAttention::forward(const Kept& kept, float* out) const {
  kernels_.attention_forward(shape_, angles_, kept.qkv.data(), out, kept.log_sum.data(),
                             scratch_.data());
}

void FloatAttention::backward(const Kept& kept, const float* out, const float* dout,
                              float* dqkv) const {
  kernels_.attention_backward(shape_, angles_, kept.qkv.data(), out, kept.log_sum.data(), dout,
                              dqkv, scratch_.data());
}

// ---- bf16 --------------------------------------------------------------------------------------

Bf16Attention::Kept::Kept(Arena& arena, const AttentionShape& shape)
    : q(arena.take_factors<Bf16>(padded_size(shape))),
      k(arena.take_factors<Bf16>(padded_size(shape))),
      v(arena.take_factors<Bf16>(padded_size(shape))),
      log_sum(arena.take(heads_of(shape) * padded_context(shape.context))) {}

Bf16Attention::Bf16Attention(Arena& arena, const AttentionShape& shape, const RotaryAngles& angles,
                             const Kernels& kernels)
    : shape_(shape),
      angles_(angles),
      kernels_(kernels),
      context_(padded_context(shape.context)),
      together_(heads_together(shape)),
      qkv_(arena.take(rows_of(shape) * 3 * width_of(shape))),
      scores_(arena.take(together_ * band_rows(context_) * context_)),
      dscores_(arena.take(scores_.size())),
      along_(arena.take(together_ * context_)),
      dq_(arena.take(together_ * head_size())),
      dk_(arena.take(dq_.size())),
      dv_(arena.take(dq_.size())),
      probabilities_(arena.take_factors<Bf16>(scores_.size())),
      rounded_dscores_(arena.take_factors<Bf16>(scores_.size())),
      packed_(arena.take_factors<Bf16>(dq_.size())),
      product_scratch_(nullptr, 0) {
  const Index rows = band_rows(context_);
  Index scratch = 0;
  for (Index first = 0; first < context_; first += rows) {
    const Index taken = std::min(rows, context_ - first);
    bands_.push_back({.first = first,
                      .rows = taken,
                      .products = HeadProducts({.heads = together_,
                                                .context = context_,
                                                .head_width = shape.head_width,
                                                .rows = taken,
                                                .seen = first + taken})});
    scratch = std::max(scratch, bands_.back().products.scratch_size());
  }
  product_scratch_ = arena.take(scratch);
}

Index Bf16Attention::room(const AttentionShape& shape) {
  const Index context = padded_context(shape.context), together = heads_together(shape);
  const Index scores = together * band_rows(context) * context;
  const Index heads = together * context * shape.head_width;
  return rows_of(shape) * 3 * width_of(shape) + 3 * scores + 3 * heads + heads / 2 +
         together * context;
}

void Bf16Attention::forward(const Kept& kept, Bf16* out) const {
  kernels_.heads.pack(shape_, angles_, qkv_.data(), kept.q.data(), kept.k.data(), kept.v.data());
  float* const scratch = product_scratch_.data();
  for (Index head = 0; head < heads_of(shape_); head += together_) {
    const Index at = head * head_size();
    for (const Band& band : bands_) {
      const Index queries = band.first * shape_.head_width;
      band.products.scores(kept.q.at(at + queries), kept.k.at(at), scores_.data(), scratch);
      for (Index i = 0; i < together_; ++i) {
        const Index scores = i * band.rows * band.seen();
        kernels_.heads.softmax(band.rows, band.first, band.seen(), scores_.at(scores),
                               probabilities_.at(scores),
                               kept.log_sum.at((head + i) * context_ + band.first));
      }
      band.products.values(probabilities_.data(), kept.v.at(at), packed_.at(queries), scratch);
    }
    kernels_.heads.unpack_values(shape_, head, head + together_, packed_.data(), out);
  }
}

void Bf16Attention::backward(const Kept& kept, const Bf16* out, const float* dout,
                             Bf16* dqkv) const {
  float* const scratch = product_scratch_.data();
  for (Index head = 0; head < heads_of(shape_); head += together_) {
    const Index at = head * head_size();
    kernels_.heads.pack_gradient(shape_, head, head + together_, out, dout, packed_.data(),
                                 along_.data());
    // The last band first: it sees all keys, and so begins their gradients.
    for (auto band = bands_.rbegin(); band != bands_.rend(); ++band) {
      const Index queries = band->first * shape_.head_width;
      const int keep = band == bands_.rbegin() ? 0 : 1;
      const HeadProducts& products = band->products;
      products.scores(kept.q.at(at + queries), kept.k.at(at), scores_.data(), scratch);
      products.scores(packed_.at(queries), kept.v.at(at), dscores_.data(), scratch);
      for (Index i = 0; i < together_; ++i) {
        const Index scores = i * band->rows * band->seen();
        kernels_.heads.score_gradient(band->rows, band->first, band->seen(), scores_.at(scores),
                                      dscores_.at(scores),
                                      kept.log_sum.at((head + i) * context_ + band->first),
                                      along_.at(i * context_ + band->first),
                                      probabilities_.at(scores), rounded_dscores_.at(scores));
      }
      products.key_gradient(probabilities_.data(), packed_.at(queries), keep, dv_.data(), scratch);
      products.values(rounded_dscores_.data(), kept.k.at(at), dq_.at(queries), scratch);
      products.key_gradient(rounded_dscores_.data(), kept.q.at(at + queries), keep, dk_.data(),
                            scratch);
    }
    kernels_.heads.unpack_gradient(shape_, angles_, head, head + together_, dq_.data(), dk_.data(),
                                   dv_.data(), dqkv);
  }
}

}  // namespace bimix::proxy
