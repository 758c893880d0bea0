#include "support/opened_corpus.hpp"
#include "support/text_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/corpus/eval_slices.hpp>

#include <gtest/gtest.h>

#include <set>

namespace bimix::corpus {
namespace {

struct Slices : testing::Test {
  test::TextFolder folder;
  Corpus corpus = [this] {
    folder.write("a/x", test::numbered_lines(5000, 10000));
    folder.write("b/x", test::numbered_lines(500, 50000));
    return test::opened(folder.options({"a", "b"}));
  }();
};

std::vector<std::int32_t> copy_of(const EvalSlices& slices, std::size_t domain) {
  return {slices.tokens(domain).begin(), slices.tokens(domain).end()};
}

TEST_F(Slices, AreDisjointAndHeldOut) {
  const EvalSlices slices(corpus, 32, 50, 1);
  ASSERT_EQ(slices.sequences(0), 50);
  std::string held_out;
  for (const Stretch& document : corpus.tokens(0, Part::eval).stretches())
    held_out.append(document.tokens.bytes().begin(), document.tokens.bytes().end());
  std::set<std::size_t> places;
  const auto tokens = slices.tokens(0);
  for (std::size_t at = 0; at < tokens.size(); at += 33) {
    const std::string text(tokens.begin() + static_cast<std::ptrdiff_t>(at),
                           tokens.begin() + static_cast<std::ptrdiff_t>(at + 33));
    const std::size_t place = held_out.find(text);
    ASSERT_NE(place, std::string::npos);
    EXPECT_EQ(place % 32, 0u);  // slots share no target
    places.insert(place);
  }
  EXPECT_EQ(places.size(), 50u);
}

TEST_F(Slices, FollowSeedAndDomainOnly) {
  const Corpus alone = test::opened(folder.options({"b"}));
  EXPECT_EQ(copy_of(EvalSlices(corpus, 32, 5, 1), 1), copy_of(EvalSlices(alone, 32, 5, 1), 0));
  EXPECT_NE(copy_of(EvalSlices(corpus, 32, 5, 1), 1), copy_of(EvalSlices(corpus, 32, 5, 2), 1));
}

TEST_F(Slices, AreAllThereAreWhereMoreAreWanted) {
  const EvalSlices slices(corpus, 32, 50, 1);
  EXPECT_EQ(slices.sequences(1), corpus.slots(1, Part::eval, 32).count());
  EXPECT_LT(slices.sequences(1), 50);
}

TEST_F(Slices, NeedOneSequenceOfEachDomain) {
  EXPECT_THROW(EvalSlices(corpus, 1000, 5, 1), core::DataError);
}

}  // namespace
}  // namespace bimix::corpus
