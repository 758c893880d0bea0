#pragma once

#include "kernels.hpp"

namespace bimix::proxy {

enum class Operand : char { plain = 'N', transposed = 'T' };

/// Prepares oneDNN for this process and this thread: one thread, no instructions above `isa`.
/// @throws UsageError if another ISA level is in use already (oneDNN takes one per process)
void prepare_gemm(std::string_view isa);

/// c (m, n) = a (m, k) b (k, n) + keep * c. Row-major and dense; a transposed operand is stored as
/// (k, m) or (n, k). @param keep 0 or 1
void matmul(Operand a_form, Operand b_form, Index m, Index n, Index k, const float* a,
            const float* b, float keep, float* c);

}  // namespace bimix::proxy
