#include "transformer_pass.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::proxy {
namespace {

constexpr double rotary_base = 10000.0;    // Su et al. 2021, doi:10.48550/arXiv.2104.09864
constexpr Index head_floats = 512 * 1024;  // logits that exist at one time, see NOTES.md
constexpr Index pass_tokens = 256;         // see NOTES.md

/// The largest divisor of `whole` that is at most `limit`, or 1.
Index largest_divisor(Index whole, Index limit) {
  for (Index candidate = std::min(whole, limit); candidate > 1; --candidate)
    if (whole % candidate == 0) return candidate;
  return 1;
}

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
  return largest_divisor(options.micro_batch, pass_tokens / options.context);
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
  return options.isa == Isa::amx ? Factors::bf16 : Factors::rounded;
}

// ---- what all threads share ------------------------------------------------------------------

TransformerShared::TransformerShared(Arena& arena, const ProxyOptions& resolved_options,
                                     const Kernels& level)
    : options(resolved_options),
      kernels(level),
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

std::vector<TransformerShared::Linear*> TransformerShared::linears() {
  std::vector<Linear*> all{&embedding};
  for (Layer& layer : layers)
    all.insert(all.end(), {&layer.qkv, &layer.out, &layer.up, &layer.down});
  return all;
}

// ---- one thread's pass -------------------------------------------------------------------------

TransformerPass::Activations::Activations(Arena& arena, Index rows, Index width, Index heads)
    : norm1(arena.take(rows * width)),
      inverse_rms1(arena.take(rows)),
      qkv(arena.take(rows * 3 * width)),
      log_sum(arena.take(rows * heads)),
      attended(arena.take(rows * width)),
      norm2(arena.take(rows * width)),
      inverse_rms2(arena.take(rows)),
      hidden(arena.take(rows * 4 * width)) {}

TransformerPass::TransformerPass(Arena& arena, const TransformerShared& shared)
    : shared_(shared),
      kernels_(shared.kernels),
      rows_(shared.rows),
      width_(shared.options.width),
      x_(arena.take(rows_ * width_)),
      norm_(arena.take(rows_ * width_)),
      inverse_rms_(arena.take(rows_)),
      logits_(arena.take(shared.head_rows * shared.options.vocabulary)),
      nats_(arena.take(rows_)),
      dx_(arena.take(rows_ * width_)),
      wide_(arena.take(rows_ * 4 * width_)),
      narrow_(arena.take(rows_ * width_)),
      attention_scratch_(arena.take(attention_scratch(attention_shape()))),
      product_scratch_(arena.take([&] {
        Index most = shared.embedding.products.scratch_size();
        for (const auto& [qkv, out, up, down] : shared.layers)
          for (const Linear* w : {&qkv, &out, &up, &down})
            most = std::max(most, w->products.scratch_size());
        return most;
      }())),
      input_(static_cast<std::size_t>(rows_)),
      target_(static_cast<std::size_t>(rows_)) {
  for (std::size_t l = 0; l < shared.layers.size(); ++l)
    layers_.emplace_back(arena, rows_, width_, shared.options.heads);
}

void TransformerPass::multiply(const Linear& w, const float* x, int keep, float* y) {
  w.products.forward(x, keep, y, product_scratch_.data());
  finished("forward products", w.products.flops());
}

void TransformerPass::multiply_turned(const Linear& w, const float* dy, float* dx,
                                      const char* part) {
  w.products.input_gradient(dy, dx, product_scratch_.data());
  finished(part, w.products.flops());
}

void TransformerPass::add_weight_gradient(const Linear& w, const float* x, const float* dy,
                                          int keep, const Buffer& gradient) {
  w.products.weight_gradient(x, dy, keep, gradient.at(w.matrix.offset), product_scratch_.data());
  finished("weight gradients", w.products.flops());
}

double TransformerPass::attention_flops() const {
  return 2.0 * static_cast<double>(rows_ * width_ * shared_.options.context);
}

AttentionShape TransformerPass::attention_shape() const {
  return {.sequences = rows_ / shared_.options.context,
          .context = shared_.options.context,
          .heads = shared_.options.heads,
          .head_width = width_ / shared_.options.heads};
}

/// Rows beyond the given sequences are filled with tokens 0: their losses go nowhere.
void TransformerPass::load_tokens(std::span<const std::int32_t> sequences) {
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

void TransformerPass::attention_block(std::size_t layer) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  kernels_.rmsnorm_forward(x_.data(), a.norm1.data(), a.inverse_rms1.data(), rows_, width_);
  finished("norms");
  multiply(qkv, a.norm1.data(), 0, a.qkv.data());
  kernels_.attention_forward(attention_shape(), shared_.angles(), a.qkv.data(), a.attended.data(),
                             a.log_sum.data(), attention_scratch_.data());
  finished("attention forward", attention_flops());
  multiply(out, a.attended.data(), 1, x_.data());
}

void TransformerPass::attention_block_backward(std::size_t layer, int keep,
                                               const Buffer& gradient) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  add_weight_gradient(out, a.attended.data(), dx_.data(), keep, gradient);
  multiply_turned(out, dx_.data(), narrow_.data(), "input gradients");
  kernels_.attention_backward(attention_shape(), shared_.angles(), a.qkv.data(), a.attended.data(),
                              a.log_sum.data(), narrow_.data(), wide_.data(),
                              attention_scratch_.data());
  finished("attention backward", 2 * attention_flops());
  add_weight_gradient(qkv, a.norm1.data(), wide_.data(), keep, gradient);
  multiply_turned(qkv, wide_.data(), narrow_.data(), "input gradients");
  kernels_.rmsnorm_backward(narrow_.data(), a.norm1.data(), a.inverse_rms1.data(), dx_.data(),
                            rows_, width_);
  finished("norms");
}

void TransformerPass::feed_forward_block(std::size_t layer) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  kernels_.rmsnorm_forward(x_.data(), a.norm2.data(), a.inverse_rms2.data(), rows_, width_);
  finished("norms");
  multiply(up, a.norm2.data(), 0, a.hidden.data());
  kernels_.gelu_forward(a.hidden.data(), wide_.data(), rows_ * 4 * width_);
  finished("gelu");
  multiply(down, wide_.data(), 1, x_.data());
}

void TransformerPass::feed_forward_block_backward(std::size_t layer, int keep,
                                                  const Buffer& gradient) {
  const auto& [qkv, out, up, down] = shared_.layers[layer];
  const Activations& a = layers_[layer];
  multiply_turned(down, dx_.data(), wide_.data(), "input gradients");
  kernels_.gelu_backward(a.hidden.data(), wide_.data(), rows_ * 4 * width_);
  finished("gelu");
  add_weight_gradient(down, a.hidden.data(), dx_.data(), keep, gradient);
  add_weight_gradient(up, a.norm2.data(), wide_.data(), keep, gradient);
  multiply_turned(up, wide_.data(), narrow_.data(), "input gradients");
  kernels_.rmsnorm_backward(narrow_.data(), a.norm2.data(), a.inverse_rms2.data(), dx_.data(),
                            rows_, width_);
  finished("norms");
}

void TransformerPass::head_chunk(Index first, std::span<const float> weights) {
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

void TransformerPass::head_losses() {
  for (Index first = 0; first < rows_; first += shared_.head_rows) head_chunk(first, {});
}

void TransformerPass::head_backward(int keep, const Buffer& gradient,
                                    std::span<const float> weights) {
  const Linear& embedding = shared_.embedding;
  for (Index first = 0; first < rows_; first += shared_.head_rows) {
    head_chunk(first, weights);
    embedding.products.weight_gradient(logits_.data(), norm_.at(first * width_),
                                       first == 0 ? keep : 1, gradient.at(embedding.matrix.offset),
                                       product_scratch_.data());
    embedding.products.forward(logits_.data(), 0, narrow_.at(first * width_),
                               product_scratch_.data());
    finished("head products", 2 * embedding.products.flops());
  }
}

void TransformerPass::forward() {
  kernels_.embed(shared_.weights.at(shared_.layout.embedding.offset), input_.data(), x_.data(),
                 rows_, width_);
  finished("embedding");
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    attention_block(layer);
    feed_forward_block(layer);
  }
  kernels_.rmsnorm_forward(x_.data(), norm_.data(), inverse_rms_.data(), rows_, width_);
  finished("norms");
}

void TransformerPass::backward(int keep, const Buffer& gradient, std::span<const float> weights) {
  head_backward(keep, gradient, weights);
  std::fill_n(dx_.data(), rows_ * width_, 0.0F);
  kernels_.rmsnorm_backward(narrow_.data(), norm_.data(), inverse_rms_.data(), dx_.data(), rows_,
                            width_);
  finished("norms");
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    feed_forward_block_backward(layer, keep, gradient);
    attention_block_backward(layer, keep, gradient);
  }
  kernels_.embed_backward(dx_.data(), input_.data(), gradient.at(shared_.layout.embedding.offset),
                          rows_, width_);
  finished("embedding");
}

double TransformerPass::learn(std::span<const std::int32_t> sequences, int keep,
                              const Buffer& gradient, std::span<const float> weights) {
  load_tokens(sequences);
  forward();
  backward(keep, gradient, weights);
  double sum = 0;
  for (Index i = 0; i < rows_; ++i) sum += static_cast<double>(*nats_.at(i));
  return sum;
}

void TransformerPass::losses(std::span<const std::int32_t> sequences, std::span<float> nats) {
  load_tokens(sequences);
  forward();
  head_losses();
  std::copy_n(nats_.data(), nats.size(), nats.data());
}

}  // namespace bimix::proxy
