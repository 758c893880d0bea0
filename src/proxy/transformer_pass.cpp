#include "transformer_pass.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace bimix::proxy {
namespace {

constexpr double rotary_base = 10000.0;    // Su et al. 2021, doi:10.48550/arXiv.2104.09864
constexpr Index head_floats = 512 * 1024;  // logits that exist at one time, see NOTES.md
// Of a pass, see NOTES.md: bf16 take half the room.
constexpr Index pass_tokens = 256, pass_tokens_of_bf16 = 512;

}  // namespace

ParameterLayout::ParameterLayout(const ProxyOptions& options) {
  const Index width = options.width;
  const auto add = [&](std::string name, Index rows, Index columns) {
    Matrix matrix{std::move(name), size, rows, columns};
    size += rows * columns;
    return matrix;
  };
  embedding = add("embedding", options.vocabulary, width);
  for (int l = 0; l < options.layers; ++l) {
    const std::string layer = fmt::format("layer{}.", l);
    Layer matrices;
    matrices.qkv = add(layer + "qkv", width, 3 * width);
    matrices.out = add(layer + "out", width, width);
    matrices.up = add(layer + "up", width, 4 * width);
    matrices.down = add(layer + "down", 4 * width, width);
    layers.push_back(std::move(matrices));
  }
}

std::vector<Matrix> ParameterLayout::matrices() const {
  std::vector<Matrix> all{embedding};
  for (const Layer& layer : layers)
    all.insert(all.end(), {layer.qkv, layer.out, layer.up, layer.down});
  return all;
}

Index pass_sequences(const ProxyOptions& options) {
  const bool halves = factors_of(options) == Factors::bf16;
  const Index tokens = halves ? pass_tokens_of_bf16 : pass_tokens;
  return largest_divisor(options.micro_batch, tokens / options.context);
}

AttentionShape attention_shape(const ProxyOptions& options) {
  return {.sequences = pass_sequences(options),
          .context = options.context,
          .heads = options.heads,
          .head_width = options.width / options.heads};
}

Index head_rows(const ProxyOptions& options) {
  const Index rows = pass_sequences(options) * options.context;
  const Index limit = std::max<Index>(1, head_floats / options.vocabulary);
  const Index divisor = largest_divisor(rows, limit);
  // Where no divisor is near the limit, all of them at once.
  return 4 * divisor >= std::min(rows, limit) ? divisor : rows;
}

Factors factors_of(const ProxyOptions& options) {
  if (options.precision == Precision::fp32) return Factors::fp32;
  // Of what products with packed weights sum over, only the vocabulary may be odd: widths are even.
  const bool has_bf16 =
      options.isa >= Isa::avx512_bf16 && are_bf16_products_right(options.vocabulary);
  return has_bf16 ? Factors::bf16 : Factors::rounded;
}

namespace {

template <class Factor>
const FactorKernels<Factor>& of_factors(const Kernels& kernels) {
  if constexpr (std::is_same_v<Factor, float>)
    return kernels.fp32;
  else
    return kernels.bf16;
}

/// Room for the numbers as they are multiplied: that of the numbers themselves where they are.
template <class Factor>
BufferOf<Factor> place_for(Arena& arena, const Buffer& numbers) {
  if constexpr (std::is_same_v<Factor, float>)
    return numbers;
  else
    return arena.take_factors<Factor>(numbers.size());
}

}  // namespace

// ---- what all threads share ------------------------------------------------------------------

template <class Factor>
TransformerShared<Factor>::TransformerShared(Arena& arena, const ProxyOptions& resolved_options,
                                             const Kernels& level)
    : options(resolved_options),
      kernels(level),
      factor_kernels(of_factors<Factor>(level)),
      layout(options),
      weights(arena.take(layout.size)),
      cosine(arena.take(Index{options.context} * options.width / options.heads / 2)),
      sine(arena.take(cosine.size())),
      rows(pass_sequences(options) * options.context),
      head_rows(proxy::head_rows(options)),
      embedding{layout.embedding,
                {arena,
                 {head_rows, layout.embedding.rows, layout.embedding.columns, factors_of(options)},
                 kernels}} {
  const auto linear = [&](const Matrix& matrix) {
    return Linear{matrix,
                  {arena, {rows, matrix.rows, matrix.columns, factors_of(options)}, kernels}};
  };
  for (const ParameterLayout::Layer& layer : layout.layers)
    layers.push_back({linear(layer.qkv), linear(layer.out), linear(layer.up), linear(layer.down)});
  const Index half = options.width / options.heads / 2;
  for (Index position = 0; position < options.context; ++position)
    for (Index i = 0; i < half; ++i) {
      const double angle =
          static_cast<double>(position) *
          std::pow(rotary_base, -static_cast<double>(i) / static_cast<double>(half));
      *cosine.at(position * half + i) = static_cast<float>(std::cos(angle));
      *sine.at(position * half + i) = static_cast<float>(std::sin(angle));
    }
}

template <class Factor>
std::vector<typename TransformerShared<Factor>::Linear*> TransformerShared<Factor>::linears() {
  std::vector<Linear*> all{&embedding};
  for (Layer& layer : layers)
    all.insert(all.end(), {&layer.qkv, &layer.out, &layer.up, &layer.down});
  return all;
}

// ---- one thread's pass -------------------------------------------------------------------------

template <class Factor>
TransformerPass<Factor>::Activations::Activations(Arena& arena, const AttentionShape& shape,
                                                  Index rows, Index width)
    : norm1(arena.take_factors<Factor>(rows * width)),
      inverse_rms1(arena.take(rows)),
      attention(arena, shape),
      attended(arena.take_factors<Factor>(rows * width)),
      norm2(arena.take_factors<Factor>(rows * width)),
      inverse_rms2(arena.take(rows)),
      hidden(arena.take(rows * 4 * width)) {}

template <class Factor>
TransformerPass<Factor>::TransformerPass(Arena& arena, const TransformerShared<Factor>& shared)
    : shared_(shared),
      kernels_(shared.kernels),
      factor_kernels_(shared.factor_kernels),
      rows_(shared.rows),
      width_(shared.options.width),
      attention_(arena, attention_shape(shared.options), shared.angles(), shared.kernels),
      x_(arena.take(rows_ * width_)),
      norm_(arena.take_factors<Factor>(rows_ * width_)),
      inverse_rms_(arena.take(rows_)),
      logits_(arena.take(shared.head_rows * shared.options.vocabulary)),
      nats_(arena.take(rows_)),
      dx_(arena.take(rows_ * width_)),
      wide_(arena.take(rows_ * 4 * width_)),
      narrow_(arena.take(rows_ * width_)),
      dx_factors_(place_for<Factor>(arena, dx_)),
      wide_factors_(place_for<Factor>(arena, wide_)),
      logit_factors_(place_for<Factor>(arena, logits_)),
      product_scratch_(arena.take([&] {
        Index most = shared.embedding.products.scratch_size();
        for (const auto& [qkv, out, up, down] : shared.layers)
          for (const Linear* w : {&qkv, &out, &up, &down})
            most = std::max(most, w->products.scratch_size());
        return most;
      }())),
      input_(static_cast<std::size_t>(rows_)),
      target_(static_cast<std::size_t>(rows_)) {
  if constexpr (!std::is_same_v<Factor, float>)
    remade_ = arena.take_factors<Factor>(rows_ * 4 * width_);
  for (std::size_t l = 0; l < shared.layers.size(); ++l)
    layers_.emplace_back(arena, attention_shape(shared.options), rows_, width_);
}

template <class Factor>
BufferOf<Factor> TransformerPass<Factor>::remade_in_place_of(const Buffer& hidden) const {
  if constexpr (std::is_same_v<Factor, float>)
    return hidden;
  else
    return *remade_;
}

template <class Factor>
const Factor* TransformerPass<Factor>::as_factors(const Buffer& numbers,
                                                  const BufferOf<Factor>& place) const {
  if constexpr (!std::is_same_v<Factor, float>)
    factor_kernels_.copy(numbers.data(), place.data(), numbers.size());
  return place.data();
}

template <class Factor>
void TransformerPass<Factor>::multiply(const Linear& w, const Factor* x, int keep, float* y) {
  w.products.forward(x, keep, y, product_scratch_.data());
  finished("forward products", w.products.flops());
}

template <class Factor>
void TransformerPass<Factor>::multiply_turned(const Linear& w, const Factor* dy, float* dx,
                                              const char* part) {
  w.products.input_gradient(dy, dx, product_scratch_.data());
  finished(part, w.products.flops());
}

template <class Factor>
void TransformerPass<Factor>::add_weight_gradient(const Linear& w, const Factor* x,
                                                  const Factor* dy, int keep,
                                                  const Buffer& gradient) {
  w.products.weight_gradient(x, dy, keep, gradient.at(w.matrix.offset), product_scratch_.data());
  finished("weight gradients", w.products.flops());
}

template <class Factor>
double TransformerPass<Factor>::attention_flops() const {
  return 2.0 * static_cast<double>(rows_ * width_ * shared_.options.context);
}

/// Rows beyond the given sequences are filled with tokens 0: their losses go nowhere.
template <class Factor>
void TransformerPass<Factor>::load_tokens(std::span<const std::int32_t> sequences) {
  const auto context = static_cast<std::size_t>(shared_.options.context);
  const std::size_t count = sequences.size() / (context + 1);
  for (std::size_t s = 0; s < count; ++s) {
    const std::int32_t* row = sequences.data() + s * (context + 1);
    std::copy_n(row, context, input_.data() + s * context);
    std::copy_n(row + 1, context, target_.data() + s * context);
  }
  for (std::vector<std::int32_t>* tokens : {&input_, &target_})
    std::fill(tokens->begin() + static_cast<Index>(count * context), tokens->end(), 0);
}

template <class Factor>
void TransformerPass<Factor>::attention_block(std::size_t layer) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  factor_kernels_.rmsnorm_forward(x_.data(), a.norm1.data(), a.inverse_rms1.data(), rows_, width_);
  finished("norms");
  multiply(qkv, a.norm1.data(), 0, attention_.projections(a.attention));
  attention_.forward(a.attention, a.attended.data());
  finished("attention forward", attention_flops());
  multiply(out, a.attended.data(), 1, x_.data());
}

template <class Factor>
void TransformerPass<Factor>::attention_block_backward(std::size_t layer, int keep,
                                                       const Buffer& gradient) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  const Factor* const dx = as_factors(dx_, dx_factors_);
  add_weight_gradient(out, a.attended.data(), dx, keep, gradient);
  multiply_turned(out, dx, narrow_.data(), "input gradients");
  attention_.backward(a.attention, a.attended.data(), narrow_.data(), wide_factors_.data());
  finished("attention backward", 2 * attention_flops());
  add_weight_gradient(qkv, a.norm1.data(), wide_factors_.data(), keep, gradient);
  multiply_turned(qkv, wide_factors_.data(), narrow_.data(), "input gradients");
  factor_kernels_.rmsnorm_backward(narrow_.data(), a.norm1.data(), a.inverse_rms1.data(),
                                   dx_.data(), rows_, width_);
  finished("norms");
}

template <class Factor>
void TransformerPass<Factor>::feed_forward_block(std::size_t layer) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  factor_kernels_.rmsnorm_forward(x_.data(), a.norm2.data(), a.inverse_rms2.data(), rows_, width_);
  finished("norms");
  multiply(up, a.norm2.data(), 0, a.hidden.data());
  factor_kernels_.gelu_forward(a.hidden.data(), wide_factors_.data(), rows_ * 4 * width_);
  finished("gelu");
  multiply(down, wide_factors_.data(), 1, x_.data());
}

template <class Factor>
void TransformerPass<Factor>::feed_forward_block_backward(std::size_t layer, int keep,
                                                          const Buffer& gradient) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  const Factor* const dx = as_factors(dx_, dx_factors_);
  multiply_turned(down, dx, wide_.data(), "input gradients");
  const BufferOf<Factor> u = remade_in_place_of(a.hidden);
  factor_kernels_.gelu_backward(a.hidden.data(), wide_.data(), u.data(), wide_factors_.data(),
                                rows_ * 4 * width_);
  finished("gelu");
  add_weight_gradient(down, u.data(), dx, keep, gradient);
  add_weight_gradient(up, a.norm2.data(), wide_factors_.data(), keep, gradient);
  multiply_turned(up, wide_factors_.data(), narrow_.data(), "input gradients");
  factor_kernels_.rmsnorm_backward(narrow_.data(), a.norm2.data(), a.inverse_rms2.data(),
                                   dx_.data(), rows_, width_);
  finished("norms");
}

template <class Factor>
void TransformerPass<Factor>::head_chunk(Index first, std::span<const float> weights) {
  const Index vocabulary = shared_.options.vocabulary;
  // The gradient of the mean loss over the whole batch.
  const float scale = 1.0F / static_cast<float>(tokens_per_step(shared_.options));
  multiply_turned(shared_.embedding, norm_.at(first * width_), logits_.data(), "head products");
  // Sequence by sequence, since each may have a weight of its own.
  for (Index row = first; row < first + shared_.head_rows;) {
    const Index sequence = row / shared_.options.context;
    const Index end = std::min(first + shared_.head_rows, (sequence + 1) * shared_.options.context);
    const float weight = weights.empty() ? 1.0F : weights[static_cast<std::size_t>(sequence)];
    kernels_.cross_entropy(logits_.at((row - first) * vocabulary), target_.data() + row,
                           nats_.at(row), end - row, vocabulary, scale * weight);
    row = end;
  }
  finished("loss");
}

template <class Factor>
void TransformerPass<Factor>::head_losses() {
  for (Index first = 0; first < rows_; first += shared_.head_rows) head_chunk(first, {});
}

template <class Factor>
void TransformerPass<Factor>::head_backward(int keep, const Buffer& gradient,
                                            std::span<const float> weights) {
  const auto& embedding = shared_.embedding;
  for (Index first = 0; first < rows_; first += shared_.head_rows) {
    head_chunk(first, weights);
    const Factor* const dlogits = as_factors(logits_, logit_factors_);
    embedding.products.weight_gradient(dlogits, norm_.at(first * width_), first == 0 ? keep : 1,
                                       gradient.at(embedding.matrix.offset),
                                       product_scratch_.data());
    embedding.products.forward(dlogits, 0, narrow_.at(first * width_), product_scratch_.data());
    finished("head products", 2 * embedding.products.flops());
  }
}

template <class Factor>
void TransformerPass<Factor>::forward() {
  kernels_.embed(shared_.weights.at(shared_.layout.embedding.offset), input_.data(), x_.data(),
                 rows_, width_);
  finished("embedding");
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    attention_block(layer);
    feed_forward_block(layer);
  }
  factor_kernels_.rmsnorm_forward(x_.data(), norm_.data(), inverse_rms_.data(), rows_, width_);
  finished("norms");
}

template <class Factor>
void TransformerPass<Factor>::backward(int keep, const Buffer& gradient,
                                       std::span<const float> weights) {
  head_backward(keep, gradient, weights);
  std::fill_n(dx_.data(), rows_ * width_, 0.0F);
  factor_kernels_.rmsnorm_backward(narrow_.data(), norm_.data(), inverse_rms_.data(), dx_.data(),
                                   rows_, width_);
  finished("norms");
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    feed_forward_block_backward(layer, keep, gradient);
    attention_block_backward(layer, keep, gradient);
  }
  kernels_.embed_backward(dx_.data(), input_.data(), gradient.at(shared_.layout.embedding.offset),
                          rows_, width_);
  finished("embedding");
}

template <class Factor>
double TransformerPass<Factor>::learn(std::span<const std::int32_t> sequences, int keep,
                                      const Buffer& gradient, std::span<const float> weights) {
  load_tokens(sequences);
  forward();
  backward(keep, gradient, weights);
  double sum = 0;
  for (Index i = 0; i < rows_; ++i) sum += static_cast<double>(*nats_.at(i));
  return sum;
}

template <class Factor>
void TransformerPass<Factor>::losses(std::span<const std::int32_t> sequences,
                                     std::span<float> nats) {
  load_tokens(sequences);
  forward();
  head_losses();
  std::copy_n(nats_.data(), nats.size(), nats.data());
}

template struct TransformerShared<float>;
template struct TransformerShared<Bf16>;
template class TransformerPass<float>;
template class TransformerPass<Bf16>;

}  // namespace bimix::proxy
