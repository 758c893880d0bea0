#include <bimix/data/domain_tree.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

namespace bimix::data {

namespace {

bool has_parts_around(const std::string& name, std::size_t separator) {
  return separator > 0 && separator + 1 < name.size() && name[separator - 1] != part_separator &&
         name[separator + 1] != part_separator;
}

}  // namespace

std::vector<DomainNode> domain_nodes(const std::vector<std::string>& domains) {
  std::map<std::string, std::vector<std::size_t>> held;
  for (std::size_t k = 0; k < domains.size(); ++k)
    for (std::size_t end = domains[k].find(part_separator); end != std::string::npos;
         end = domains[k].find(part_separator, end + 1))
      if (has_parts_around(domains[k], end)) held[domains[k].substr(0, end)].push_back(k);
  std::vector<DomainNode> nodes;
  for (auto& [name, inside] : held)
    if (std::find(domains.begin(), domains.end(), name) == domains.end())
      nodes.push_back({name, std::move(inside)});
  // A name sorts before those that go on from it.
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

std::vector<std::string> domain_and_node_names(const std::vector<std::string>& domains) {
  std::vector<std::string> names = domains;
  for (DomainNode& node : domain_nodes(domains)) names.push_back(std::move(node.name));
  return names;
}

bool is_or_lies_in(std::string_view domain, std::string_view name) {
  return domain.starts_with(name) &&
         (domain.size() == name.size() || domain[name.size()] == part_separator);
}

double sum_over(const DomainNode& node, std::span<const double> share) {
  double sum = 0.0;
  for (const std::size_t k : node.domains) sum += share[k];
  return sum;
}

std::vector<TreeLine> tree_lines(const std::vector<std::string>& domains) {
  const std::vector<DomainNode> nodes = domain_nodes(domains);
  std::vector<TreeLine> lines;
  std::vector<bool> is_shown(domains.size(), false), is_open(nodes.size(), false);
  const auto holds = [&](std::size_t n, std::size_t k) {
    return std::binary_search(nodes[n].domains.begin(), nodes[n].domains.end(), k);
  };
  /// @param from where names below the node begin
  const std::function<void(const std::vector<std::size_t>&, std::size_t, std::size_t)> show =
      [&](const std::vector<std::size_t>& inside, std::size_t depth, std::size_t from) {
        const std::string indent(2 * depth, ' ');
        for (const std::size_t k : inside) {
          if (is_shown[k]) continue;
          std::size_t n = nodes.size();  // nodes stand from inside to outside
          while (n > 0 && (is_open[n - 1] || !holds(n - 1, k))) --n;
          if (n == 0) {
            lines.push_back({indent + domains[k].substr(from), depth, false, {domains[k], {k}}});
            is_shown[k] = true;
            continue;
          }
          is_open[n - 1] = true;
          const DomainNode& node = nodes[n - 1];
          lines.push_back({indent + node.name.substr(from) + part_separator, depth, true, node});
          show(node.domains, depth + 1, node.name.size() + 1);
        }
      };
  std::vector<std::size_t> all(domains.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  show(all, 0, 0);
  return lines;
}

}  // namespace bimix::data
