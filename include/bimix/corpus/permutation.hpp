#pragma once

#include <bimix/core/random.hpp>

#include <cstdint>

namespace bimix::corpus {

/// A seeded shuffle of {0, ..., count - 1} that is computed, not stored: a Feistel network on the
/// a x b rectangle around count, walked until it lands inside. Made for up to 1e9 slots a domain.
/// @see Black & Rogaway 2002, "Ciphers with arbitrary finite domains",
///      doi:10.1007/3-540-45760-7_9
/// @note about 16 Philox blocks an element, below a microsecond
class Permutation {
 public:
  /// @param key    stream whose numbers are used up by this permutation alone
  /// @param count  at least 1
  Permutation(core::RandomStream key, std::uint64_t count);

  /// Where i goes. A bijection. @param i below count
  std::uint64_t operator()(std::uint64_t i) const;

 private:
  std::uint64_t once(std::uint64_t i) const;

  core::RandomStream key_;
  std::uint64_t count_;
  std::uint64_t rows_;
  std::uint64_t columns_;
};

}  // namespace bimix::corpus
