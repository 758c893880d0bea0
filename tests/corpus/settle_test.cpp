#include "corpus/store/settle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::corpus {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr Side train_a{0, Part::train}, eval_a{0, Part::eval}, train_b{1, Part::train},
    eval_b{1, Part::eval};

ContentKey key_of(const std::string& text) {
  return content_key({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// Documents that count ten bytes each, by their text.
std::vector<DocumentRecord> documents(const std::vector<std::string>& texts) {
  std::vector<DocumentRecord> records;
  for (const std::string& text : texts) records.push_back({key_of(text), 10});
  return records;
}

std::uint64_t never_cut(const Side&, std::size_t, std::uint64_t) {
  ADD_FAILURE() << "nothing is to be cut";
  return 0;
}

TEST(Settle, TrainsOnTheFirstOfEqualDocumentsOnce) {
  const auto first = documents({"x", "y", "x"}), second = documents({"z", "y", "x"}),
             held = documents({"e", "e"});
  const std::vector<SideRecords> sides{{train_a, {first, second}}, {eval_a, {held}}};
  const auto settled = settle(sides, {}, never_cut);
  EXPECT_THAT(settled[0].fate, ElementsAre(Fate::train, Fate::train, Fate::duplicate, Fate::train,
                                           Fate::duplicate, Fate::duplicate));
  EXPECT_EQ(settled[0].duplicates, 3u);
  EXPECT_THAT(settled[1].fate, ElementsAre(Fate::eval, Fate::duplicate));
}

TEST(Settle, TrainsOnNothingThatAnyDomainIsEvaluatedOn) {
  const auto a = documents({"x", "y"}), b = documents({"y", "z", "u"}), e = documents({"x", "z"}),
             w = documents({"w"});
  const std::vector<SideRecords> sides{
      {train_a, {a}}, {train_b, {b}}, {eval_a, {e}}, {eval_b, {w}}};
  const auto settled = settle(sides, {}, never_cut);
  EXPECT_THAT(settled[0].fate, ElementsAre(Fate::evaluated_on, Fate::train));
  EXPECT_THAT(settled[1].fate, ElementsAre(Fate::train, Fate::evaluated_on, Fate::train));
  EXPECT_EQ(settled[0].evaluated_on, 1u);
  EXPECT_EQ(settled[0].in_other_domains, 1u) << "both train on y";
  EXPECT_EQ(settled[1].in_other_domains, 1u);
}

std::vector<std::string> many_texts(int count) {
  std::vector<std::string> texts;
  for (int n = 0; n < count; ++n) texts.push_back("text " + std::to_string(n));
  return texts;
}

TEST(Settle, HoldsOutTheFractionByContentAlone) {
  const auto texts = many_texts(1000);
  const auto records = documents(texts);
  const std::vector<SideRecords> sides{{train_a, {records}}};
  const auto fate = settle(sides, {.eval_fraction = 0.1, .seed = 7}, never_cut)[0].fate;
  EXPECT_NEAR(static_cast<double>(std::count(fate.begin(), fate.end(), Fate::eval)), 100, 1);

  // Others before and between them move hardly any of them, and another seed moves most.
  auto more = texts;
  more.insert(more.begin(), "new");
  more.insert(more.begin() + 500, "newer");
  const auto grown = documents(more);
  const auto fate_grown =
      settle(std::vector<SideRecords>{{train_a, {grown}}}, {.seed = 7}, never_cut)[0].fate;
  std::size_t moved = 0;
  for (std::size_t n = 0; n < texts.size(); ++n)
    moved += fate[n] != fate_grown[n + (n < 499 ? 1 : 2)];
  EXPECT_LE(moved, 2u);
  const auto other = settle(sides, {.seed = 8}, never_cut)[0].fate;
  EXPECT_NE(other, fate);
}

// A held-out document of one domain was trained on in another.
TEST(Settle, KeepsWhatOneDomainHoldsOutFromTheOthers) {
  const auto records = documents(many_texts(200));
  const std::vector<SideRecords> sides{{train_a, {records}}, {train_b, {records}}};
  const auto settled = settle(sides, {.seed = 3}, never_cut);
  for (std::size_t n = 0; n < records.size(); ++n)
    EXPECT_EQ(settled[0].fate[n] == Fate::eval, settled[1].fate[n] == Fate::eval);
  EXPECT_EQ(settled[0].in_other_domains, 180u);
}

TEST(Settle, IsTheSameInAnyNumberOfPasses) {
  auto texts = many_texts(300);
  texts.insert(texts.end(), texts.begin(), texts.begin() + 50);
  const auto a = documents(texts), b = documents({"text 1", "text 299", "b"}), e = documents({"b"});
  const std::vector<SideRecords> sides{{train_a, {a}}, {train_b, {b}}, {eval_b, {e}}};
  const auto at_once = settle(sides, {}, never_cut);
  for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
    const auto in_passes = settle(sides, {.most_entries = most}, never_cut);
    for (std::size_t s = 0; s < sides.size(); ++s) {
      EXPECT_EQ(in_passes[s].fate, at_once[s].fate);
      EXPECT_EQ(in_passes[s].duplicates, at_once[s].duplicates);
      EXPECT_EQ(in_passes[s].in_other_domains, at_once[s].in_other_domains);
    }
  }
}

TEST(Settle, CutsTheLargestDocumentWhereNoneFits) {
  std::vector<DocumentRecord> records{{key_of("small"), 600}, {key_of("large"), 5000}};
  const std::vector<SideRecords> sides{{train_a, {records}}};
  std::uint64_t asked = 0;
  const auto cut_of = [&](const Side& side, std::size_t document, std::uint64_t wanted) {
    EXPECT_EQ(side, train_a);
    EXPECT_EQ(document, 1u);
    asked = wanted;
    return std::uint64_t{4444};
  };
  // A tenth is 560 bytes; the small document is nearer to it than nothing is.
  EXPECT_THAT(settle(sides, {}, never_cut)[0].fate, ElementsAre(Fate::eval, Fate::train));
  records[0].bytes = 2000;
  const auto settled = settle(sides, {}, cut_of);
  EXPECT_THAT(settled[0].fate, Each(Fate::train));
  EXPECT_EQ(asked, 700u);
  EXPECT_EQ(settled[0].cut->document, 1u);
  EXPECT_EQ(settled[0].cut->byte, 4444u);
}

// A readme of 400 bytes was all that a megabyte was evaluated on.
TEST(Settle, CutsTheLargestDocumentWhereTheOthersAreNextToNothing) {
  const std::vector<DocumentRecord> records{{key_of("readme"), 200}, {key_of("large"), 50'000}};
  const auto cut_of = [](const Side&, std::size_t document, std::uint64_t wanted) {
    EXPECT_EQ(document, 1u);
    EXPECT_EQ(wanted, 5020u);
    return std::uint64_t{45'000};
  };
  const auto settled = settle(std::vector<SideRecords>{{train_a, {records}}}, {}, cut_of);
  EXPECT_THAT(settled[0].fate, Each(Fate::train));
  EXPECT_EQ(settled[0].cut->byte, 45'000u);
}

// Another domain trained on the end that was held out.
TEST(Settle, KeepsTheEndOfACutDocumentFromTheOthers) {
  const std::vector<DocumentRecord> one{{key_of("one"), 5000}};
  const std::vector<DocumentRecord> more{
      {key_of("one"), 5000}, {key_of("b"), 400}, {key_of("c"), 9000}};
  const auto cut_of = [](const Side& side, std::size_t, std::uint64_t) {
    return std::uint64_t{side.domain == 0 ? 4500U : 4000U};
  };
  const auto settled =
      settle(std::vector<SideRecords>{{train_a, {one}}, {train_b, {more}}}, {}, cut_of);
  EXPECT_THAT(settled[0].fate, ElementsAre(Fate::train));
  EXPECT_EQ(settled[0].cut->byte, 4500u);
  EXPECT_EQ(settled[1].fate[0], Fate::evaluated_on);

  // Where both are cut, it is from the same byte.
  const auto both =
      settle(std::vector<SideRecords>{{train_a, {one}}, {train_b, {one}}}, {}, cut_of);
  for (const SettledSide& side : both) {
    EXPECT_THAT(side.fate, ElementsAre(Fate::train));
    EXPECT_EQ(side.cut->byte, 4000u);
  }
}

TEST(Settle, SettlesNothing) {
  const std::vector<SideRecords> sides{{train_a, {}}};
  EXPECT_TRUE(settle(sides, {}, never_cut)[0].fate.empty());
}

}  // namespace
}  // namespace bimix::corpus
