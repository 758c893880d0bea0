#include "nested_box.hpp"

#include <bimix/core/simplex.hpp>

#include <algorithm>
#include <numeric>

namespace bimix::mix {
namespace {

bool holds(const GroupBound& group, std::size_t domain) {
  return std::binary_search(group.domains.begin(), group.domains.end(), domain);
}

double sum_of(const GroupBound& group, const data::Mixture& share) {
  double sum = 0.0;
  for (const std::size_t k : group.domains) sum += share[k];
  return sum;
}

}  // namespace

NestedBox::NestedBox(const Box& box) : domains_(box.low.size()) {
  for (std::size_t k = 0; k < domains_; ++k) nodes_.push_back({box.low[k], box.high[k]});
  std::vector<std::size_t> top(domains_);  // by domain: the largest node so far that holds it
  std::iota(top.begin(), top.end(), std::size_t{0});
  const auto add = [&](Node node, const std::vector<std::size_t>& held) {
    for (const std::size_t k : held)
      if (std::find(node.parts.begin(), node.parts.end(), top[k]) == node.parts.end())
        node.parts.push_back(top[k]);
    double least = 0.0, most = 0.0;
    for (const std::size_t part : node.parts) {
      least += nodes_[part].low;
      most += nodes_[part].high;
    }
    node.low = std::max(node.low, least);
    node.high = std::min(node.high, most);
    nodes_.push_back(std::move(node));
    for (const std::size_t k : held) top[k] = nodes_.size() - 1;
  };
  for (const GroupBound& group : box.groups) add({group.low, group.high}, group.domains);
  std::vector<std::size_t> all(domains_);
  std::iota(all.begin(), all.end(), std::size_t{0});
  add({0.0, static_cast<double>(domains_)}, all);
}

NestedBox::Reach NestedBox::reach() const { return {nodes_.back().low, nodes_.back().high}; }

std::optional<std::size_t> NestedBox::impossible_group() const {
  for (std::size_t n = domains_; n + 1 < nodes_.size(); ++n)
    if (nodes_[n].low > nodes_[n].high + core::simplex_tolerance) return n - domains_;
  return std::nullopt;
}

/// What the domains of a node sum to when each is its point less the shift, within all bounds.
double NestedBox::sum_at(std::size_t node, std::span<const double> point, double shift) const {
  const Node& here = nodes_[node];
  if (is_domain(node)) return std::clamp(point[node] - shift, here.low, here.high);
  double sum = 0.0;
  for (const std::size_t part : here.parts) sum += sum_at(part, point, shift);
  return std::clamp(sum, here.low, std::max(here.low, here.high));
}

/// Gives the domains of a node what nearest shares they take of a total. The sum falls in the
/// shift; between the two numbers next to its root it is taken as straight.
void NestedBox::allocate(std::size_t node, double total, std::span<const double> point,
                         data::Mixture& share) const {
  if (is_domain(node)) {
    share[node] = total;
    return;
  }
  const std::vector<std::size_t>& parts = nodes_[node].parts;
  double below = 0.0, above = 0.0;
  for (std::size_t k = 0; k < domains_; ++k) {
    below = std::min(below, point[k] - nodes_[k].high);
    above = std::max(above, point[k] - nodes_[k].low);
  }
  const auto sum = [&](double shift) {
    double all = 0.0;
    for (const std::size_t part : parts) all += sum_at(part, point, shift);
    return all;
  };
  for (;;) {
    const double middle = below + 0.5 * (above - below);
    if (!(middle > below && middle < above)) break;
    (sum(middle) >= total ? below : above) = middle;
  }
  const double most = sum(below), least = sum(above);
  const double part_below =
      most > least ? std::clamp((total - least) / (most - least), 0.0, 1.0) : 1.0;
  for (const std::size_t part : parts) {
    const double high = sum_at(part, point, below), low = sum_at(part, point, above);
    allocate(part, low + part_below * (high - low), point, share);
  }
}

data::Mixture NestedBox::project(std::span<const double> point) const {
  data::Mixture share(domains_);
  allocate(nodes_.size() - 1, 1.0, point, share);
  return share;
}

/// Room for more of a domain, at its slope.
struct NestedBox::Offer {
  double slope = 0.0, room = 0.0;
  std::size_t domain = 0;
};

/// What a node has to have is put into `share`, the cheapest first; what it can take besides is
/// returned, cheapest first.
std::vector<NestedBox::Offer> NestedBox::offers(std::size_t node, std::span<const double> slope,
                                                data::Mixture& share) const {
  const Node& here = nodes_[node];
  if (is_domain(node)) {
    share[node] = here.low;
    return {{slope[node], here.high - here.low, node}};
  }
  std::vector<Offer> all;
  double has = 0.0;
  for (const std::size_t part : here.parts) {
    const std::vector<Offer> more = offers(part, slope, share);
    all.insert(all.end(), more.begin(), more.end());
    has += nodes_[part].low;
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Offer& a, const Offer& b) { return a.slope < b.slope; });
  double needs = std::max(0.0, here.low - has), room = std::max(0.0, here.high - here.low);
  std::vector<Offer> left;
  for (Offer offer : all) {
    const double taken = std::min(needs, offer.room);
    share[offer.domain] += taken;
    needs -= taken;
    offer.room = std::min(offer.room - taken, room);
    room -= offer.room;
    if (offer.room > 0.0) left.push_back(offer);
  }
  return left;
}

data::Mixture NestedBox::least(std::span<const double> slope) const {
  data::Mixture share(domains_);
  const std::vector<Offer> left = offers(nodes_.size() - 1, slope, share);
  double needs = std::max(0.0, 1.0 - nodes_.back().low);
  for (const Offer& offer : left) {
    const double taken = std::min(needs, offer.room);
    share[offer.domain] += taken;
    needs -= taken;
  }
  return share;
}

double room_between(const Box& box, const data::Mixture& share, std::size_t from, std::size_t to) {
  double room = std::min(box.high[to] - share[to], share[from] - box.low[from]);
  for (const GroupBound& group : box.groups) {
    const bool gives = holds(group, from), takes = holds(group, to);
    if (takes && !gives) room = std::min(room, group.high - sum_of(group, share));
    if (gives && !takes) room = std::min(room, sum_of(group, share) - group.low);
  }
  return std::max(0.0, room);
}

bool is_in_box(const Box& box, const data::Mixture& share) {
  constexpr double rounding = 1e-9;
  for (std::size_t k = 0; k < share.size(); ++k)
    if (share[k] < box.low[k] - rounding || share[k] > box.high[k] + rounding) return false;
  return std::all_of(box.groups.begin(), box.groups.end(), [&](const GroupBound& group) {
    const double sum = sum_of(group, share);
    return sum >= group.low - rounding && sum <= group.high + rounding;
  });
}

}  // namespace bimix::mix
