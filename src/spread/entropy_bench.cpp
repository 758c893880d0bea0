#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/rate.hpp>
#include <bimix/entropy/pair_tally.hpp>
#include <bimix/spread/entropy_bench.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace bimix::spread {
double bench_entropy(std::span<const std::uint8_t> text, double seconds) {
  core::require(text.size() > 1, "there is a pair to count");
  entropy::BytePairCounter counter;
  return core::rate_of(seconds, [&] {
    counter.add(text);
    counter.take();
    return text.size();
  });
}

PairSpeed bench_token_pairs(int vocabulary, std::int64_t count, double seconds) {
  core::require(count > 1, "there is a pair to count");
  core::RandomStream stream(1, core::Purpose::test);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(count));
  for (std::int32_t& token : tokens)
    token = static_cast<std::int32_t>(std::exp(stream.uniform() * std::log(vocabulary))) - 1;
  constexpr std::size_t window = std::size_t{1} << 16;
  entropy::PairCounter counter(vocabulary);
  PairSpeed speed;
  speed.tokens_per_second = core::rate_of(seconds, [&] {
    counter.begin({}, count);
    for (std::size_t from = 0; from < tokens.size(); from += window)
      counter.add(std::span(tokens).subspan(from, std::min(window, tokens.size() - from)));
    counter.take();
    return count;
  });
  const std::size_t some = std::min<std::size_t>(tokens.size(), 1'000'000);
  speed.peer_tokens_per_second = core::rate_of(seconds, [&] {
    std::unordered_map<std::uint64_t, std::int64_t> pairs;
    for (std::size_t n = 1; n < some; ++n)
      ++pairs[static_cast<std::uint64_t>(tokens[n - 1]) << 32 |
              static_cast<std::uint64_t>(tokens[n])];
    core::require(!pairs.empty(), "there is a pair to count");
    return some;
  });
  return speed;
}

}  // namespace bimix::spread
