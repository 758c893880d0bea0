#include "products.hpp"

#include <bimix/proxy/options.hpp>

#include <dlfcn.h>
#include <dnnl.h>

#include <algorithm>

namespace bimix::proxy {
namespace {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;
constexpr auto f32 = Type::f32;

Type type_of(Factors factors) { return factors == Factors::bf16 ? Type::bf16 : f32; }

/// Keeps oneDNN to the calling thread; the limit is that thread's own. Needed where a primitive is
/// made, since it is made for a number of threads, and where it runs.
void keep_to_this_thread() {
  // oneDNN brings its own OpenMP runtime, or none: the symbol is looked up in whichever it is.
  using SetThreads = void (*)(int);
  static const auto set_threads =
      reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
}

const dnnl::engine& engine() {
  keep_to_this_thread();
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

/// In-order and without state of its own.
dnnl::stream& stream() {
  thread_local dnnl::stream own(engine());
  return own;
}

dnnl::memory at(const Desc& desc, const void* data) {
  return {desc, engine(), const_cast<void*>(data)};
}

/// Whole cache lines, so that what lies behind begins on one.
Index floats_of(const Desc& desc) {
  constexpr std::size_t line = 64;
  return static_cast<Index>((desc.get_size() + line - 1) / line * line / sizeof(float));
}

dnnl::memory in_arena(Arena& arena, const Desc& desc) {
  return at(desc, arena.take(floats_of(desc)).data());
}

Desc plain(Index rows, Index columns, Type type = f32) {
  return {Dims{rows, columns}, type, Tag::ab};
}
/// The transpose of a (columns, rows) matrix, read in place.
Desc turned(Index rows, Index columns, Type type = f32) {
  return {Dims{rows, columns}, type, Tag::ba};
}
/// In whichever arrangement the product likes best.
Desc any(Index rows, Index columns, Type type) { return {Dims{rows, columns}, type, Tag::any}; }

dnnl::primitive_attr attributes(bool keep) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops after;
  if (keep) after.append_sum(1.0F);
  attributes.set_post_ops(after);
  return attributes;
}

/// c = a b + keep * c, as oneDNN 3 asks for it or oneDNN 2, which first wants an operation.
dnnl::matmul::primitive_desc shape_of(const Desc& a, const Desc& b, const Desc& c, bool keep) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), a, b, c, attributes(keep)};
#else
  return {dnnl::matmul::desc(a, b, c), attributes(keep), engine()};
#endif
}

}  // namespace

void limit_products_to(Isa isa) {
  // Refused, and needless, once anything was multiplied.
  dnnl_set_max_cpu_isa(isa == Isa::amx      ? dnnl_cpu_isa_avx512_core_amx
                       : isa == Isa::avx512 ? dnnl_cpu_isa_avx512_core
                       : isa == Isa::avx2   ? dnnl_cpu_isa_avx2
                                            : dnnl_cpu_isa_sse41);
}

LinearProducts::Product::Product(const Desc& a, const Desc& b, const Desc& c, bool keep)
    : shape(shape_of(a, b, c, keep)), primitive(shape) {}

void LinearProducts::Product::run(const void* a, const dnnl::memory& b, float* c,
                                  float* scratch) const {
  primitive.execute(stream(),
                    {{DNNL_ARG_SRC, at(shape.src_desc(), a)},
                     {DNNL_ARG_WEIGHTS, b},
                     {DNNL_ARG_DST, at(shape.dst_desc(), c)},
                     {DNNL_ARG_SCRATCHPAD, {shape.scratchpad_desc(), engine(), scratch}}});
}

LinearProducts::Factor::Factor(Index rows, Index columns, Factors factors, const Kernels& kernels)
    : given(plain(rows, columns)), multiplied(plain(rows, columns, type_of(factors))) {
  if (factors == Factors::rounded) round_to_bf16 = kernels.round_to_bf16;
  if (factors == Factors::bf16)
    to_tiles.emplace(dnnl::reorder::primitive_desc(engine(), given, engine(), multiplied));
}

const void* LinearProducts::Factor::ready(const float* numbers, float*& scratch) const {
  if (!is_rounded()) return numbers;
  float* const rounded = scratch;
  scratch += floats_of(multiplied);
  if (to_tiles) {
    dnnl::memory from = at(given, numbers), to = at(multiplied, rounded);
    to_tiles->execute(stream(), from, to);
  } else {
    round_to_bf16(numbers, rounded, static_cast<Index>(given.get_size() / sizeof(float)));
  }
  return rounded;
}

LinearProducts::LinearProducts(Arena& arena, const ProductShape& shape, const Kernels& kernels)
    : rows_(shape.rows),
      in_(shape.in),
      out_(shape.out),
      flops_(2.0 * static_cast<double>(rows_ * in_ * out_)),
      x_(rows_, in_, shape.factors, kernels),
      dy_(rows_, out_, shape.factors, kernels),
      plain_(plain(in_, out_)),
      turned_(turned(out_, in_)),
      forward_{
          Product{x_.multiplied, any(in_, out_, type_of(shape.factors)), plain(rows_, out_), false},
          Product{x_.multiplied, any(in_, out_, type_of(shape.factors)), plain(rows_, out_), true}},
      input_gradient_{dy_.multiplied, any(out_, in_, type_of(shape.factors)), plain(rows_, in_),
                      false},
      packed_(in_arena(arena, forward_[0].shape.weights_desc())),
      packed_turned_(in_arena(arena, input_gradient_.shape.weights_desc())),
      pack_(at(plain_, nullptr), packed_),
      pack_turned_(at(turned_, nullptr), packed_turned_) {
  if (shape.factors == Factors::rounded) rounded_ = arena.take(in_ * out_);
  if (shape.factors != Factors::bf16) return;
  for (const bool keep : {false, true})
    weight_gradient_.push_back(
        {turned(in_, rows_, type_of(shape.factors)), dy_.multiplied, plain(in_, out_), keep});
}

void LinearProducts::pack(const float* weights) {
  if (rounded_) {
    x_.round_to_bf16(weights, rounded_->data(), rounded_->size());
    weights = rounded_->data();
  }
  dnnl::memory from = at(plain_, weights), from_turned = at(turned_, weights);
  pack_.execute(stream(), from, packed_);
  pack_turned_.execute(stream(), from_turned, packed_turned_);
}

void LinearProducts::forward(const float* x, int keep, float* y, float* scratch) const {
  const void* const factor = x_.ready(x, scratch);
  forward_[keep != 0 ? 1 : 0].run(factor, packed_, y, scratch);
}

void LinearProducts::input_gradient(const float* dy, float* dx, float* scratch) const {
  const void* const factor = dy_.ready(dy, scratch);
  input_gradient_.run(factor, packed_turned_, dx, scratch);
}

void LinearProducts::weight_gradient(const float* x, const float* dy, int keep, float* dw,
                                     float* scratch) const {
  // Both factors change from call to call, so there is nothing to rearrange beforehand.
  const void* const left = x_.ready(x, scratch);
  const void* const right = dy_.ready(dy, scratch);
  if (!weight_gradient_.empty()) {
    weight_gradient_[keep != 0 ? 1 : 0].run(left, at(dy_.multiplied, right), dw, scratch);
    return;
  }
  keep_to_this_thread();
  dnnl_sgemm('T', 'N', in_, out_, rows_, 1.0F, static_cast<const float*>(left), in_,
             static_cast<const float*>(right), out_, keep != 0 ? 1.0F : 0.0F, dw, out_);
}

Index LinearProducts::scratch_size() const {
  Index most = 0;
  for (const Product* product : {&forward_[0], &forward_[1], &input_gradient_})
    most = std::max(most, floats_of(product->shape.scratchpad_desc()));
  for (const Product& product : weight_gradient_)
    most = std::max(most, floats_of(product.shape.scratchpad_desc()));
  return most + (x_.is_rounded() ? floats_of(x_.multiplied) + floats_of(dy_.multiplied) : 0);
}

}  // namespace bimix::proxy
