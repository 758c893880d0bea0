/// Writes the results of tests/store/some_record.hpp, for readers in other languages.
/// Usage: bimix_sample_results FILE

#include "some_record.hpp"

#include <bimix/store/results.hpp>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  bimix::store::write_results(argv[1], bimix::test::some_record());
  return 0;
}
