#pragma once

#include <array>
#include <cstdint>

namespace bimix::core {

/// What a random stream is for. Streams of different purposes never overlap. The numbers are part
/// of every result's reproducibility: append, never renumber.
enum class Purpose : std::uint64_t {
  initial_weights = 1,
  train_order = 2,
  eval_slices = 3,
  design = 4,
  bootstrap = 5,
  entropy_samples = 6,
  entropy_features = 7,
  multi_start = 8,
  folds = 9,
  prior_draws = 10,
  run_forecast = 11,
  next_mixtures = 12,
  trainer_seed = 13,
  document_subset = 14,
  bench = 98,
  test = 99
};

/// Counter-based random numbers: Philox4x64-10 keyed by (seed, purpose), with a sub-stream
/// (a, b), for example (repeat, domain). The n-th number of a stream is the same on any machine,
/// rank and thread.
/// @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3",
///      doi:10.1145/2063384.2063405
class RandomStream {
 public:
  using result_type = std::uint64_t;

  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t a = 0, std::uint64_t b = 0);

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }

  /// The next 64 random bits.
  result_type operator()();

  /// Uniform in the open interval (0, 1), 53 bits.
  double uniform();
  /// Uniform in {0, ..., count - 1} without bias. @param count at least 1
  std::uint64_t below(std::uint64_t count);
  /// Standard normal.
  double normal();
  /// Gamma of unit scale. @param shape positive
  double gamma(double shape);

  /// Jumps to the n-th 64-bit number of the stream.
  void seek(std::uint64_t n);
  /// How many numbers were drawn, so that `seek(position())` continues.
  std::uint64_t position() const { return position_; }

 private:
  std::array<std::uint64_t, 2> key_;
  std::array<std::uint64_t, 2> substream_;
  std::uint64_t position_ = 0;
  std::array<std::uint64_t, 4> block_{};
};

}  // namespace bimix::core
