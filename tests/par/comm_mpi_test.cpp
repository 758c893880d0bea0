#include "support/mpi_test.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace bimix::par {
namespace {

using test::world;

/// Nothing if none comes within a minute.
std::optional<Message> next_message() {
  for (int looks = 0; looks < 60'000; ++looks) {  // of a millisecond or more
    if (auto message = world().try_receive()) return message;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return std::nullopt;
}

TEST(Comm, BroadcastsTheRootsBytes) {
  const std::string big(300'000, 'b');
  EXPECT_EQ(world().broadcast(world().is_root() ? big : "other"), big);
  EXPECT_EQ(world().broadcast(""), "");
}

TEST(Comm, GathersBytesInRankOrder) {
  const auto parts = world().all_gather(std::string(world().rank(), 'x'));
  ASSERT_EQ(parts.size(), static_cast<std::size_t>(world().size()));
  for (std::size_t r = 0; r < parts.size(); ++r) EXPECT_EQ(parts[r].size(), r);
}

TEST(Comm, GivesWhatIsGatheredToTheRootAlone) {
  const auto part = [](int rank) {
    return rank == 1 ? std::string() : std::string(200'000 + rank, static_cast<char>('a' + rank));
  };
  for (int again = 0; again < 2; ++again) {
    const auto parts = world().gather(part(world().rank()));
    ASSERT_EQ(parts.size(), world().is_root() ? static_cast<std::size_t>(world().size()) : 0u);
    for (std::size_t r = 0; r < parts.size(); ++r) EXPECT_EQ(parts[r], part(static_cast<int>(r)));
  }
  EXPECT_FALSE(world().try_receive().has_value()) << "no part is taken for a message";
  world().barrier();  // no rank sends the messages of the next test before all have looked
}

TEST(Comm, SumsOnTheRoot) {
  const std::int64_t large = std::int64_t{1} << 60;
  const std::vector<std::int64_t> sums = world().sum({world().rank(), 1, large / world().size()});
  if (!world().is_root()) {
    EXPECT_TRUE(sums.empty());
    return;
  }
  const std::int64_t ranks = world().size();
  EXPECT_EQ(sums,
            (std::vector<std::int64_t>{ranks * (ranks - 1) / 2, ranks, large / ranks * ranks}));
}

TEST(Comm, DeliversBigMessagesBothWaysAtOnce) {
  const std::string big(1 << 20, 'm');
  const int others = world().size() - 1;
  for (int r = 0; r < world().size(); ++r)
    if (r != world().rank()) world().send(r, 7, big + std::to_string(world().rank()));
  for (int got = 0; got < others; ++got) {
    const auto message = next_message();
    ASSERT_TRUE(message.has_value())
        << "rank " << world().rank() << " has heard of " << got << " of " << others << " others";
    EXPECT_EQ(message->tag, 7);
    EXPECT_EQ(message->bytes, big + std::to_string(message->source));
  }
  world().barrier();
}

TEST(Comm, LeavesNothingOnItsWayOnceItSettles) {
  const auto tell_all = [](int tag, const std::string& bytes) {
    for (int r = 0; r < world().size(); ++r)
      if (r != world().rank()) world().send(r, tag, bytes);
  };
  const std::string big(1 << 20, 'm');
  for (int again = 0; again < 20; ++again) {
    for (int sent = 0; sent <= world().rank(); ++sent) tell_all(1, sent == 0 ? big : "small");
    world().settle();
    tell_all(2, "");
    for (int got = 0; got < world().size() - 1; ++got) {
      const auto message = next_message();
      ASSERT_TRUE(message.has_value());
      ASSERT_EQ(message->tag, 2) << "from before";
    }
    world().barrier();  // no rank sends what is dropped next before all have received
  }
}

TEST(Collectively, ThrowsTheSameErrorOnEveryRank) {
  const int last = world().size() - 1;
  try {
    collectively(world(), [&] {
      if (world().rank() == last) throw core::DataError({.place = "b.txt", .problem = "is torn"});
    });
    ADD_FAILURE() << "no error";
  } catch (const CollectiveError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::data);
    const std::string text = "b.txt: is torn.";
    EXPECT_EQ(error.what(), last == 0 ? text : "rank " + std::to_string(last) + ": " + text);
  }
}

TEST(MapOverRanks, PutsPiecesInOrderAtAnyNumberOfRanks) {
  const auto pieces = map_over_ranks(
      world(), 7, [](std::size_t i) { return std::string(i, 'p') + std::to_string(i); });
  ASSERT_EQ(pieces.size(), 7u);
  for (std::size_t i = 0; i < pieces.size(); ++i)
    EXPECT_EQ(pieces[i], std::string(i, 'p') + std::to_string(i));
}

TEST(MapToRoot, GivesEachPieceOnceAndOnlyToTheRoot) {
  std::vector<std::string> pieces(7);
  map_to_root(
      world(), 7, [](std::size_t i) { return std::string(i, 'p') + std::to_string(i); },
      [&](std::size_t i, std::string_view piece) { pieces[i] += piece; });
  for (std::size_t i = 0; i < pieces.size(); ++i)
    EXPECT_EQ(pieces[i], world().is_root() ? std::string(i, 'p') + std::to_string(i) : "");
}

}  // namespace
}  // namespace bimix::par
