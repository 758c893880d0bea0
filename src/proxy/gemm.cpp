#include "gemm.hpp"

#include <bimix/core/error.hpp>

#include <dlfcn.h>
#include <dnnl.h>
#include <fmt/format.h>

#include <mutex>
#include <string>

namespace bimix::proxy {
namespace {

dnnl_cpu_isa_t dnnl_level(std::string_view isa) {
  if (isa == "avx512") return dnnl_cpu_isa_avx512_core;
  if (isa == "avx2") return dnnl_cpu_isa_avx2;
  return dnnl_cpu_isa_sse41;
}

// oneDNN brings its own OpenMP runtime, or none. Its symbol is looked up instead of linked, so that
// we set the number of threads in whichever runtime oneDNN really uses; it is kept per thread.
void use_one_thread() {
  using SetThreads = void (*)(int);
  static const auto set_threads =
      reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
}

void cap_isa(std::string_view isa) {
  static std::mutex mutex;
  static std::string in_use;
  const std::lock_guard lock(mutex);
  if (in_use.empty()) {
    // Fails if oneDNN has been used before; then its level is what it is, and is checked below.
    dnnl_set_max_cpu_isa(dnnl_level(isa));
    in_use = isa;
  }
  if (in_use != isa)
    throw UsageError(
        Complaint{.place = "proxy.isa",
                  .problem = fmt::format("'{}' was asked for where '{}' is in use", isa, in_use),
                  .rule = "the matrix library takes one instruction set level per process",
                  .remedy = "Use one level for all trials of a run"});
}

}  // namespace

void prepare_gemm(std::string_view isa) {
  cap_isa(isa);
  use_one_thread();
}

void matmul(Operand a_form, Operand b_form, Index m, Index n, Index k, const float* a,
            const float* b, float keep, float* c) {
  const Index lda = a_form == Operand::plain ? k : m;
  const Index ldb = b_form == Operand::plain ? n : k;
  const dnnl_status_t status = dnnl_sgemm(static_cast<char>(a_form), static_cast<char>(b_form), m,
                                          n, k, 1.0F, a, lda, b, ldb, keep, c, n);
  require(status == dnnl_success, "oneDNN sgemm succeeds");
}

}  // namespace bimix::proxy
