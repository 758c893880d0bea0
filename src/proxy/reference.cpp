#include "reference.hpp"

namespace bimix::proxy {

const Kernels& reference_kernels() {
  static constexpr Kernels table{.rmsnorm_forward = reference::rmsnorm_forward<float>,
                                 .rmsnorm_backward = reference::rmsnorm_backward<float>,
                                 .gelu_forward = reference::gelu_forward<float>,
                                 .gelu_backward = reference::gelu_backward<float>,
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
