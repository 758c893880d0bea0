#include "products.hpp"

#include <bimix/core/error.hpp>
#include <bimix/proxy/options.hpp>

#include <dlfcn.h>
#include <dnnl.h>

#include <algorithm>
#include <type_traits>

namespace bimix::proxy {
namespace {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;
constexpr auto f32 = Type::f32;

template <class Factor>
constexpr bool are_floats = std::is_same_v<Factor, float>;
template <class Factor>
constexpr Type type_of = are_floats<Factor> ? f32 : Type::bf16;

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
Index whole_lines(Index floats) {
  constexpr Index line = 16;
  return (floats + line - 1) / line * line;
}
Index floats_of(const Desc& desc) {
  return whole_lines(static_cast<Index>((desc.get_size() + sizeof(float) - 1) / sizeof(float)));
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

/// `count` matrices one behind the other, and as their transposes are read in place.
Desc heads_of(Index count, Index rows, Index columns, Type type) {
  return {Dims{count, rows, columns}, type, Tag::abc};
}
Desc turned_heads_of(Index count, Index rows, Index columns, Type type) {
  return {Dims{count, rows, columns}, type, Tag::acb};
}

Index most_scratch(std::initializer_list<const Product*> products) {
  Index most = 0;
  for (const Product* product : products) most = std::max(most, product->scratch_size());
  return most;
}

}  // namespace

void limit_products_to(Isa isa) {
  // Refused, and needless, once anything was multiplied.
  dnnl_set_max_cpu_isa(isa == Isa::amx           ? dnnl_cpu_isa_avx512_core_amx
                       : isa == Isa::avx512_bf16 ? dnnl_cpu_isa_avx512_core_bf16
                       : isa == Isa::avx512      ? dnnl_cpu_isa_avx512_core
                       : isa == Isa::avx2        ? dnnl_cpu_isa_avx2
                                                 : dnnl_cpu_isa_sse41);
}

bool are_bf16_products_right(Index depth) { return DNNL_VERSION_MAJOR < 3 || depth % 2 == 0; }

Product::Product(const Desc& a, const Desc& b, const Desc& c, bool keep)
    : Product(shape_of(a, b, c, keep)) {}

Product::Product(const dnnl::matmul::primitive_desc& shape)
    : a_(shape.src_desc()),
      b_(shape.weights_desc()),
      c_(shape.dst_desc()),
      scratch_(shape.scratchpad_desc()),
      primitive_(shape) {}

void Product::run(const void* a, const void* b, void* c, float* scratch) const {
  primitive_.execute(stream(), {{DNNL_ARG_SRC, at(a_, a)},
                                {DNNL_ARG_WEIGHTS, at(b_, b)},
                                {DNNL_ARG_DST, at(c_, c)},
                                {DNNL_ARG_SCRATCHPAD, at(scratch_, scratch)}});
}

Index Product::scratch_size() const { return floats_of(scratch_); }

// ---- products with weights
// -----------------------------------------------------------------------

template <class Factor>
LinearProducts<Factor>::LinearProducts(Arena& arena, const ProductShape& shape,
                                       const Kernels& kernels)
    : rows_(shape.rows),
      in_(shape.in),
      out_(shape.out),
      flops_(2.0 * static_cast<double>(rows_ * in_ * out_)),
      plain_(plain(in_, out_)),
      turned_(turned(out_, in_)),
      turned_plain_(plain(out_, in_)),
      forward_{Product{plain(rows_, in_, type_of<Factor>), any(in_, out_, type_of<Factor>),
                       plain(rows_, out_), false},
               Product{plain(rows_, in_, type_of<Factor>), any(in_, out_, type_of<Factor>),
                       plain(rows_, out_), true}},
      input_gradient_{plain(rows_, out_, type_of<Factor>), any(out_, in_, type_of<Factor>),
                      plain(rows_, in_)},
      packed_(in_arena(arena, forward_[0].b())),
      packed_turned_(in_arena(arena, input_gradient_.b())),
      pack_(at(plain_, nullptr), packed_),
      turn_(at(turned_, nullptr), at(turned_plain_, nullptr)),
      pack_turned_(at(turned_plain_, nullptr), packed_turned_) {
  core::require(forward_[0].b() == forward_[1].b(), "both forward products read one arrangement");
  if constexpr (are_floats<Factor>) {
    if (shape.factors == Factors::rounded) round_ = kernels.round_to_bf16;
  } else {
    for (const bool keep : {false, true})
      weight_gradient_.emplace_back(turned(in_, rows_, type_of<Factor>),
                                    plain(rows_, out_, type_of<Factor>), plain(in_, out_), keep);
  }
}

template <class Factor>
void LinearProducts<Factor>::pack(const float* weights, float* scratch) {
  if (round_ != nullptr) {
    float* const rounded = scratch;
    scratch += whole_lines(in_ * out_);
    round_(weights, rounded, in_ * out_);
    weights = rounded;
  }
  dnnl::memory from = at(plain_, weights), from_turned = at(turned_, weights),
               row_by_row = at(turned_plain_, scratch);
  pack_.execute(stream(), from, packed_);
  // In two steps: oneDNN 3.7 packs a matrix that is read as a transpose wrongly where its sides are
  // no whole blocks.
  turn_.execute(stream(), from_turned, row_by_row);
  pack_turned_.execute(stream(), row_by_row, packed_turned_);
}

template <class Factor>
const Factor* LinearProducts<Factor>::ready(const Factor* numbers, Index count,
                                            float*& scratch) const {
  if constexpr (are_floats<Factor>) {
    if (round_ == nullptr) return numbers;
    float* const rounded = scratch;
    scratch += whole_lines(count);
    round_(numbers, rounded, count);
    return rounded;
  }
  return numbers;
}

template <class Factor>
void LinearProducts<Factor>::forward(const Factor* x, int keep, float* y, float* scratch) const {
  const Factor* const factor = ready(x, rows_ * in_, scratch);
  forward_[keep != 0 ? 1 : 0].run(factor, packed_.get_data_handle(), y, scratch);
}

template <class Factor>
void LinearProducts<Factor>::input_gradient(const Factor* dy, float* dx, float* scratch) const {
  const Factor* const factor = ready(dy, rows_ * out_, scratch);
  input_gradient_.run(factor, packed_turned_.get_data_handle(), dx, scratch);
}

template <class Factor>
void LinearProducts<Factor>::weight_gradient(const Factor* x, const Factor* dy, int keep, float* dw,
                                             float* scratch) const {
  // Both factors change from call to call, so there is nothing to rearrange beforehand.
  if constexpr (are_floats<Factor>) {
    const float* const left = ready(x, rows_ * in_, scratch);
    const float* const right = ready(dy, rows_ * out_, scratch);
    keep_to_this_thread();
    dnnl_sgemm('T', 'N', in_, out_, rows_, 1.0F, left, in_, right, out_, keep != 0 ? 1.0F : 0.0F,
               dw, out_);
  } else {
    weight_gradient_[keep != 0 ? 1 : 0].run(x, dy, dw, scratch);
  }
}

template <class Factor>
Index LinearProducts<Factor>::scratch_size() const {
  Index most = most_scratch({&forward_[0], &forward_[1], &input_gradient_});
  for (const Product& product : weight_gradient_) most = std::max(most, product.scratch_size());
  const Index weights = whole_lines(in_ * out_);
  if (round_ == nullptr) return std::max(most, weights);
  return std::max(most + whole_lines(rows_ * in_) + whole_lines(rows_ * out_), 2 * weights);
}

template class LinearProducts<float>;
template class LinearProducts<Bf16>;

// ---- products of attention
// -----------------------------------------------------------------------

HeadProducts::HeadProducts(const Shape& s)
    : scores_(heads_of(s.heads, s.rows, s.head_width, Type::bf16),
              turned_heads_of(s.heads, s.head_width, s.seen, Type::bf16),
              heads_of(s.heads, s.rows, s.seen, f32)),
      values_(heads_of(s.heads, s.rows, s.seen, Type::bf16),
              heads_of(s.heads, s.seen, s.head_width, Type::bf16),
              heads_of(s.heads, s.rows, s.head_width, Type::bf16)),
      query_gradient_(heads_of(s.heads, s.rows, s.seen, Type::bf16),
                      heads_of(s.heads, s.seen, s.head_width, Type::bf16),
                      heads_of(s.heads, s.rows, s.head_width, f32)),
      key_gradient_{Product{turned_heads_of(s.heads, s.seen, s.rows, Type::bf16),
                            heads_of(s.heads, s.rows, s.head_width, Type::bf16),
                            heads_of(s.heads, s.seen, s.head_width, f32), false},
                    Product{turned_heads_of(s.heads, s.seen, s.rows, Type::bf16),
                            heads_of(s.heads, s.rows, s.head_width, Type::bf16),
                            heads_of(s.heads, s.seen, s.head_width, f32), true}} {
  core::require(s.heads == 1 || s.seen == s.context, "several heads are taken whole");
}

void HeadProducts::scores(const Bf16* left, const Bf16* right, float* scores,
                          float* scratch) const {
  scores_.run(left, right, scores, scratch);
}

void HeadProducts::values(const Bf16* weights, const Bf16* v, Bf16* values, float* scratch) const {
  values_.run(weights, v, values, scratch);
}

void HeadProducts::values(const Bf16* weights, const Bf16* k, float* dq, float* scratch) const {
  query_gradient_.run(weights, k, dq, scratch);
}

void HeadProducts::key_gradient(const Bf16* weights, const Bf16* right, int keep, float* gradient,
                                float* scratch) const {
  key_gradient_[keep != 0 ? 1 : 0].run(weights, right, gradient, scratch);
}

Index HeadProducts::scratch_size() const {
  return most_scratch({&scores_, &values_, &query_gradient_, &key_gradient_[0], &key_gradient_[1]});
}

}  // namespace bimix::proxy
