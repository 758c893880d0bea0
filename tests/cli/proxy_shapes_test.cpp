#include "proxy_shapes.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::cli {
namespace {

using testing::HasSubstr;

/// A peer is a command: what follows it are the shape's flags, which this one does not look at.
std::string saying(const std::string& words, int code = 0) {
  return "sh -c 'printf %s \"$0\"; exit " + std::to_string(code) + "' '" + words + "'";
}

TEST(PeerSpeed, IsWhatThePeerPrints) {
  const auto peer = peer_speed(saying(R"({"name": "other", "tokens_per_second": 250.5})"), {}, 1);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->name, "other");
  EXPECT_EQ(peer->tokens_per_second, 250.5);
}

TEST(PeerSpeed, IsToldTheShape) {
  const proxy::ProxyOptions shape{.layers = 3, .width = 96, .heads = 6, .batch = 5};
  const auto peer = peer_speed(
      R"(sh -c 'printf "{\"name\": \"%s\", \"tokens_per_second\": 1}" "$*"' peer)", shape, 2.5);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->name,
            "--layers 3 --width 96 --heads 6 --context 128 --batch 5 --vocabulary 256 --precision "
            "auto --seconds 2.5");
}

TEST(PeerSpeed, IsNoneWhereThePeerIsNotInstalled) {
  EXPECT_FALSE(peer_speed(saying("", 77), {}, 1));
}

TEST(PeerSpeed, RefusesWhatIsNoSpeed) {
  for (const std::string& command :
       {saying(""), saying("250"), saying("{\"name\": \"x\"}"),
        saying(R"({"name": 1, "tokens_per_second": 2})"),
        saying(R"({"name": "x", "tokens_per_second": 0})"),
        saying(R"({"name": "x", "tokens_per_second": -1})"),
        saying(R"({"name": "x", "tokens_per_second": 2})", 1), std::string("/no/such/program")})
    try {
      peer_speed(command, {}, 1);
      ADD_FAILURE() << command;
    } catch (const core::UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("tokens_per_second")) << command;
    }
}

TEST(ShapesText, HasALineAShapeAndAColumnOfPartsForEach) {
  const proxy::ProxyBench bench{.options = proxy::resolved({.layers = 4, .width = 128, .heads = 4}),
                                .tokens_per_second = 1000,
                                .gflops = 10,
                                .limit_gflops = 40,
                                .parts = {{"gelu", 0.25, 0}, {"weight gradients", 0.75, 160}}};
  proxy::ProxyBench other = bench;
  other.parts = {{"packing", 1.0, 0}};
  const std::string text = shapes_text(
      {{.bench = bench, .peer = PeerSpeed{"PyTorch 2", 400}}, {.bench = other, .peer = {}}});
  EXPECT_THAT(text, HasSubstr("x PyTorch 2"));
  EXPECT_THAT(text, HasSubstr("25 % of 40"));
  EXPECT_THAT(text, HasSubstr("2.50"));
  EXPECT_THAT(text, HasSubstr("weight gradients"));
  EXPECT_THAT(text, HasSubstr("packing"));
}

}  // namespace
}  // namespace bimix::cli
