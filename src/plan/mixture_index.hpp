#pragma once

#include <bimix/data/records.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <vector>

namespace bimix::plan {

/// Finds the mixtures that are near to one, at a cost that does not grow with how many there are.
///
/// Two mixtures whose shares differ by `tolerance` at most have weighted sums of shares that differ
/// by `tolerance` times the sum of the weights at most: only those with such a sum are compared.
class MixtureIndex {
 public:
  /// @param tolerance of every share; 0: the same shares
  explicit MixtureIndex(double tolerance) : tolerance_(tolerance) {}

  /// @param share must stay where it is: the index keeps no copy
  void add(std::span<const double> share);

  /// Those added whose shares all differ by the tolerance at most, as numbers in the order of
  /// adding.
  std::vector<std::size_t> near(std::span<const double> share) const;

 private:
  struct Entry {
    std::size_t number;
    std::span<const double> share;
  };
  double tolerance_;
  std::multimap<double, Entry> by_sum_{};
};

}  // namespace bimix::plan
