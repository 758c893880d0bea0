/// Writes the results of tests/store/some_record.hpp, as of texts of four bytes a token, for
/// readers in other languages. Usage: bimix_sample_results FILE

#include "some_record.hpp"

#include <bimix/store/results.hpp>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  bimix::data::RunRecord record = bimix::test::some_record();
  record.plan.domains.bytes_per_token.assign(record.plan.domains.eval.size(), 4.0);
  bimix::store::write_results(argv[1], record);
  return 0;
}
