#include <bimix/data/domain_tree.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::data {
namespace {

using testing::ElementsAre;

TEST(DomainNodes, HoldTheDomainsWhoseNamesBeginWithTheirs) {
  const auto nodes =
      domain_nodes({"code", "web/forums/high", "web/forums/low", "books/old", "web/news"});
  ASSERT_EQ(nodes.size(), 3u);
  std::vector<std::string> names;
  for (const DomainNode& node : nodes) names.push_back(node.name);
  EXPECT_THAT(names, ElementsAre("web/forums", "web", "books"));
  EXPECT_THAT(nodes[0].domains, ElementsAre(1, 2));
  EXPECT_THAT(nodes[1].domains, ElementsAre(1, 2, 4));
  EXPECT_THAT(nodes[2].domains, ElementsAre(3));
}

TEST(DomainNodes, AreNoneWhereNamesHaveOnePart) {
  EXPECT_TRUE(domain_nodes({"web", "code", "Pile-CC"}).empty());
  EXPECT_TRUE(domain_nodes({}).empty());
}

// "web" would be a domain and the sum of two domains.
TEST(DomainNodes, NeverHaveTheNameOfADomain) {
  EXPECT_TRUE(domain_nodes({"web", "web/high"}).empty());
}

TEST(DomainNodes, HaveNoEmptyParts) {
  EXPECT_TRUE(domain_nodes({"/a", "b/", "c//d"}).empty());
  const auto nodes = domain_nodes({"a/b//c"});
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].name, "a");
}

TEST(TreeLines, PutTheDomainsOfANodeTogetherBelowIt) {
  std::vector<std::string> texts;
  for (const TreeLine& line :
       tree_lines({"web/forums/high", "code", "web/news", "web/forums/low", "books/old"}))
    texts.push_back(line.text);
  EXPECT_THAT(texts, ElementsAre("web/", "  forums/", "    high", "    low", "  news", "code",
                                 "books/", "  old"));
}

TEST(TreeLines, AreTheDomainsWhereThereAreNoNodes) {
  const auto lines = tree_lines({"web", "web/high", "b/"});
  std::vector<std::string> texts;
  for (const TreeLine& line : lines) texts.push_back(line.text);
  EXPECT_THAT(texts, ElementsAre("web", "web/high", "b/"));
}

}  // namespace
}  // namespace bimix::data
