#include "transformer.hpp"

#include "model_registry.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::proxy {
namespace {

constexpr float adam_epsilon = 1e-8F;
constexpr double rotary_base = 10000.0;    // Su et al. 2021, doi:10.48550/arXiv.2104.09864
constexpr double repeat_logit = 3.0;       // NOTES.md, "How a model starts"
constexpr Index head_floats = 512 * 1024;  // logits that exist at one time, see NOTES.md

Index as_index(int value) { return static_cast<Index>(value); }

std::int64_t count_parameters(const ProxyOptions& options) { return ParameterLayout(options).size; }

double count_forward_flops(const ProxyOptions& options) {
  // Two a weight (the tied head is one matrix, the embedding look-up none) and, for each of the
  // context / 2 positions seen on average, 2 a channel for the score and 2 for the sum of values.
  const double attention = 2.0 * options.layers * options.width * options.context;
  return 2.0 * static_cast<double>(count_parameters(options)) + attention;
}

}  // namespace

ModelKind transformer_kind() {
  return {.name = "transformer",
          .make = [](const ProxyOptions& options, std::uint64_t seed,
                     std::uint64_t repeat) -> std::unique_ptr<LanguageModel> {
            return std::make_unique<Transformer>(options, kernels_for(options.isa), seed, repeat);
          },
          .parameter_count = count_parameters,
          .forward_flops = count_forward_flops};
}

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

Transformer::Activations::Activations(Arena& arena, Index rows, Index width, Index heads)
    : norm1(arena.take(rows * width)),
      inverse_rms1(arena.take(rows)),
      qkv(arena.take(rows * 3 * width)),
      log_sum(arena.take(rows * heads)),
      attended(arena.take(rows * width)),
      norm2(arena.take(rows * width)),
      inverse_rms2(arena.take(rows)),
      hidden(arena.take(rows * 4 * width)) {}

Transformer::Transformer(const ProxyOptions& options, const Kernels& kernels, std::uint64_t seed,
                         std::uint64_t repeat)
    : options_(options),
      kernels_(kernels),
      layout_(options),
      width_(options.width),
      vocabulary_(options.vocabulary),
      rows_(as_index(options.micro_batch) * options.context),
      head_rows_(std::clamp<Index>(head_floats / vocabulary_, 1, rows_)),
      weights_(arena_.take(layout_.size)),
      gradient_(arena_.take(layout_.size)),
      moment1_(arena_.take(layout_.size)),
      moment2_(arena_.take(layout_.size)),
      cosine_(arena_.take(as_index(options.context) * options.width / options.heads / 2)),
      sine_(arena_.take(cosine_.size())),
      x_(arena_.take(rows_ * width_)),
      norm_(arena_.take(rows_ * width_)),
      inverse_rms_(arena_.take(rows_)),
      logits_(arena_.take(head_rows_ * vocabulary_)),
      nats_(arena_.take(rows_)),
      dx_(arena_.take(rows_ * width_)),
      wide_(arena_.take(rows_ * 4 * width_)),
      narrow_(arena_.take(rows_ * width_)),
      scratch_(arena_.take(attention_scratch(attention_shape()))),
      panel_(arena_.take(matmul_scratch)),
      input_(static_cast<std::size_t>(rows_)),
      target_(static_cast<std::size_t>(rows_)) {
  for (int l = 0; l < options.layers; ++l)
    layers_.emplace_back(arena_, rows_, width_, options.heads);
  initialise(seed, repeat);
}

void Transformer::initialise(std::uint64_t seed, std::uint64_t repeat) {
  // What is added to the residual stream starts at zero, so the model starts as its embedding and
  // the layers join in as they learn (Goyal et al. 2017, arXiv:1706.02677, section 5.1). The tied
  // head then favours repeating the token by a logit of deviation * width, kept small so that the
  // loss starts near ln V. Other products give unit variance.
  const std::vector<Matrix> matrices = layout_.matrices();
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const Matrix& matrix = matrices[i];
    if (matrix.name.ends_with(".out") || matrix.name.ends_with(".down")) continue;
    const double deviation = i == 0 ? repeat_logit / static_cast<double>(width_)
                                    : 1.0 / std::sqrt(static_cast<double>(matrix.rows));
    RandomStream random(seed, Purpose::initial_weights, repeat, i);
    std::generate_n(weights_.at(matrix.offset), matrix.rows * matrix.columns,
                    [&] { return static_cast<float>(deviation * random.normal()); });
  }
  const Index half = width_ / options_.heads / 2;
  for (Index position = 0; position < options_.context; ++position)
    for (Index i = 0; i < half; ++i) {
      const double angle =
          static_cast<double>(position) *
          std::pow(rotary_base, -static_cast<double>(i) / static_cast<double>(half));
      *cosine_.at(position * half + i) = static_cast<float>(std::cos(angle));
      *sine_.at(position * half + i) = static_cast<float>(std::sin(angle));
    }
}

RotaryAngles Transformer::angles() const {
  return {.cosine = cosine_.data(), .sine = sine_.data()};
}

void Transformer::product(Index rows, const float* x, const Matrix& w, int keep, float* y) {
  kernels_.matmul(Operand::plain, Operand::plain, rows, w.columns, w.rows, x, weights_.at(w.offset),
                  keep, y, panel_.data());
}

void Transformer::product_transposed(Index rows, const float* x, const Matrix& w, float* y) {
  kernels_.matmul(Operand::plain, Operand::transposed, rows, w.rows, w.columns, x,
                  weights_.at(w.offset), 0, y, panel_.data());
}

void Transformer::weight_gradient(Index rows, const float* x, const float* dy, const Matrix& w,
                                  int keep) {
  kernels_.matmul(Operand::transposed, Operand::plain, w.rows, w.columns, rows, x, dy, keep,
                  gradient_.at(w.offset), panel_.data());
}

double Transformer::product_flops(Index rows, const Matrix& w) const {
  return 2.0 * static_cast<double>(rows * w.rows * w.columns);
}

double Transformer::attention_flops() const {
  return 2.0 * static_cast<double>(rows_ * width_ * options_.context);
}

AttentionShape Transformer::attention_shape() const {
  return {.sequences = rows_ / options_.context,
          .context = options_.context,
          .heads = options_.heads,
          .head_width = width_ / options_.heads};
}

void Transformer::load_tokens(std::span<const std::int32_t> sequences) {
  const auto context = static_cast<std::size_t>(options_.context);
  const std::size_t count = sequences.size() / (context + 1);
  rows_ = static_cast<Index>(count * context);
  for (std::size_t s = 0; s < count; ++s) {
    const std::int32_t* row = sequences.data() + s * (context + 1);
    std::copy_n(row, context, input_.data() + s * context);
    std::copy_n(row + 1, context, target_.data() + s * context);
  }
  const auto [low, high] = std::minmax_element(sequences.begin(), sequences.end());
  require(*low >= 0 && *high < options_.vocabulary, "tokens lie within the vocabulary");
}

void Transformer::attention_block(std::size_t layer) {
  const auto& [qkv, out, up, down] = layout_.layers[layer];
  const Activations& a = layers_[layer];
  kernels_.rmsnorm_forward(x_.data(), a.norm1.data(), a.inverse_rms1.data(), rows_, width_);
  finished("norms");
  product(rows_, a.norm1.data(), qkv, 0, a.qkv.data());
  finished("forward products", product_flops(rows_, qkv));
  kernels_.attention_forward(attention_shape(), angles(), a.qkv.data(), a.attended.data(),
                             a.log_sum.data(), scratch_.data());
  finished("attention forward", attention_flops());
  product(rows_, a.attended.data(), out, 1, x_.data());
  finished("forward products", product_flops(rows_, out));
}

void Transformer::attention_block_backward(std::size_t layer, int keep) {
  const auto& [qkv, out, up, down] = layout_.layers[layer];
  const Activations& a = layers_[layer];
  weight_gradient(rows_, a.attended.data(), dx_.data(), out, keep);
  finished("weight gradients", product_flops(rows_, out));
  product_transposed(rows_, dx_.data(), out, narrow_.data());
  finished("input gradients", product_flops(rows_, out));
  kernels_.attention_backward(attention_shape(), angles(), a.qkv.data(), a.attended.data(),
                              a.log_sum.data(), narrow_.data(), wide_.data(), scratch_.data());
  finished("attention backward", 2 * attention_flops());
  weight_gradient(rows_, a.norm1.data(), wide_.data(), qkv, keep);
  finished("weight gradients", product_flops(rows_, qkv));
  product_transposed(rows_, wide_.data(), qkv, narrow_.data());
  finished("input gradients", product_flops(rows_, qkv));
  kernels_.rmsnorm_backward(narrow_.data(), a.norm1.data(), a.inverse_rms1.data(), dx_.data(),
                            rows_, width_);
  finished("norms");
}

void Transformer::feed_forward_block(std::size_t layer) {
  const auto& [qkv, out, up, down] = layout_.layers[layer];
  const Activations& a = layers_[layer];
  kernels_.rmsnorm_forward(x_.data(), a.norm2.data(), a.inverse_rms2.data(), rows_, width_);
  finished("norms");
  product(rows_, a.norm2.data(), up, 0, a.hidden.data());
  finished("forward products", product_flops(rows_, up));
  kernels_.gelu_forward(a.hidden.data(), wide_.data(), rows_ * up.columns);
  finished("gelu");
  product(rows_, wide_.data(), down, 1, x_.data());
  finished("forward products", product_flops(rows_, down));
}

void Transformer::feed_forward_block_backward(std::size_t layer, int keep) {
  const auto& [qkv, out, up, down] = layout_.layers[layer];
  const Activations& a = layers_[layer];
  product_transposed(rows_, dx_.data(), down, wide_.data());
  finished("input gradients", product_flops(rows_, down));
  kernels_.gelu_backward(a.hidden.data(), wide_.data(), rows_ * up.columns);
  finished("gelu");
  weight_gradient(rows_, a.hidden.data(), dx_.data(), down, keep);
  finished("weight gradients", product_flops(rows_, down));
  weight_gradient(rows_, a.norm2.data(), wide_.data(), up, keep);
  finished("weight gradients", product_flops(rows_, up));
  product_transposed(rows_, wide_.data(), up, narrow_.data());
  finished("input gradients", product_flops(rows_, up));
  kernels_.rmsnorm_backward(narrow_.data(), a.norm2.data(), a.inverse_rms2.data(), dx_.data(),
                            rows_, width_);
  finished("norms");
}

void Transformer::head(HeadWork work, int keep, float* nats) {
  // The gradient of the mean loss over the whole batch.
  const float scale = 1.0F / static_cast<float>(tokens_per_step(options_));
  const Matrix& embedding = layout_.embedding;
  for (Index first = 0; first < rows_; first += head_rows_) {
    const Index rows = std::min(head_rows_, rows_ - first);
    const float* n = norm_.at(first * width_);
    product_transposed(rows, n, embedding, logits_.data());
    finished("head products", product_flops(rows, embedding));
    kernels_.cross_entropy(logits_.data(), target_.data() + first, nats + first, rows, vocabulary_,
                           scale);
    finished("loss");
    if (work == HeadWork::losses) continue;
    weight_gradient(rows, logits_.data(), n, embedding, first == 0 ? keep : 1);
    product(rows, logits_.data(), embedding, 0, narrow_.at(first * width_));
    finished("head products", 2 * product_flops(rows, embedding));
  }
}

void Transformer::forward() {
  kernels_.embed(weights_.at(layout_.embedding.offset), input_.data(), x_.data(), rows_, width_);
  finished("embedding");
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    attention_block(layer);
    feed_forward_block(layer);
  }
  kernels_.rmsnorm_forward(x_.data(), norm_.data(), inverse_rms_.data(), rows_, width_);
  finished("norms");
}

void Transformer::backward(int keep) {
  std::fill_n(dx_.data(), rows_ * width_, 0.0F);
  kernels_.rmsnorm_backward(narrow_.data(), norm_.data(), inverse_rms_.data(), dx_.data(), rows_,
                            width_);
  finished("norms");
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    feed_forward_block_backward(layer, keep);
    attention_block_backward(layer, keep);
  }
  kernels_.embed_backward(dx_.data(), input_.data(), gradient_.at(layout_.embedding.offset), rows_,
                          width_);
  finished("embedding");
}

double Transformer::accumulate_gradient(std::span<const std::int32_t> sequences) {
  const std::size_t piece = static_cast<std::size_t>(options_.micro_batch) *
                            static_cast<std::size_t>(options_.context + 1);
  require(
      sequences.size() == piece * static_cast<std::size_t>(options_.batch / options_.micro_batch),
      "a training batch has B x (S+1) tokens");
  double sum = 0;
  for (std::size_t first = 0; first < sequences.size(); first += piece) {
    const int keep = first == 0 ? 0 : 1;
    load_tokens(sequences.subspan(first, piece));
    forward();
    head(HeadWork::losses_and_gradient, keep, nats_.data());
    backward(keep);
    for (Index i = 0; i < rows_; ++i) sum += static_cast<double>(*nats_.at(i));
  }
  return sum / static_cast<double>(tokens_per_step(options_));
}

void Transformer::update() {
  ++steps_;
  const double norm = std::sqrt(kernels_.sum_of_squares(gradient_.data(), gradient_.size()));
  const auto steps = static_cast<double>(steps_);
  const double warm = std::min(1.0, steps / std::max(1, options_.warmup_steps));
  const AdamStep step{
      .rate = static_cast<float>(options_.learning_rate * warm),
      .beta1 = static_cast<float>(options_.beta1),
      .beta2 = static_cast<float>(options_.beta2),
      .epsilon = adam_epsilon,
      .decay = static_cast<float>(options_.weight_decay),
      .correction1 = static_cast<float>(1 - std::pow(options_.beta1, steps)),
      .correction2 = static_cast<float>(1 - std::pow(options_.beta2, steps)),
      .gradient_scale = norm > options_.clip ? static_cast<float>(options_.clip / norm) : 1.0F};
  kernels_.adamw(step, weights_.data(), gradient_.data(), moment1_.data(), moment2_.data(),
                 weights_.size());
  finished("optimiser");
}

double Transformer::train_step(std::span<const std::int32_t> sequences) {
  const double loss = accumulate_gradient(sequences);
  update();
  return loss;
}

void Transformer::token_losses(std::span<const std::int32_t> sequences, std::span<float> nats) {
  const auto row = static_cast<std::size_t>(options_.context) + 1;
  const std::size_t count = sequences.size() / row;
  require(sequences.size() % row == 0 && nats.size() == count * (row - 1),
          "token_losses needs n x (S+1) tokens and room for n x S losses");
  const auto piece = static_cast<std::size_t>(options_.micro_batch);
  for (std::size_t first = 0; first < count; first += piece) {
    const std::size_t taken = std::min(piece, count - first);
    load_tokens(sequences.subspan(first * row, taken * row));
    forward();
    head(HeadWork::losses, 0, nats.data() + first * (row - 1));
  }
}

std::vector<ParameterView> Transformer::views(const Buffer& buffer) {
  std::vector<ParameterView> all;
  for (const Matrix& matrix : layout_.matrices())
    all.push_back(
        {matrix.name,
         {buffer.at(matrix.offset), static_cast<std::size_t>(matrix.rows * matrix.columns)}});
  return all;
}

std::vector<ParameterView> Transformer::parameters() { return views(weights_); }
std::vector<ParameterView> Transformer::gradients() { return views(gradient_); }

void Transformer::observe(PartObserver finished) { finished_ = std::move(finished); }

}  // namespace bimix::proxy
