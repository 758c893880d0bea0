#pragma once

#include <ctime>

namespace bimix::test {

/// What this process has used of its processors, for limits that hold on a busy machine.
inline double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace bimix::test
