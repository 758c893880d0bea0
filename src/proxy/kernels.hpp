#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

/// The numerical passes of a transformer between its matrix products, forward and backward side by
/// side. Matrices are row-major and dense; `rows` counts tokens. "Adds to" marks outputs that are
/// accumulated; all others are overwritten.
///
/// There is one table of them per instruction set level, made from the same source
/// (kernels_impl.hpp), and the plain loops they are held against (reference.hpp).
namespace bimix::proxy {

// Of options.hpp, which is not for what is compiled for one instruction set: its inline functions
// would be, too.
enum class Isa;

using Index = std::ptrdiff_t;

/// The upper half of a float. It has no functions: this header is compiled for every level.
struct Bf16 {
  std::uint16_t bits;
};

/// Sequences, positions and heads of an attention call. Rows are (sequence, position); a row of
/// `qkv` holds the queries of all heads, then the keys, then the values: 3 * heads * head_width.
struct AttentionShape {
  Index sequences = 0;
  Index context = 0;
  Index heads = 0;
  Index head_width = 0;
};

/// Rotary positions turn the pair (i, i + head_width / 2) of a query or key by an angle that grows
/// with its position: cosine and sine (context, head_width / 2).
template <class Real>
struct Rotary {
  const Real* cosine = nullptr;
  const Real* sine = nullptr;
};
using RotaryAngles = Rotary<float>;

/// One AdamW step's numbers, bias corrections folded in.
/// w -= rate * (m / correction1) / (sqrt(v / correction2) + epsilon) + rate * decay * w
struct AdamStep {
  float rate = 0, beta1 = 0, beta2 = 0, epsilon = 0, decay = 0;
  float correction1 = 1, correction2 = 1;
  float gradient_scale = 1;  ///< from clipping
};

/// Added to the mean square in RMSNorm: well below that of embeddings at the start (4e-4).
inline constexpr float norm_epsilon = 1e-6F;

/// The passes around products whose factors are floats or bf16: what is multiplied next is written
/// as it is multiplied.
template <class Factor>
struct FactorKernels {
  /// Adds nothing: n = x * inverse_rms with inverse_rms = 1 / sqrt(mean(x^2) + norm_epsilon).
  void (*rmsnorm_forward)(const float* x, Factor* n, float* inverse_rms, Index rows, Index width);
  /// Adds to dx: inverse_rms * (dn - n * mean(dn * n)).
  void (*rmsnorm_backward)(const float* dn, const Factor* n, const float* inverse_rms, float* dx,
                           Index rows, Index width);

  /// u = gelu(h) = h / (1 + exp(-2 z)), z = sqrt(2/pi) (h + 0.044715 h^3)
  void (*gelu_forward)(const float* h, Factor* u, Index count);
  /// dh = du * gelu'(h), and u = gelu(h): made again rather than kept, since the way to memory and
  /// back is longer. Of floats dh may lie in the place of du, and u in that of h.
  void (*gelu_backward)(const float* h, const float* du, Factor* u, Factor* dh, Index count);

  void (*copy)(const float* from, Factor* to, Index count);
};

/// Attention over bf16 products, between them. Heads lie one behind the other, each (context,
/// head_width) with rows padded by zeros to whole blocks: `padded_context`.
struct HeadKernels {
  /// Queries, divided by sqrt(head_width), and keys, both turned by their positions, and values.
  void (*pack)(const AttentionShape& shape, const RotaryAngles& angles, const float* qkv, Bf16* q,
               Bf16* k, Bf16* v);
  /// Scores (rows, seen) of the queries from `first` to probabilities, zero for what they may not
  /// see. @param rows, first, seen whole blocks @param log_sum (rows) log sum_j exp(score_ij)
  void (*softmax)(Index rows, Index first, Index seen, float* scores, Bf16* probabilities,
                  float* log_sum);
  /// Heads `from` up to `to` of rows (sequence, position), (rows, width).
  void (*unpack_values)(const AttentionShape& shape, Index from, Index to, const Bf16* values,
                        Bf16* out);
  /// dout of heads `from` up to `to`, and along_i = sum over a head of out * dout, (to - from,
  /// padded_context).
  void (*pack_gradient)(const AttentionShape& shape, Index from, Index to, const Bf16* out,
                        const float* dout, Bf16* packed, float* along);
  /// Probabilities again from scores and log_sum, and the gradient of the scores from that of the
  /// probabilities: p * (dp - along).
  void (*score_gradient)(Index rows, Index first, Index seen, const float* scores, const float* dp,
                         const float* log_sum, const float* along, Bf16* probabilities,
                         Bf16* dscores);
  /// Gradients of heads `from` up to `to` back to rows of dqkv, turned back.
  void (*unpack_gradient)(const AttentionShape& shape, const RotaryAngles& angles, Index from,
                          Index to, const float* dq, const float* dk, const float* dv, Bf16* dqkv);
};

struct Kernels {
  FactorKernels<float> fp32;
  FactorKernels<Bf16> bf16;
  HeadKernels heads;

  /// Causal softmax attention over rotary positions: out (rows, width); log_sum (rows, heads) =
  /// log sum_j exp(score_ij). @param scratch attention_scratch(shape) floats
  void (*attention_forward)(const AttentionShape& shape, const RotaryAngles& angles,
                            const float* qkv, float* out, float* log_sum, float* scratch);
  /// dqkv from dout; probabilities are made again from qkv and log_sum.
  void (*attention_backward)(const AttentionShape& shape, const RotaryAngles& angles,
                             const float* qkv, const float* out, const float* log_sum,
                             const float* dout, float* dqkv, float* scratch);

  /// nats_i = log sum_v exp(logits_iv) - logits_i,target; logits become scale * d nats_i / d
  /// logits.
  void (*cross_entropy)(float* logits_to_gradient, const std::int32_t* target, float* nats,
                        Index rows, Index vocabulary, float scale);

  /// x_i = table row token_i.
  void (*embed)(const float* table, const std::int32_t* token, float* x, Index rows, Index width);
  /// Adds dx_i to row token_i of dtable, in the order of rows.
  void (*embed_backward)(const float* dx, const std::int32_t* token, float* dtable, Index rows,
                         Index width);

  /// The nearest numbers that bf16 holds, ties to even, still as floats; finite numbers only.
  void (*round_to_bf16)(const float* from, float* to, Index count);
  /// Adds from_i to to_i.
  void (*add)(const float* from, float* to, Index count);
  double (*sum_of_squares)(const float* x, Index count);
  void (*adamw)(const AdamStep& step, float* w, const float* gradient, float* m, float* v,
                Index count);
};

/// The largest divisor of `whole` that is at most `limit`, or 1.
Index largest_divisor(Index whole, Index limit);
/// Positions of a head in HeadKernels: the context and what fills its last block.
Index padded_context(Index context);

/// Floats of scratch that one call of attention needs, at every instruction set level.
Index attention_scratch(const AttentionShape& shape);

/// Attention works in blocks of 16 queries and 16 keys: the longest vectors.
inline constexpr Index attention_block = 16;
/// Scores that attention's backward keeps at one time, twice: half an L2 of 1 MiB.
inline constexpr Index attention_floats = 64 * 1024;

/// Whether this machine multiplies bf16 faster than floats (NOTES.md): by tiles, and by
/// AVX512_BF16 on AMD's processors; Intel's without tiles take twice as long.
bool bf16_pays_here();

/// The plain loops.
const Kernels& reference_kernels();
/// @param isa resolved @throws DataError if this machine cannot run it
const Kernels& kernels_for(Isa isa);

}  // namespace bimix::proxy
