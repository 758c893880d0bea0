/// Tells whether two result files say the same, whenever and wherever they were made.
/// Usage: bimix_same_results A.h5 B.h5      ends with 1 and the differences if they do not

#include <bimix/store/results.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  const auto found = bimix::store::differences(argv[1], argv[2], bimix::store::timing_paths());
  for (const std::string& difference : found) std::puts(difference.c_str());
  return found.empty() ? 0 : 1;
} catch (const std::exception& error) {
  std::puts(error.what());
  return 2;
}
