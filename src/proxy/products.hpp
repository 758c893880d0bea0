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
  rounded,  ///< to bf16 and multiplied as floats: where there are no instructions for them
  bf16      ///< by instructions for them: AVX512_BF16 or tiles (AMX)
};

/// Whether products of bf16 that sum over `depth` numbers are right: oneDNN 3.7 multiplies what
/// lies behind an odd number of them, too.
bool are_bf16_products_right(Index depth);

/// c = a b + keep * c of fixed shape.
class Product {
 public:
  Product(const dnnl::memory::desc& a, const dnnl::memory::desc& b, const dnnl::memory::desc& c,
          bool keep = false);
  /// @param scratch scratch_size() floats
  void run(const void* a, const void* b, void* c, float* scratch) const;
  Index scratch_size() const;
  /// How b lies, where that was left to the product.
  const dnnl::memory::desc& b() const { return b_; }

 private:
  explicit Product(const dnnl::matmul::primitive_desc& shape);

  // Not the primitive_desc: it takes a tenth of a megabyte, and equal primitives share one.
  dnnl::memory::desc a_, b_, c_, scratch_;
  dnnl::matmul primitive_;
};

/// What is multiplied with a matrix of weights.
struct ProductShape {
  Index rows = 0;
  Index in = 0;
  Index out = 0;
  Factors factors = Factors::fp32;  ///< those of floats: fp32 or rounded
};

/// The products with one matrix of weights W (in, out), for a fixed number of rows. W is kept
/// rearranged in the two ways that the products read fastest, so they see it as it was at the last
/// `pack`. Unless they are fp32 it is rounded there. Floats that are multiplied as bf16 are rounded
/// when they are. Any number of threads may multiply at the same time, each with its own scratch.
/// @tparam Factor float or Bf16
template <class Factor>
class LinearProducts {
 public:
  /// @param arena where the two copies of W lie
  LinearProducts(Arena& arena, const ProductShape& shape, const Kernels& kernels);

  /// Takes over W. @param weights (in, out)
  void pack(const float* weights, float* scratch);

  /// y (rows, out) = x W + keep * y
  void forward(const Factor* x, int keep, float* y, float* scratch) const;
  /// dx (rows, in) = dy W'
  void input_gradient(const Factor* dy, float* dx, float* scratch) const;
  /// dW (in, out) = x' dy + keep * dW
  void weight_gradient(const Factor* x, const Factor* dy, int keep, float* dw,
                       float* scratch) const;

  /// Floats of scratch that packing and each of these products need.
  Index scratch_size() const;
  /// Floating-point operations of one product.
  double flops() const { return flops_; }

 private:
  /// The numbers as they are multiplied: in place, or rounded into `scratch`, which then begins
  /// behind them.
  const Factor* ready(const Factor* numbers, Index count, float*& scratch) const;

  Index rows_, in_, out_;
  double flops_;
  decltype(Kernels::round_to_bf16) round_ = nullptr;  ///< for Factors::rounded
  dnnl::memory::desc plain_, turned_, turned_plain_;  ///< W, W' in place, W' row by row
  std::array<Product, 2> forward_;                    ///< keep = 0, 1
  Product input_gradient_;
  dnnl::memory packed_, packed_turned_;
  dnnl::reorder pack_, turn_, pack_turned_;
  std::vector<Product> weight_gradient_{};  ///< of bf16, keep = 0, 1
};

/// The products of causal attention over bf16, for `heads` of them at a time and a band of queries
/// with all keys that the last of them sees. Everything is dense: q, k, v, dout and gradients
/// (heads, context, head_width), of queries the band's rows; scores (heads, rows, seen).
class HeadProducts {
 public:
  struct Shape {
    Index heads = 0, context = 0, head_width = 0;
    Index rows = 0, seen = 0;  ///< less than the context only of one head
  };
  explicit HeadProducts(const Shape& shape);

  /// scores = left right': of queries and keys, of dout and values.
  void scores(const Bf16* left, const Bf16* right, float* scores, float* scratch) const;
  /// values (rows) = weights (rows, seen) v
  void values(const Bf16* weights, const Bf16* v, Bf16* values, float* scratch) const;
  /// The same in single precision: dq from the gradient of the scores and k.
  void values(const Bf16* weights, const Bf16* k, float* dq, float* scratch) const;
  /// gradient (seen) = weights' right + keep * gradient: dv from probabilities and dout, dk from
  /// the gradient of the scores and q.
  void key_gradient(const Bf16* weights, const Bf16* right, int keep, float* gradient,
                    float* scratch) const;

  Index scratch_size() const;

 private:
  Product scores_, values_, query_gradient_;
  std::array<Product, 2> key_gradient_;  ///< keep = 0, 1
};

}  // namespace bimix::proxy
