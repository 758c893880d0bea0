#pragma once

#include "arena.hpp"
#include "attention_pass.hpp"
#include "kernels.hpp"
#include "products.hpp"

#include <bimix/proxy/language_model.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bimix::proxy {

/// A matrix of parameters and where it lies in the flat buffer of weights, of gradients, of
/// moments.
struct Matrix {
  std::string name{};
  Index offset = 0, rows = 0, columns = 0;
};

struct ParameterLayout {
  explicit ParameterLayout(const ProxyOptions& options);

  Matrix embedding{};  ///< (V, width); first in the buffers
  struct Layer {
    Matrix qkv{}, out{}, up{}, down{};
  };
  std::vector<Layer> layers{};
  Index size = 0;

  /// Every matrix in the order of the buffers.
  std::vector<Matrix> matrices() const;
};

/// Sequences that go through the model together: the largest divisor of the micro-batch whose
/// activations stay in the second-level cache (NOTES.md).
Index pass_sequences(const ProxyOptions& options);

/// Attention of a pass.
AttentionShape attention_shape(const ProxyOptions& options);

/// Tokens whose logits exist at one time: a divisor of a pass's.
Index head_rows(const ProxyOptions& options);

/// What the model multiplies.
Factors factors_of(const ProxyOptions& options);

/// What all threads of a model read: its weights, rearranged for the products, and its angles.
/// @tparam Factor what is multiplied: float or Bf16
template <class Factor>
struct TransformerShared {
  /// @param options resolved
  TransformerShared(Arena& arena, const ProxyOptions& options, const Kernels& kernels);

  const ProxyOptions& options;
  const Kernels& kernels;
  const FactorKernels<Factor>& factor_kernels;
  ParameterLayout layout;
  Buffer weights;
  Buffer cosine, sine;  ///< (context, head width / 2)
  Index rows;           ///< tokens of a pass
  Index head_rows;      ///< tokens whose logits exist at one time; divides rows

  /// A weight matrix with its products.
  struct Linear {
    Matrix matrix;
    LinearProducts<Factor> products;
  };
  struct Layer {
    Linear qkv, out, up, down;
  };
  Linear embedding;  ///< over head_rows
  std::vector<Layer> layers{};

  /// Every matrix in the order of the buffers.
  std::vector<Linear*> linears();
  RotaryAngles angles() const { return {.cosine = cosine.data(), .sine = sine.data()}; }
};

/// One thread's way through the model: activations, forward and backward side by side. Whatever is
/// multiplied is kept as it is multiplied, and made so once.
template <class Factor>
class TransformerPass {
 public:
  TransformerPass(Arena& arena, const TransformerShared<Factor>& shared);

  /// Forward and backward of one pass.
  /// @param sequences (pass_sequences, S+1)
  /// @param keep 0 overwrites the gradient, 1 adds to it
  /// @param weights of the sequences' gradients; empty for ones
  /// @return sum of the losses, nats, each counted once
  double learn(std::span<const std::int32_t> sequences, int keep, const Buffer& gradient,
               std::span<const float> weights = {});
  /// Forward alone. @param sequences (n, S+1) with n <= pass_sequences; @param nats (n, S)
  void losses(std::span<const std::int32_t> sequences, std::span<float> nats);

  /// What packing of any matrix and any product needs.
  float* product_scratch() const { return product_scratch_.data(); }

  void observe(PartObserver finished) { finished_ = std::move(finished); }

 private:
  using Linear = typename TransformerShared<Factor>::Linear;
  /// What one layer keeps from forward for backward.
  struct Activations {
    Activations(Arena& arena, const AttentionShape& shape, Index rows, Index width);
    BufferOf<Factor> norm1;
    Buffer inverse_rms1;
    typename Attention<Factor>::Kept attention;
    BufferOf<Factor> attended, norm2;
    Buffer inverse_rms2, hidden;
  };

  /// @param sequences whose tokens lie within the vocabulary
  void load_tokens(std::span<const std::int32_t> sequences);
  void forward();
  void attention_block(std::size_t layer);
  void feed_forward_block(std::size_t layer);
  void backward(int keep, const Buffer& gradient, std::span<const float> weights);
  void attention_block_backward(std::size_t layer, int keep, const Buffer& gradient);
  void feed_forward_block_backward(std::size_t layer, int keep, const Buffer& gradient);
  void head_losses();
  void head_backward(int keep, const Buffer& gradient, std::span<const float> weights);
  /// Logits of head_rows tokens to losses and, in their place, gradients times the weights.
  void head_chunk(Index first, std::span<const float> weights);

  void multiply(const Linear& w, const Factor* x, int keep, float* y);
  void multiply_turned(const Linear& w, const Factor* dy, float* dx, const char* part);
  void add_weight_gradient(const Linear& w, const Factor* x, const Factor* dy, int keep,
                           const Buffer& gradient);
  /// Where u is made again in backward: in place of `hidden` where factors are floats.
  BufferOf<Factor> remade_in_place_of(const Buffer& hidden) const;
  /// The numbers as they are multiplied: where they are, or in `place`.
  const Factor* as_factors(const Buffer& numbers, const BufferOf<Factor>& place) const;
  /// Tells the observer that a part is done and how many operations it took.
  void finished(const char* part, double flops = 0) const {
    if (finished_) finished_(part, flops);
  }
  double attention_flops() const;

  const TransformerShared<Factor>& shared_;
  const Kernels& kernels_;
  const FactorKernels<Factor>& factor_kernels_;
  Index rows_, width_;
  Attention<Factor> attention_;
  std::vector<Activations> layers_{};
  Buffer x_;
  BufferOf<Factor> norm_;
  Buffer inverse_rms_, logits_, nats_;
  Buffer dx_, wide_, narrow_;
  // In the place of those numbers where factors are floats.
  BufferOf<Factor> dx_factors_, wide_factors_, logit_factors_;
  std::optional<BufferOf<Factor>> remade_{};  ///< where they are not
  Buffer product_scratch_;
  std::vector<std::int32_t> input_, target_;
  PartObserver finished_{};
};

extern template struct TransformerShared<float>;
extern template struct TransformerShared<Bf16>;
extern template class TransformerPass<float>;
extern template class TransformerPass<Bf16>;

}  // namespace bimix::proxy
