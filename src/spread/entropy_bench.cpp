#include <bimix/core/error.hpp>
#include <bimix/core/median.hpp>
#include <bimix/entropy/bigram_counts.hpp>
#include <bimix/spread/entropy_bench.hpp>

#include <chrono>
#include <vector>

namespace bimix::spread {

double bench_entropy(std::span<const std::uint8_t> text, double seconds) {
  core::require(text.size() > 1, "there is a bigram to count");
  entropy::ByteBigramCounter counter;
  using Clock = std::chrono::steady_clock;
  std::vector<double> rates;
  const Clock::time_point start = Clock::now();
  Clock::time_point now = start;
  do {
    const Clock::time_point begin = now;
    counter.add(text);
    counter.take();
    now = Clock::now();
    rates.push_back(static_cast<double>(text.size()) /
                    std::chrono::duration<double>(now - begin).count());
  } while (std::chrono::duration<double>(now - start).count() < seconds);
  return core::median(std::move(rates));
}

}  // namespace bimix::spread
