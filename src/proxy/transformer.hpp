#pragma once

#include "arena.hpp"
#include "kernels.hpp"

#include <bimix/proxy/language_model.hpp>

#include <functional>
#include <memory>
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

/// Decoder-only transformer: pre-norm (RMS, no gains), rotary positions, GELU of four times the
/// width, no biases, output head tied to the embedding.
///
///   x = E[token];  for each layer:  x += attention(norm(x) W_qkv) W_out
///                                   x += gelu(norm(x) W_up) W_down
///   logits = norm(x) E'
class Transformer : public LanguageModel {
 public:
  /// @param options resolved
  Transformer(const ProxyOptions& options, const Kernels& kernels, std::uint64_t seed,
              std::uint64_t repeat);

  double train_step(std::span<const std::int32_t> sequences) override;
  void token_losses(std::span<const std::int32_t> sequences, std::span<float> nats) override;
  std::vector<ParameterView> parameters() override;
  void observe(PartObserver finished) override;

  /// The first half of train_step: mean loss of the batch and its gradient, nothing moved.
  double accumulate_gradient(std::span<const std::int32_t> sequences);
  /// Views of the gradient, in the order of parameters().
  std::vector<ParameterView> gradients();

 private:
  /// What one layer keeps from forward for backward; all of the micro-batch.
  struct Activations {
    Activations(Arena& arena, Index rows, Index width, Index heads);
    Buffer norm1, inverse_rms1, qkv, log_sum, attended;
    Buffer norm2, inverse_rms2, hidden;
  };

  void initialise(std::uint64_t seed, std::uint64_t repeat);
  void load_tokens(std::span<const std::int32_t> sequences);
  void forward();
  void attention_block(std::size_t layer);
  void feed_forward_block(std::size_t layer);
  void backward(int keep);
  void attention_block_backward(std::size_t layer, int keep);
  void feed_forward_block_backward(std::size_t layer, int keep);
  enum class HeadWork { losses, losses_and_gradient };
  void head(HeadWork work, int keep, float* nats);
  void update();

  /// y (rows, columns) = x W + keep * y
  void product(Index rows, const float* x, const Matrix& w, int keep, float* y);
  /// y (rows, w.rows) = x W'
  void product_transposed(Index rows, const float* x, const Matrix& w, float* y);
  /// dW = x' dy + keep * dW
  void weight_gradient(Index rows, const float* x, const float* dy, const Matrix& w, int keep);
  /// Tells the observer that a part is done and how many operations it took.
  void finished(const char* part, double flops = 0) const {
    if (finished_) finished_(part, flops);
  }
  double product_flops(Index rows, const Matrix& w) const;
  double attention_flops() const;
  std::vector<ParameterView> views(const Buffer& buffer);
  AttentionShape attention_shape() const;
  RotaryAngles angles() const;

  ProxyOptions options_;
  const Kernels& kernels_;
  ParameterLayout layout_;
  Index width_, vocabulary_;
  Index rows_ = 0;       ///< tokens of the micro-batch at work
  Index head_rows_ = 0;  ///< tokens whose logits exist at one time
  std::int64_t steps_ = 0;

  Arena arena_{};
  Buffer weights_, gradient_, moment1_, moment2_;
  Buffer cosine_, sine_;
  std::vector<Activations> layers_{};
  Buffer x_, norm_, inverse_rms_, logits_, nats_;
  Buffer dx_, wide_, narrow_, scratch_, panel_;
  std::vector<std::int32_t> input_{}, target_{};
  PartObserver finished_{};
};

}  // namespace bimix::proxy
