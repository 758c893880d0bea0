#pragma once

#include <bimix/mix/optimum.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace bimix::mix {

/// A box with groups as a tree: what the domains of each node sum to lies within bounds. Without
/// groups, all domains are the root's.
class NestedBox {
 public:
  explicit NestedBox(const Box& box);

  /// The least and the most that all shares can sum to, where no group is impossible.
  struct Reach {
    double least = 0.0, most = 0.0;
  };
  Reach reach() const;

  /// The group whose bounds leave nothing, the smallest first: an index into Box::groups.
  std::optional<std::size_t> impossible_group() const;

  /// The nearest mixture (Euclidean): water is filled into each node up to what it may hold.
  data::Mixture project(std::span<const double> point) const;

  /// The mixture with the least slope . mixture: the cheapest shares first, where there is room.
  data::Mixture least(std::span<const double> slope) const;

 private:
  struct Node {
    double low = 0.0, high = 1.0;  ///< of the sum; what its parts leave of the bounds
    std::vector<std::size_t> parts{};
  };
  struct Offer;

  bool is_domain(std::size_t node) const { return node < domains_; }
  double sum_at(std::size_t node, std::span<const double> point, double shift) const;
  void allocate(std::size_t node, double total, std::span<const double> point,
                data::Mixture& share) const;
  std::vector<Offer> offers(std::size_t node, std::span<const double> slope,
                            data::Mixture& share) const;

  std::size_t domains_;
  std::vector<Node> nodes_{};  ///< domains, groups in their order, the root
};

/// How much share may go from one domain to another before a bound of a domain or group is met.
double room_between(const Box& box, const data::Mixture& share, std::size_t from, std::size_t to);

/// True if the mixture lies in the box, but for rounding.
bool is_in_box(const Box& box, const data::Mixture& share);

}  // namespace bimix::mix
