#pragma once

#include "group_gradient.hpp"
#include "thread_team.hpp"
#include "transformer_pass.hpp"

#include <memory>
#include <vector>

namespace bimix::proxy {

/// Decoder-only transformer: pre-norm (RMS, no gains), rotary positions, GELU of four times the
/// width, no biases, output head tied to the embedding.
///
///   x = E[token];  for each layer:  x += attention(norm(x) W_qkv) W_out
///                                   x += gelu(norm(x) W_up) W_down
///   logits = norm(x) E'
///
/// @tparam Factor what is multiplied: float, or Bf16 where factors_of(options) is bf16
template <class Factor>
class Transformer : public LanguageModel {
 public:
  /// @param options resolved
  Transformer(const ProxyOptions& options, const Kernels& kernels, std::uint64_t seed,
              std::uint64_t repeat, const core::ProcessGroup& group = {});
  ~Transformer() override;

  std::optional<double> train_step(std::span<const std::int32_t> sequences,
                                   double learning_rate) override;
  void token_losses(std::span<const std::int32_t> sequences, std::span<float> nats) override;
  std::vector<ParameterView> parameters() override;
  std::string state() const override;
  void restore(std::string_view state) override;
  void observe(PartObserver finished) override;

  /// The first half of train_step: mean loss of the batch and its gradient, nothing moved.
  /// @param weights B, of the sequences' gradients; empty for ones
  double accumulate_gradient(std::span<const std::int32_t> sequences,
                             std::span<const float> weights = {});
  /// Views of the gradient, in the order of parameters().
  std::vector<ParameterView> gradients();

 private:
  struct Thread;

  void initialise(std::uint64_t seed, std::uint64_t repeat);
  /// Rearranges the weights for the products, if they have changed.
  void pack();
  /// A thread's micro-batches: sums over the nodes of the tree that they fill.
  void learn_part(Thread& thread, std::span<const std::int32_t> sequences,
                  std::span<const float> weights);
  /// Adds up what threads and members of the group have.
  void sum_gradients();
  double squared_norm();
  void update(double learning_rate);
  /// The parameters that thread `number` looks after where threads divide them.
  Leaves own_slice(int number) const;
  std::vector<ParameterView> views(const Buffer& buffer);
  const Buffer& gradient() const { return nodes_.front().sum; }
  void finished(const char* part) const {
    if (finished_) finished_(part, 0);
  }

  ProxyOptions options_;
  const Kernels& kernels_;
  std::int64_t steps_ = 0;

  Arena arena_{};
  TransformerShared<Factor> shared_;
  bool packed_ = false;
  Buffer moment1_, moment2_;
  core::ProcessGroup group_;
  Leaves leaves_;  ///< the micro-batches of a step
  GroupGradient group_gradient_;
  std::vector<double> leaf_nats_;  ///< sum of the losses of each
  std::vector<double> squares_;    ///< of the gradient, by blocks
  std::vector<std::unique_ptr<Thread>> threads_{};
  std::vector<NodeSum> nodes_{};      ///< of all own threads, from left to right
  std::vector<NodeSum> own_nodes_{};  ///< what they add up to in this process, in the same places
  ThreadTeam team_;
  PartObserver finished_{};
};

extern template class Transformer<float>;
extern template class Transformer<Bf16>;

}  // namespace bimix::proxy
