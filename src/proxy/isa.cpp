#include "kernels.hpp"

#include <bimix/core/error.hpp>
#include <bimix/proxy/options.hpp>

#include <fmt/format.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace bimix::proxy {
#if defined(__x86_64__)
namespace {

/// Products of bf16 by vectors: the compiler's own question does not know them everywhere.
bool has_avx512_bf16() {
  constexpr unsigned bf16_vectors = 1U << 5;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & bf16_vectors) != 0;
}

/// Tiles of bf16 that processor and system both support.
bool has_amx_bf16() {
  constexpr unsigned osxsave = 1U << 27, bf16_tiles = 1U << 22, tiles = 1U << 24;
  constexpr unsigned tile_state = 3U << 17;  // what the system saves
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & osxsave) == 0) return false;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & tile_state) != tile_state) return false;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & bf16_tiles) != 0 &&
         (edx & tiles) != 0;
}

}  // namespace
#endif

Isa detect_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return has_amx_bf16() ? Isa::amx : has_avx512_bf16() ? Isa::avx512_bf16 : Isa::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::avx2;
#endif
  return Isa::baseline;
}

bool bf16_pays_here() {
#if defined(__x86_64__)
  const Isa here = detect_isa();
  return here == Isa::amx || (here == Isa::avx512_bf16 && __builtin_cpu_is("amd"));
#else
  return false;
#endif
}

const Kernels& kernels_baseline();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

const Kernels& kernels_for(Isa isa) {
  core::require(isa != Isa::automatic, "the instruction set is resolved");
  const Isa here = detect_isa();
  if (isa > here)
    throw core::DataError(
        {.place = "proxy.isa",
         .problem = fmt::format("this machine cannot run '{}', only '{}'", core::word_of(isa),
                                core::word_of(here)),
         .rule = "all machines of a run use the same instructions, for the same bits",
         .remedy = fmt::format("Use hosts that can (Slurm: --constraint), or write `isa: "
                               "{}` under source.proxy and start a new run",
                               core::word_of(here))});
#if defined(__x86_64__)
  if (isa >= Isa::avx512) return kernels_avx512();
  if (isa == Isa::avx2) return kernels_avx2();
#endif
  return kernels_baseline();
}

Index largest_divisor(Index whole, Index limit) {
  for (Index candidate = whole < limit ? whole : limit; candidate > 1; --candidate)
    if (whole % candidate == 0) return candidate;
  return 1;
}

Index padded_context(Index context) {
  return (context + attention_block - 1) / attention_block * attention_block;
}

Index attention_scratch(const AttentionShape& shape) {
  const Index context = padded_context(shape.context);
  // Columns are padded to the longest vectors, which a block is as wide as.
  const Index matrices = 9 * context * padded_context(shape.head_width);
  // Two bands of scores, each attention_floats or one block of rows, and two numbers a row.
  const Index band = std::max(attention_floats, attention_block * context);
  return matrices + 2 * band + 2 * context;
}

}  // namespace bimix::proxy
