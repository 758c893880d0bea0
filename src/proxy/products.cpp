#include "products.hpp"

#include <dlfcn.h>
#include <dnnl.h>

#include <algorithm>

namespace bimix::proxy {
namespace {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
constexpr auto f32 = dnnl::memory::data_type::f32;

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

dnnl::memory at(const Desc& desc, const float* data) {
  return {desc, engine(), const_cast<float*>(data)};
}

Index floats_of(const Desc& desc) {
  return static_cast<Index>((desc.get_size() + sizeof(float) - 1) / sizeof(float));
}

dnnl::memory in_arena(Arena& arena, const Desc& desc) {
  return at(desc, arena.take(floats_of(desc)).data());
}

Desc plain(Index rows, Index columns) { return {Dims{rows, columns}, f32, Tag::ab}; }
/// The transpose of a (columns, rows) matrix, read in place.
Desc turned(Index rows, Index columns) { return {Dims{rows, columns}, f32, Tag::ba}; }
/// In whichever arrangement the product likes best.
Desc any(Index rows, Index columns) { return {Dims{rows, columns}, f32, Tag::any}; }

dnnl::primitive_attr attributes(bool keep) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops after;
  if (keep) after.append_sum(1.0F);
  attributes.set_post_ops(after);
  return attributes;
}

}  // namespace

void limit_products_to(std::string_view isa) {
  // Refused, and needless, once anything was multiplied.
  dnnl_set_max_cpu_isa(isa == "avx512" ? dnnl_cpu_isa_avx512_core
                       : isa == "avx2" ? dnnl_cpu_isa_avx2
                                       : dnnl_cpu_isa_sse41);
}

LinearProducts::Product::Product(const Desc& a, const Desc& b, const Desc& c, bool keep)
    : shape(dnnl::matmul::desc(a, b, c), attributes(keep), engine()), primitive(shape) {}

void LinearProducts::Product::run(const float* a, const dnnl::memory& b, float* c,
                                  float* scratch) const {
  primitive.execute(stream(),
                    {{DNNL_ARG_SRC, at(shape.src_desc(), a)},
                     {DNNL_ARG_WEIGHTS, b},
                     {DNNL_ARG_DST, at(shape.dst_desc(), c)},
                     {DNNL_ARG_SCRATCHPAD, {shape.scratchpad_desc(), engine(), scratch}}});
}

LinearProducts::LinearProducts(Arena& arena, Index rows, Index in, Index out)
    : rows_(rows),
      in_(in),
      out_(out),
      flops_(2.0 * static_cast<double>(rows * in * out)),
      plain_(plain(in, out)),
      turned_(turned(out, in)),
      forward_{Product{plain(rows, in), any(in, out), plain(rows, out), false},
               Product{plain(rows, in), any(in, out), plain(rows, out), true}},
      input_gradient_{plain(rows, out), any(out, in), plain(rows, in), false},
      packed_(in_arena(arena, forward_[0].shape.weights_desc())),
      packed_turned_(in_arena(arena, input_gradient_.shape.weights_desc())),
      pack_(at(plain_, nullptr), packed_),
      pack_turned_(at(turned_, nullptr), packed_turned_) {}

void LinearProducts::pack(const float* weights) {
  dnnl::memory from = at(plain_, weights), from_turned = at(turned_, weights);
  pack_.execute(stream(), from, packed_);
  pack_turned_.execute(stream(), from_turned, packed_turned_);
}

void LinearProducts::forward(const float* x, int keep, float* y, float* scratch) const {
  forward_[keep != 0 ? 1 : 0].run(x, packed_, y, scratch);
}

void LinearProducts::input_gradient(const float* dy, float* dx, float* scratch) const {
  input_gradient_.run(dy, packed_turned_, dx, scratch);
}

void LinearProducts::weight_gradient(const float* x, const float* dy, int keep, float* dw) const {
  keep_to_this_thread();
  // Both factors change from call to call, so there is nothing to rearrange beforehand.
  dnnl_sgemm('T', 'N', in_, out_, rows_, 1.0F, x, in_, dy, out_, keep != 0 ? 1.0F : 0.0F, dw, out_);
}

Index LinearProducts::scratch_size() const {
  Index most = 0;
  for (const Product* product : {&forward_[0], &forward_[1], &input_gradient_})
    most = std::max(most, floats_of(product->shape.scratchpad_desc()));
  return most;
}

}  // namespace bimix::proxy
