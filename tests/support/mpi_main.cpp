#include "support/mpi_test.hpp"

#include <bimix/par/mpi_session.hpp>

#include <gtest/gtest.h>

namespace bimix::test {
namespace {
const par::Comm* world_comm = nullptr;
}

const par::Comm& world() { return *world_comm; }

}  // namespace bimix::test

// Every rank runs every test; the verdict is that of all ranks together.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const bimix::par::MpiSession session;
  bimix::test::world_comm = &session.comm();
  if (!session.comm().is_root()) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  const int failed = RUN_ALL_TESTS();
  for (const std::string& verdict : session.comm().all_gather(std::string(1, char(failed))))
    if (verdict[0] != 0) return 1;
  return 0;
}
