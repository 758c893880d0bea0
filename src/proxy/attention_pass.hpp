#pragma once

#include "arena.hpp"
#include "kernels.hpp"
#include "products.hpp"

#include <type_traits>
#include <vector>

/// One thread's attention, by the factors of its products. Both classes have the same functions:
/// the product with W_qkv writes `projections`, `forward` keeps of them what `backward` needs, and
/// what is multiplied next is written as factors.
namespace bimix::proxy {

/// Scores and values by the kernels of the instruction set level.
class FloatAttention {
 public:
  /// Of a layer, from forward to backward.
  struct Kept {
    Kept(Arena& arena, const AttentionShape& shape);
    Buffer qkv, log_sum;
  };
  FloatAttention(Arena& arena, const AttentionShape& shape, const RotaryAngles& angles,
                 const Kernels& kernels);

  /// Floats that it takes besides what layers keep.
  static Index room(const AttentionShape& shape) { return attention_scratch(shape); }
  /// Where (rows, 3 width) of queries, keys and values are wanted.
  float* projections(const Kept& kept) const { return kept.qkv.data(); }
  /// @param out (rows, width)
  void forward(const Kept& kept, float* out) const;
  /// @param out, dout (rows, width) @param dqkv (rows, 3 width)
  void backward(const Kept& kept, const float* out, const float* dout, float* dqkv) const;

 private:
  AttentionShape shape_;
  RotaryAngles angles_;
  const Kernels& kernels_;
  Buffer scratch_;
};

/// All products of bf16, by HeadProducts; softmax and its derivative in single precision. As many
/// heads at a time, or as many queries of one, as leave the scores in the second-level cache.
class Bf16Attention {
 public:
  struct Kept {
    Kept(Arena& arena, const AttentionShape& shape);
    BufferOf<Bf16> q, k, v;  ///< as HeadKernels::pack leaves them
    Buffer log_sum;          ///< (heads of all sequences, padded context)
  };
  Bf16Attention(Arena& arena, const AttentionShape& shape, const RotaryAngles& angles,
                const Kernels& kernels);

  static Index room(const AttentionShape& shape);
  float* projections(const Kept&) const { return qkv_.data(); }
  void forward(const Kept& kept, Bf16* out) const;
  void backward(const Kept& kept, const Bf16* out, const float* dout, Bf16* dqkv) const;

 private:
  struct Band {
    Index first = 0, rows = 0;
    HeadProducts products;
    Index seen() const { return first + rows; }
  };

  Index head_size() const { return context_ * shape_.head_width; }

  AttentionShape shape_;
  RotaryAngles angles_;
  const Kernels& kernels_;
  Index context_;   ///< padded
  Index together_;  ///< heads that are multiplied at one time; divides all
  std::vector<Band> bands_{};
  Buffer qkv_, scores_, dscores_, along_, dq_, dk_, dv_;
  BufferOf<Bf16> probabilities_, rounded_dscores_, packed_;
  Buffer product_scratch_;
};

template <class Factor>
using Attention = std::conditional_t<std::is_same_v<Factor, float>, FloatAttention, Bf16Attention>;

}  // namespace bimix::proxy
