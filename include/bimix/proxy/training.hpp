#pragma once

#include <bimix/core/process_group.hpp>
#include <bimix/data/records.hpp>
#include <bimix/proxy/options.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace bimix::proxy {

/// Where training batches come from: a stream with a place that one can come back to.
struct BatchSource {
  std::function<void(std::span<std::int32_t>)> next{};  ///< fills in the next (B, S+1) tokens
  std::function<std::vector<std::int64_t>()> place{};
  std::function<void(std::span<const std::int64_t>)> go_to{};  ///< a place that `place` gave
};

/// What a proxy learns from and is measured on.
struct TrainingData {
  BatchSource batches{};
  /// E blocks of (n_e, S+1) tokens, n_e >= 1; must outlive the training.
  std::vector<std::span<const std::int32_t>> evaluation{};
};

struct TrainingState;

/// How the caller watches and stops a training; each may be left out. Called from the training's
/// own thread, between steps. In a group every member has its own: all stop where one is asked to,
/// and all save.
struct TrainingHooks {
  std::stop_token stop{};                  ///< ends the training at once
  std::function<void(double)> progress{};  ///< done fraction of the work, after each step
  std::function<bool()> save_due{};        ///< true asks for a `save` now
  /// Keeps what it takes to go on later; also called where `stop` ends the training.
  std::function<void(const TrainingState&)> save{};
  /// Takes what a training of the same volumes and larger ones could go on from; called once the
  /// last volume was reached.
  std::function<void(const TrainingState&)> keep{};
};

enum class TrainingEnd { finished, stopped, diverged };

struct TrainingOutcome {
  TrainingEnd end = TrainingEnd::finished;
  std::vector<data::LossPoint> curve{};  ///< at the volumes that were reached
  std::int64_t steps = 0;           ///< of the run; if diverged, the step whose loss was not finite
  std::int64_t trained_tokens = 0;  ///< in all, those of runs that ended before included
};

/// Where a run stands between two steps.
struct RunState {
  std::int64_t steps = 0;
  std::string model{};                ///< LanguageModel::state
  std::vector<std::int64_t> place{};  ///< BatchSource::place
};

/// A training somewhere between two steps. It goes on from there with the same bits.
struct TrainingState {
  TrainingOutcome outcome{};
  RunState run{};
  std::optional<RunState> trunk{};  ///< where the runs of larger volumes will go on
};

/// What one training is to do.
struct TrainingTask {
  std::span<const std::int64_t> volumes{};  ///< ascending multiples of `tokens_per_step(options)`
  std::uint64_t seed = 1, repeat = 1;       ///< of the model's initial weights
  /// Where an earlier training of the same options, volumes, seed and repeat was saved; nullptr
  /// begins with a fresh model.
  const TrainingState* from = nullptr;
};

/// Trains a model to each volume and evaluates every domain there: along one trajectory where the
/// learning rate is constant; where it decays, in runs that branch off a common trunk, each with
/// the bits that it would have alone (schedule.hpp).
/// @param options resolved
/// @param group that trains together, each member with the same arguments; the result is the same
///        on all, and that of a process alone
/// @return status `diverged` once a loss is not finite; nothing is thrown for that
/// @throws DataError if `task.from` is of a model of another shape
/// @throws InternalError if volumes, batches or evaluation blocks have the wrong shape
/// @note a pure function of its arguments and what the batch source gives
TrainingOutcome train(const ProxyOptions& options, const TrainingData& data,
                      const TrainingTask& task, const TrainingHooks& hooks = {},
                      const core::ProcessGroup& group = {});

}  // namespace bimix::proxy
