#include <bimix/core/error.hpp>
#include <bimix/corpus/permutation.hpp>

#include <cmath>

namespace bimix::corpus {
namespace {

constexpr std::uint64_t rounds = 8;
constexpr std::uint64_t max_count = std::uint64_t{1} << 62;

/// The random function of a Feistel round: number `half` of the round's own stretch of the stream.
std::uint64_t round_value(core::RandomStream key, std::uint64_t round, std::uint64_t half) {
  key.seek((half * rounds + round) * 4);  // one Philox block each
  return key();
}

}  // namespace

Permutation::Permutation(core::RandomStream key, std::uint64_t count) : key_(key), count_(count) {
  core::require(count > 0 && count <= max_count, "Permutation needs 1 to 2^62 elements");
  rows_ = static_cast<std::uint64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  columns_ = (count + rows_ - 1) / rows_;
}

std::uint64_t Permutation::once(std::uint64_t i) const {
  std::uint64_t row = i / columns_, column = i % columns_;
  for (std::uint64_t round = 0; round < rounds; round += 2) {
    row = (row + round_value(key_, round, column) % rows_) % rows_;
    column = (column + round_value(key_, round + 1, row) % columns_) % columns_;
  }
  return row * columns_ + column;
}

std::uint64_t Permutation::operator()(std::uint64_t i) const {
  core::require(i < count_, "Permutation maps elements below its count");
  do i = once(i);
  while (i >= count_);
  return i;
}

}  // namespace bimix::corpus
