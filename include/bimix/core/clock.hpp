#pragma once

#include <cstdint>
#include <string>

namespace bimix::core {

/// Seconds since 1970, to the millisecond: finer, and the clocks of hosts disagree.
double utc_now();

/// Whole seconds since 1970.
std::int64_t utc_seconds();

/// "2026-11-23T14:05:00Z"; "?" for what is no time. @param seconds since 1970
std::string utc_text(double seconds);

}  // namespace bimix::core
