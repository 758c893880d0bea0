#include "reference.hpp"

namespace bimix::proxy {

namespace {

template <class Factor>
constexpr FactorKernels<Factor> factor_kernels{
    .rmsnorm_forward = reference::rmsnorm_forward<float, Factor>,
    .rmsnorm_backward = reference::rmsnorm_backward<float, Factor>,
    .gelu_forward = reference::gelu_forward<float, Factor>,
    .gelu_backward = reference::gelu_backward<float, Factor>,
    .copy = reference::copy<Factor>};

}  // namespace

const Kernels& reference_kernels() {
  static constexpr Kernels table{.fp32 = factor_kernels<float>,
                                 .bf16 = factor_kernels<Bf16>,
                                 .heads = {},  // of attention, attention_forward and _backward are
                                 .attention_forward = reference::attention_forward<float>,
                                 .attention_backward = reference::attention_backward<float>,
                                 .cross_entropy = reference::cross_entropy<float>,
                                 .embed = reference::embed<float>,
                                 .embed_backward = reference::embed_backward<float>,
                                 .round_to_bf16 = reference::round_to_bf16,
                                 .add = reference::add<float>,
                                 .sum_of_squares = reference::sum_of_squares<float>,
                                 .adamw = reference::adamw<float>};
  return table;
}

}  // namespace bimix::proxy
