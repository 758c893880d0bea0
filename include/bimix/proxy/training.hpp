#pragma once

#include <bimix/data/records.hpp>
#include <bimix/proxy/options.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace bimix {

/// Fills the span with the next (B, S+1) tokens of training.
using BatchSource = std::function<void(std::span<std::int32_t>)>;

/// What a proxy learns from and is measured on.
struct TrainingData {
  BatchSource next_batch{};
  /// E blocks of (n_e, S+1) tokens, n_e >= 1; must outlive the training.
  std::vector<std::span<const std::int32_t>> evaluation{};
};

struct TrainingState;

/// How the caller watches and stops a training; each may be left out. Called from the training's
/// own thread, between steps.
struct TrainingHooks {
  std::function<bool()> stop{};            ///< true ends the training at once
  std::function<void(double)> progress{};  ///< done fraction of the work, after each step
  std::function<bool()> save_due{};        ///< true asks for a `save` now
  /// Keeps what it takes to go on later; also called where `stop` ends the training.
  std::function<void(const TrainingState&)> save{};
};

enum class TrainingEnd { finished, stopped, diverged };

struct TrainingOutcome {
  TrainingEnd end = TrainingEnd::finished;
  std::vector<LossPoint> curve{};   ///< at the volumes that were reached
  std::int64_t tokens = 0;          ///< drawn from the batch source
  std::int64_t steps = 0;           ///< done; if diverged, the step whose loss was not finite
  double training_loss_nats = 0.0;  ///< of the last step
};

/// A training somewhere between two steps. With the batch source at the same place it goes on with
/// the same bits.
struct TrainingState {
  TrainingOutcome outcome{};
  std::string model{};  ///< LanguageModel::state
};

/// Trains a model along one trajectory, evaluating every domain at each volume.
/// @param options resolved
/// @param from where an earlier training of the same options, volumes, seed and repeat was saved;
///        nullptr begins with a fresh model
/// @param volumes ascending multiples of `tokens_per_step(options)`
/// @return status `diverged` once a loss is not finite; nothing is thrown for that
/// @throws DataError if `from` is of a model of another shape
/// @throws InternalError if volumes, batches or evaluation blocks have the wrong shape
/// @note a pure function of its arguments and what the batch source gives
TrainingOutcome train(const ProxyOptions& options, const TrainingData& data,
                      std::span<const std::int64_t> volumes, std::uint64_t seed,
                      std::uint64_t repeat, const TrainingHooks& hooks = {},
                      const TrainingState* from = nullptr);

}  // namespace bimix
