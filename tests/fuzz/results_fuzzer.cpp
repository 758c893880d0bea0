// results.h5, where a byte was changed, cut off or added anywhere. What passes the seal was written
// by bimix: HDF5 sees nothing else, and would loop or crash over some of it.

#include "fuzz.hpp"

#include <bimix/store/results.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  return bimix::fuzz::tolerates(
      [&] { bimix::store::read_results(bimix::fuzz::file_of("results.h5", bytes)); });
}
