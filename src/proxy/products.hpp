#pragma once

#include "arena.hpp"
#include "kernels.hpp"

#include <dnnl.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <vector>

/// Matrix products of training, by oneDNN on one thread.
namespace bimix::proxy {

/// Limits oneDNN to an instruction set level. The limit is the process's and the first one stands:
/// a run has one level, resolved before anything is multiplied.
void limit_products_to(Isa isa);

/// The numbers that are multiplied; sums are in single precision in any case.
enum class Factors {
  fp32,
  rounded,  ///< to bf16 and multiplied as floats: faster where there are no tiles
  bf16      ///< by tiles (AMX)
};

/// What is multiplied with a matrix of weights.
struct ProductShape {
  Index rows = 0;
  Index in = 0;
  Index out = 0;
  Factors factors = Factors::fp32;
};

/// The products with one matrix of weights W (in, out), for a fixed number of rows. W is kept
/// rearranged in the two ways that the products read fastest, so they see it as it was at the last
/// `pack`. Unless they are fp32 it is rounded there, and what it is multiplied with when it is. Any
/// number of threads may multiply at the same time, each with its own scratch.
class LinearProducts {
 public:
  /// @param arena where the two copies of W lie
  LinearProducts(Arena& arena, const ProductShape& shape, const Kernels& kernels);

  /// Takes over W. @param weights (in, out)
  void pack(const float* weights);

  /// y (rows, out) = x W + keep * y
  void forward(const float* x, int keep, float* y, float* scratch) const;
  /// dx (rows, in) = dy W'
  void input_gradient(const float* dy, float* dx, float* scratch) const;
  /// dW (in, out) = x' dy + keep * dW
  void weight_gradient(const float* x, const float* dy, int keep, float* dw, float* scratch) const;

  /// Floats of scratch that the widest of these products needs.
  Index scratch_size() const;
  /// Floating-point operations of one product.
  double flops() const { return flops_; }

 private:
  /// c = a b + keep * c of fixed shape.
  struct Product {
    Product(const dnnl::memory::desc& a, const dnnl::memory::desc& b, const dnnl::memory::desc& c,
            bool keep);
    void run(const void* a, const dnnl::memory& b, float* c, float* scratch) const;
    dnnl::matmul::primitive_desc shape;
    dnnl::matmul primitive;
  };

  /// A factor that changes from product to product, (rows, columns).
  struct Factor {
    Factor(Index rows, Index columns, Factors factors, const Kernels& kernels);
    bool is_rounded() const { return round_to_bf16 != nullptr || to_tiles; }
    /// The numbers as they are multiplied: in place, or rounded into `scratch`, which then begins
    /// behind them.
    const void* ready(const float* numbers, float*& scratch) const;
    dnnl::memory::desc given, multiplied;
    decltype(Kernels::round_to_bf16) round_to_bf16 = nullptr;  ///< for Factors::rounded
    std::optional<dnnl::reorder> to_tiles{};                   ///< for Factors::bf16
  };

  Index rows_, in_, out_;
  double flops_;
  Factor x_, dy_;
  dnnl::memory::desc plain_, turned_;  ///< W and W' in place
  std::array<Product, 2> forward_;     ///< keep = 0, 1
  Product input_gradient_;
  dnnl::memory packed_, packed_turned_;
  dnnl::reorder pack_, pack_turned_;
  std::vector<Product> weight_gradient_{};  ///< of bf16, keep = 0, 1
  std::optional<Buffer> rounded_{};         ///< W rounded, on its way
};

}  // namespace bimix::proxy
