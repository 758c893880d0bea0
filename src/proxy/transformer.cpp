#include "transformer.hpp"

#include "model_registry.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

namespace bimix::proxy {
namespace {

constexpr std::align_val_t cache_line{64};
constexpr float adam_epsilon = 1e-8F;
constexpr double rotary_base = 10000.0;  // Su et al. 2021, doi:10.48550/arXiv.2104.09864
constexpr double embedding_deviation = 0.02;
constexpr Index head_floats = 128 * 1024;  // logits that exist at one time: a quarter of an L2

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

Buffer::Buffer(Index count)
    : data_(static_cast<float*>(
          ::operator new(static_cast<std::size_t>(count) * sizeof(float), cache_line))),
      size_(count) {
  std::fill_n(data_.get(), count, 0.0F);
}

void Buffer::Free::operator()(float* data) const { ::operator delete(data, cache_line); }

ParameterLayout::ParameterLayout(const ProxyOptions& options) {
  const Index width = options.width;
  const auto add = [&](std::string name, Index rows, Index columns) {
    const Index offset = size;
    matrices.push_back({std::move(name), offset, rows, columns});
    size += rows * columns;
    return offset;
  };
  embedding = add("embedding", options.vocabulary, width);
  for (int l = 0; l < options.layers; ++l) {
    Layer layer;
    layer.qkv = add(fmt::format("layer{}.qkv", l), width, 3 * width);
    layer.out = add(fmt::format("layer{}.out", l), width, width);
    layer.up = add(fmt::format("layer{}.up", l), width, 4 * width);
    layer.down = add(fmt::format("layer{}.down", l), 4 * width, width);
    layers.push_back(layer);
  }
}

Transformer::Activations::Activations(Index rows, Index width, Index heads)
    : norm1(rows * width),
      inverse_rms1(rows),
      qkv(rows * 3 * width),
      log_sum(rows * heads),
      attended(rows * width),
      norm2(rows * width),
      inverse_rms2(rows),
      slope(rows * 4 * width),
      hidden(rows * 4 * width) {}

Transformer::Transformer(const ProxyOptions& options, const Kernels& kernels, std::uint64_t seed,
                         std::uint64_t repeat)
    : options_(options),
      kernels_(kernels),
      layout_(options),
      width_(options.width),
      vocabulary_(options.vocabulary),
      rows_(as_index(options.micro_batch) * options.context),
      head_rows_(std::clamp<Index>(head_floats / vocabulary_, 1, rows_)),
      weights_(layout_.size),
      gradient_(layout_.size),
      moment1_(layout_.size),
      moment2_(layout_.size),
      cosine_(as_index(options.context) * options.width / options.heads / 2),
      sine_(cosine_.size()),
      x_(rows_ * width_),
      norm_(rows_ * width_),
      inverse_rms_(rows_),
      logits_(head_rows_ * vocabulary_),
      nats_(rows_),
      dx_(rows_ * width_),
      dwide_(rows_ * 4 * width_),
      dnarrow_(rows_ * width_),
      scratch_(attention_scratch(attention_shape())),
      panel_(matmul_scratch),
      input_(static_cast<std::size_t>(rows_)),
      target_(static_cast<std::size_t>(rows_)) {
  for (int l = 0; l < options.layers; ++l) layers_.emplace_back(rows_, width_, options.heads);
  initialise(seed, repeat);
}

void Transformer::initialise(std::uint64_t seed, std::uint64_t repeat) {
  // Outputs of a unit-variance input have unit variance; what is added to the residual stream is
  // smaller by its number of additions (Radford et al. 2019, "Language models are unsupervised
  // multitask learners", section 2.3).
  const double damping = 1.0 / std::sqrt(2.0 * options_.layers);
  for (std::size_t i = 0; i < layout_.matrices.size(); ++i) {
    const ParameterLayout::Matrix& matrix = layout_.matrices[i];
    const bool adds_to_stream = matrix.name.ends_with(".out") || matrix.name.ends_with(".down");
    const double deviation =
        i == 0 ? embedding_deviation
               : (adds_to_stream ? damping : 1.0) / std::sqrt(static_cast<double>(matrix.rows));
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

void Transformer::matmul(Operand a_form, Operand b_form, Index m, Index n, Index k, const float* a,
                         const float* b, int keep, float* c) {
  kernels_.matmul(a_form, b_form, m, n, k, a, b, keep, c, panel_.data());
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
  const ParameterLayout::Layer& at = layout_.layers[layer];
  const Activations& a = layers_[layer];
  const AttentionShape shape = attention_shape();
  kernels_.rmsnorm_forward(x_.data(), a.norm1.data(), a.inverse_rms1.data(), rows_, width_);
  finished("norms");
  matmul(Operand::plain, Operand::plain, rows_, 3 * width_, width_, a.norm1.data(),
         weights_.at(at.qkv), 0, a.qkv.data());
  finished("matrix products");
  kernels_.attention_forward(shape, angles(), a.qkv.data(), a.attended.data(), a.log_sum.data(),
                             scratch_.data());
  finished("attention");
  matmul(Operand::plain, Operand::plain, rows_, width_, width_, a.attended.data(),
         weights_.at(at.out), 1, x_.data());
  finished("matrix products");
}

void Transformer::attention_block_backward(std::size_t layer, int keep) {
  const ParameterLayout::Layer& at = layout_.layers[layer];
  const Activations& a = layers_[layer];
  const AttentionShape shape = attention_shape();
  matmul(Operand::transposed, Operand::plain, width_, width_, rows_, a.attended.data(), dx_.data(),
         keep, gradient_.at(at.out));
  matmul(Operand::plain, Operand::transposed, rows_, width_, width_, dx_.data(),
         weights_.at(at.out), 0, dnarrow_.data());
  finished("matrix products");
  kernels_.attention_backward(shape, angles(), a.qkv.data(), a.attended.data(), a.log_sum.data(),
                              dnarrow_.data(), dwide_.data(), scratch_.data());
  finished("attention");
  matmul(Operand::transposed, Operand::plain, width_, 3 * width_, rows_, a.norm1.data(),
         dwide_.data(), keep, gradient_.at(at.qkv));
  matmul(Operand::plain, Operand::transposed, rows_, width_, 3 * width_, dwide_.data(),
         weights_.at(at.qkv), 0, dnarrow_.data());
  finished("matrix products");
  kernels_.rmsnorm_backward(dnarrow_.data(), a.norm1.data(), a.inverse_rms1.data(), dx_.data(),
                            rows_, width_);
  finished("norms");
}

void Transformer::feed_forward_block(std::size_t layer) {
  const ParameterLayout::Layer& at = layout_.layers[layer];
  const Activations& a = layers_[layer];
  kernels_.rmsnorm_forward(x_.data(), a.norm2.data(), a.inverse_rms2.data(), rows_, width_);
  finished("norms");
  matmul(Operand::plain, Operand::plain, rows_, 4 * width_, width_, a.norm2.data(),
         weights_.at(at.up), 0, a.slope.data());
  finished("matrix products");
  kernels_.gelu_forward(a.slope.data(), a.hidden.data(), rows_ * 4 * width_);
  finished("gelu");
  matmul(Operand::plain, Operand::plain, rows_, width_, 4 * width_, a.hidden.data(),
         weights_.at(at.down), 1, x_.data());
  finished("matrix products");
}

void Transformer::feed_forward_block_backward(std::size_t layer, int keep) {
  const ParameterLayout::Layer& at = layout_.layers[layer];
  const Activations& a = layers_[layer];
  matmul(Operand::transposed, Operand::plain, 4 * width_, width_, rows_, a.hidden.data(),
         dx_.data(), keep, gradient_.at(at.down));
  matmul(Operand::plain, Operand::transposed, rows_, 4 * width_, width_, dx_.data(),
         weights_.at(at.down), 0, dwide_.data());
  finished("matrix products");
  kernels_.gelu_backward(a.slope.data(), dwide_.data(), rows_ * 4 * width_);
  finished("gelu");
  matmul(Operand::transposed, Operand::plain, width_, 4 * width_, rows_, a.norm2.data(),
         dwide_.data(), keep, gradient_.at(at.up));
  matmul(Operand::plain, Operand::transposed, rows_, width_, 4 * width_, dwide_.data(),
         weights_.at(at.up), 0, dnarrow_.data());
  finished("matrix products");
  kernels_.rmsnorm_backward(dnarrow_.data(), a.norm2.data(), a.inverse_rms2.data(), dx_.data(),
                            rows_, width_);
  finished("norms");
}

void Transformer::head(HeadWork work, int keep, float* nats) {
  // The gradient of the mean loss over the whole batch.
  const float scale = 1.0F / static_cast<float>(tokens_per_step(options_));
  const float* embedding = weights_.at(layout_.embedding);
  for (Index first = 0; first < rows_; first += head_rows_) {
    const Index rows = std::min(head_rows_, rows_ - first);
    const float* n = norm_.at(first * width_);
    matmul(Operand::plain, Operand::transposed, rows, vocabulary_, width_, n, embedding, 0,
           logits_.data());
    finished("matrix products");
    kernels_.cross_entropy(logits_.data(), target_.data() + first, nats + first, rows, vocabulary_,
                           scale);
    finished("loss");
    if (work == HeadWork::losses) continue;
    matmul(Operand::transposed, Operand::plain, vocabulary_, width_, rows, logits_.data(), n,
           first == 0 ? keep : 1, gradient_.at(layout_.embedding));
    matmul(Operand::plain, Operand::plain, rows, width_, vocabulary_, logits_.data(), embedding, 0,
           dnarrow_.at(first * width_));
    finished("matrix products");
  }
}

void Transformer::forward() {
  kernels_.embed(weights_.at(layout_.embedding), input_.data(), x_.data(), rows_, width_);
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
  kernels_.rmsnorm_backward(dnarrow_.data(), norm_.data(), inverse_rms_.data(), dx_.data(), rows_,
                            width_);
  finished("norms");
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    feed_forward_block_backward(layer, keep);
    attention_block_backward(layer, keep);
  }
  kernels_.embed_backward(dx_.data(), input_.data(), gradient_.at(layout_.embedding), rows_,
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
  for (const ParameterLayout::Matrix& matrix : layout_.matrices)
    all.push_back(
        {matrix.name,
         {buffer.at(matrix.offset), static_cast<std::size_t>(matrix.rows * matrix.columns)}});
  return all;
}

std::vector<ParameterView> Transformer::parameters() { return views(weights_); }
std::vector<ParameterView> Transformer::gradients() { return views(gradient_); }

void Transformer::observe(std::function<void(const char*)> finished) {
  finished_ = std::move(finished);
}

}  // namespace bimix::proxy
