#pragma once

#include <bimix/par/comm.hpp>

namespace bimix::test {

/// All ranks that run this test program.
const par::Comm& world();

}  // namespace bimix::test
