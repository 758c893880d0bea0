// The fast kernels, compiled once for each instruction set level by a file that defines
//   BIMIX_LANES    floats in a vector register: 16, 8 or 4
//   BIMIX_KERNELS  the name of the function that returns the table
// Everything here has internal linkage and no library template is used: an inline function of the
// standard library compiled with AVX-512 could be the one copy that the linker keeps, and then run
// on a processor without it.

#include "kernels/attention.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/heads.hpp"

namespace bimix::proxy {

namespace {

template <class Factor>
constexpr FactorKernels<Factor> factor_kernels{.rmsnorm_forward = rmsnorm_forward<Factor>,
                                               .rmsnorm_backward = rmsnorm_backward<Factor>,
                                               .gelu_forward = gelu_forward<Factor>,
                                               .gelu_backward = gelu_backward<Factor>,
                                               .copy = copy<Factor>};

}  // namespace

const Kernels& BIMIX_KERNELS() {
  static constexpr Kernels table{.fp32 = factor_kernels<float>,
                                 .bf16 = factor_kernels<Bf16>,
                                 .heads = {.pack = pack_heads,
                                           .softmax = softmax_heads,
                                           .unpack_values = unpack_values,
                                           .pack_gradient = pack_gradient,
                                           .score_gradient = score_gradient_heads,
                                           .unpack_gradient = unpack_gradient},
                                 .attention_forward = attention_forward,
                                 .attention_backward = attention_backward,
                                 .cross_entropy = cross_entropy,
                                 .embed = embed,
                                 .embed_backward = embed_backward,
                                 .round_to_bf16 = round_to_bf16,
                                 .add = add,
                                 .sum_of_squares = sum_of_squares,
                                 .adamw = adamw};
  return table;
}

}  // namespace bimix::proxy
