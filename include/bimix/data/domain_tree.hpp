#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Domains within domains. A name may have parts, "web/forums/high": then "web" and "web/forums"
/// are nodes, and all that runs and files keep of the tree is in the names of its leaves, the
/// domains.
namespace bimix::data {

inline constexpr char part_separator = '/';

/// Several domains that share the first parts of their names.
struct DomainNode {
  std::string name{};                  ///< "web/forums"
  std::vector<std::size_t> domains{};  ///< indices, ascending
};

/// All nodes of these domains, a node after all that it holds; empty where names have one part. The
/// name of a domain is never that of a node, and no part is empty.
std::vector<DomainNode> domain_nodes(const std::vector<std::string>& domains);

/// The names of the domains, then those of their nodes in the order of domain_nodes.
std::vector<std::string> domain_and_node_names(const std::vector<std::string>& domains);

/// True of the domain of that name, and of those within the node of that name.
bool is_or_lies_in(std::string_view domain, std::string_view name);

/// What the domains of a node have together. @param share K
double sum_over(const DomainNode& node, std::span<const double> share);

/// A line of a table of domains.
struct TreeLine {
  std::string text{};     ///< the name below its node, indented; a node's ends in "/"
  std::size_t depth = 0;  ///< how many nodes it lies in
  bool is_node = false;   ///< what follows lies in it
  DomainNode held{};      ///< the node, or the domain alone
};

/// The domains in their order, but that those of a node stand together below it.
std::vector<TreeLine> tree_lines(const std::vector<std::string>& domains);

}  // namespace bimix::data
