#include <bimix/core/clock.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <ctime>

namespace bimix::core {

double utc_now() {
  using namespace std::chrono;
  return duration<double>(time_point_cast<milliseconds>(system_clock::now()).time_since_epoch())
      .count();
}

std::int64_t utc_seconds() { return static_cast<std::int64_t>(utc_now()); }

std::string utc_text(double seconds) {
  constexpr double most = 1e11;  // the year 5138
  if (!(std::abs(seconds) < most)) return "?";
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(std::floor(seconds))));
}

}  // namespace bimix::core
