#include "kernels.hpp"

#include <bimix/core/error.hpp>
#include <bimix/proxy/options.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix {

const std::vector<std::string>& isa_levels() {
  static const std::vector<std::string> levels{"baseline", "avx2", "avx512"};
  return levels;
}

std::string detect_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
#endif
  return "baseline";
}

namespace proxy {

const Kernels& kernels_baseline();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

const Kernels& kernels_for(std::string_view isa) {
  const std::vector<std::string>& levels = isa_levels();
  const auto asked = std::find(levels.begin(), levels.end(), isa);
  const auto here = std::find(levels.begin(), levels.end(), detect_isa());
  require(asked != levels.end(), "the ISA level is resolved");
  if (asked > here)
    throw DataError({.place = "proxy.isa",
                     .problem = fmt::format("this machine cannot run '{}', only '{}'", isa, *here),
                     .rule = "all machines of a run use the same instructions, for the same bits",
                     .remedy = fmt::format("Start the run anew with isa: {}", *here)});
#if defined(__x86_64__)
  if (isa == "avx512") return kernels_avx512();
  if (isa == "avx2") return kernels_avx2();
#endif
  return kernels_baseline();
}

Index attention_scratch(const AttentionShape& shape) {
  const auto padded = [](Index count) {
    return (count + attention_block - 1) / attention_block * attention_block;
  };
  const Index context = padded(shape.context);
  const Index matrices = 9 * context * padded(shape.head_width);
  // Two bands of scores, each attention_floats or one block of rows, and two numbers a row.
  const Index band = std::max(attention_floats, attention_block * context);
  return matrices + 2 * band + 2 * context;
}

}  // namespace proxy
}  // namespace bimix
