#pragma once

#include <bimix/core/process_group.hpp>
#include <bimix/proxy/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::proxy {

/// A named block of trained numbers.
struct ParameterView {
  std::string name{};
  std::span<float> values{};
};

/// Told the name of a part of a training step that is done and its floating-point operations, 0
/// where they do not count.
using PartObserver = std::function<void(const char* part, double flops)>;

/// A model that learns from batches of token sequences: the plug-in point of this layer. A new one
/// is one file with a class and one line in src/proxy/models.def; the contract test of
/// tests/proxy/language_model_test.cpp runs over all registered models.
///
/// Sequences are rows of S+1 tokens: the first S are read, the last S are predicted.
/// @note one thread at a time may use a model; different models share nothing, so any number may
///       run in parallel. Same calls, same options, same seed: same bits.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;

  /// Learns from a batch.
  /// @param sequences (B, S+1) tokens in [0, V)
  /// @param learning_rate of this step (`learning_rate_at`)
  /// @return mean loss of the batch before the step, in nats per token, not finite once training
  ///         has diverged; nothing from models that learn without it
  virtual std::optional<double> train_step(std::span<const std::int32_t> sequences,
                                           double learning_rate) = 0;

  /// Loss of each predicted token, nothing learned.
  /// @param sequences (n, S+1), any n
  /// @param nats (n, S)
  virtual void token_losses(std::span<const std::int32_t> sequences, std::span<float> nats) = 0;

  /// What was learned, as far as it is weights; the views stay valid as long as the model.
  virtual std::vector<ParameterView> parameters() = 0;

  /// All that training has made, to go on from elsewhere with the same bits: weights, the
  /// optimiser's moments, the number of steps; or counts. For a model of the same options on a
  /// machine of the same byte order.
  virtual std::string state() const = 0;
  /// @param state what `state` gave. @throws DataError if it is that of another shape
  virtual void restore(std::string_view state) = 0;

  /// For benches: `finished` is called after each part of a step; empty stops that.
  virtual void observe(PartObserver finished) = 0;
};

/// A fresh model. Initial weights, where it has any, are keyed by (seed, repeat) alone, so all
/// trials of a repeat start from the same ones.
/// @param group whose members each have the model and make the same calls on it, with the same
///        arguments; they share the work and have the same bits as one that works alone
/// @throws UsageError if the options have complaints, DataError if this machine lacks their ISA
std::unique_ptr<LanguageModel> make_model(const ProxyOptions& options, std::uint64_t seed,
                                          std::uint64_t repeat,
                                          const core::ProcessGroup& group = {});

/// Mean loss over all predicted tokens, in nats per token.
/// @param sequences (n, S+1) with n >= 1 and S the model's context
double mean_loss(LanguageModel& model, int context, std::span<const std::int32_t> sequences);

}  // namespace bimix::proxy
