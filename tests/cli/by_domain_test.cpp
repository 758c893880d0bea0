#include "by_domain.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> domains{"web", "code", "books"};

/// What is said of a pair.
std::string complaint(const std::string& text) {
  try {
    parse_named_value({"--path", "DOMAIN=PATH", "domain", "Write web=/data"}, text, domains);
    return "";
  } catch (const core::UsageError& error) {
    return error.what();
  }
}

TEST(NamedValue, IsSplitAtTheFirstEqualsAndFoundByName) {
  const PairForm form{"--path", "DOMAIN=PATH", "domain", ""};
  const NamedValue pair = parse_named_value(form, " code =/data/a=b ", domains);
  EXPECT_EQ(pair.place, 1u);
  EXPECT_EQ(pair.value, "/data/a=b ");
}

TEST(NamedValue, OfAnUnknownNameIsRefusedWithTheNearest) {
  EXPECT_EQ(complaint("wep=/x"),
            "--path: 'wep=/x' names no domain (domains: web, code and books). "
            "Did you mean 'web=...'.");
  EXPECT_THAT(complaint("nowhere=/x"), HasSubstr("books). Write web=/data."));
  EXPECT_THAT(complaint("=/x"), HasSubstr("names no domain"));
}

TEST(NamedValue, NeedsBothSides) {
  for (const char* text : {"web", "web=", "web= ", ""})
    EXPECT_THAT(complaint(text), HasSubstr("is not DOMAIN=PATH. Write web=/data")) << text;
}

TEST(ByDomain, ReadsSharesAndCountsAndFillsInTheMissing) {
  EXPECT_THAT(parse_by_domain("--cap", "books=0.25, web = 3B", domains, 1.0),
              ElementsAre(3e9, 1.0, 0.25));
  for (const char* wrong : {"web=1,web=1", "web=-1", "web=nan", "web=inf", "web=x", "web"})
    EXPECT_THROW(parse_by_domain("--cap", wrong, domains, 1.0), core::UsageError) << wrong;
}

}  // namespace
}  // namespace bimix::cli
