#include "corpus/subset.hpp"

#include <bimix/core/error.hpp>
#include <bimix/corpus/packed_tokens.hpp>
#include <bimix/corpus/slots.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace bimix::corpus {
namespace {

using testing::ElementsAre;

struct Packed : testing::Test {
  // 1 2 3 | 4 | 5 6 7 200
  std::vector<std::uint8_t> first{1, 2, 3}, second{4}, third{5, 6, 7, 200};
  std::vector<std::uint64_t> ends{3, 4, 8};
  PackedTokens tokens{
      {{TokenSpan(first), "a"}, {TokenSpan(second), "b"}, {TokenSpan(third), "c"}}, ends, 256};
};

TEST_F(Packed, CopiesAcrossDocuments) {
  std::vector<std::int32_t> out(6);
  tokens.copy(2, out);
  EXPECT_THAT(out, ElementsAre(3, 4, 5, 6, 7, 200));
  EXPECT_EQ(tokens.size(), 8);
  EXPECT_THROW(tokens.copy(3, out), core::InternalError);
}

TEST_F(Packed, MakesEachTokenButTheFirstATargetOnce) {
  const Slots slots(tokens, 3, SequencePacking::across);
  EXPECT_EQ(slots.count(), 2);  // targets 2 3 4 and 5 6 7; 200 is the rest
  std::vector<std::int32_t> out(4);
  slots.copy(0, out);
  EXPECT_THAT(out, ElementsAre(1, 2, 3, 4));
  slots.copy(1, out);
  EXPECT_THAT(out, ElementsAre(4, 5, 6, 7));
  EXPECT_THROW(slots.copy(2, out), core::InternalError);
}

TEST_F(Packed, CountsTheSlotsOfTheLimits) {
  EXPECT_EQ(Slots(tokens, 7, SequencePacking::across).count(), 1);
  EXPECT_EQ(Slots(tokens, 8, SequencePacking::across).count(), 0);
  const PackedTokens none;
  EXPECT_EQ(Slots(none, 1, SequencePacking::across).count(), 0);
  EXPECT_EQ(Slots(none, 1, SequencePacking::within).count(), 0);
}

TEST_F(Packed, CutsSequencesWithinDocuments) {
  const Slots slots(tokens, 2, SequencePacking::within);
  EXPECT_EQ(slots.count(), 2);  // the second document is too short, the third has a rest
  std::vector<std::int32_t> out(3);
  slots.copy(0, out);
  EXPECT_THAT(out, ElementsAre(1, 2, 3));
  slots.copy(1, out);
  EXPECT_THAT(out, ElementsAre(5, 6, 7));
  EXPECT_THROW(slots.copy(2, out), core::InternalError);
  EXPECT_EQ(Slots(tokens, 1, SequencePacking::within).count(), 2 + 0 + 3);
  EXPECT_EQ(Slots(tokens, 4, SequencePacking::within).count(), 0);
}

/// The documents of a subset.
std::vector<std::vector<std::int32_t>> documents_of(const PackedTokens& tokens) {
  std::vector<std::vector<std::int32_t>> documents;
  for (std::size_t d = 0; d < tokens.document_ends().size(); ++d) {
    const std::int64_t start = tokens.document_start(d);
    documents.emplace_back(tokens.document_ends()[d] - static_cast<std::uint64_t>(start));
    tokens.copy(start, documents.back());
  }
  return documents;
}

TEST_F(Packed, ASubsetHasDocumentsUpToTheFractionAndOfTheLastTheBeginning) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(documents_of(subset_of(tokens, 1.0, seed, "web").tokens), documents_of(tokens));
    std::vector<std::vector<std::int32_t>> before;
    for (int count = 1; count <= 8; ++count) {
      const Subset subset = subset_of(tokens, count / 8.0, seed, "web");
      EXPECT_EQ(subset.tokens.size(), count);
      const auto documents = documents_of(subset.tokens);
      std::vector<std::int32_t> all;
      for (const auto& document : documents)
        all.insert(all.end(), document.begin(), document.end());
      EXPECT_TRUE(std::is_sorted(all.begin(), all.end())) << "the order stays";
      for (const auto& part : before)
        EXPECT_TRUE(std::any_of(documents.begin(), documents.end(), [&](const auto& document) {
          return document.size() >= part.size() &&
                 std::equal(part.begin(), part.end(), document.begin());
        })) << "a smaller one is a part of a larger one";
      before = documents;
    }
  }
  EXPECT_NE(documents_of(subset_of(tokens, 0.5, 1, "web").tokens),
            documents_of(subset_of(tokens, 0.5, 4, "web").tokens));
}

}  // namespace
}  // namespace bimix::corpus
