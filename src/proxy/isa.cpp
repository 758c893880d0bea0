#include "kernels.hpp"

#include <bimix/core/error.hpp>
#include <bimix/proxy/options.hpp>

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

const Kernels& kernels_for(std::string_view) { return reference_kernels(); }

Index attention_scratch(const AttentionShape& shape) { return shape.context; }

}  // namespace proxy
}  // namespace bimix
