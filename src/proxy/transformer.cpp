#include "transformer.hpp"

#include "model_registry.hpp"
#include "sample_weights.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/proxy/schedule.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace bimix::proxy {
namespace {

constexpr float adam_epsilon = 1e-8F;
constexpr double repeat_logit = 3.0;            // NOTES.md, "How a model starts"
constexpr Index square_block = Index{1} << 16;  // of the gradient's norm: summed by one thread

std::size_t bytes_of(const Buffer& buffer) {
  return static_cast<std::size_t>(buffer.size()) * sizeof(float);
}

std::int64_t count_parameters(const ProxyOptions& options) { return ParameterLayout(options).size; }

double count_forward_flops(const ProxyOptions& options) {
  // Two a weight (the tied head is one matrix, the embedding look-up none) and, for each of the
  // context / 2 positions seen on average, 2 a channel for the score and 2 for the sum of values.
  const double attention = 2.0 * options.layers * options.width * options.context;
  return 2.0 * static_cast<double>(count_parameters(options)) + attention;
}

/// What the buffers of this file and of transformer_pass.cpp add up to.
double count_memory(const ProxyOptions& options, std::int64_t) {
  const double parameters = static_cast<double>(count_parameters(options));
  const double rows = static_cast<double>(pass_sequences(options)) * options.context;
  const double threads = options.threads_per_trial;
  const int micro_batches_a_step = options.batch / options.micro_batch;
  const double micro_batches = micro_batches_a_step / threads;
  // Weights, two moments, two rearranged copies; gradients: one a level of a thread's tree.
  const double gradients = 1.0 + std::ceil(std::log2(micro_batches));
  // Widths a token in floats that a layer keeps, and that there are outside of layers and of
  // attention; logits.
  const bool halves = factors_of(options) == Factors::bf16;
  const double kept = halves ? 7.0 : 11.0, passing = halves ? 12.0 : 8.0;
  const double logits = static_cast<double>(head_rows(options)) * options.vocabulary;
  const AttentionShape attention = attention_shape(options);
  const double activations = rows * options.width * (kept * options.layers + passing) +
                             (halves ? 1.5 : 1.0) * logits +
                             static_cast<double>(halves ? Bf16Attention::room(attention)
                                                        : FloatAttention::room(attention));
  // Those rounded to bf16 are half as large. The largest matrix is turned, and may be rounded, on
  // its way there.
  const double copies = halves ? 4.0 : 5.0;
  const double largest = std::max(4.0 * options.width, double{1} * options.vocabulary) *
                         options.width * (factors_of(options) == Factors::rounded ? 2.0 : 1.0);
  return sizeof(float) *
         (copies * parameters + threads * (gradients * parameters + activations + largest));
}

std::string settings_text(const ProxyOptions& o) {
  std::string extras;  // named where there are any, so that identities without them stay
  if (rate_decays(o))
    extras = fmt::format(" schedule={} final_rate={} decay_fraction={}", core::word_of(o.schedule),
                         o.final_rate, o.decay_fraction);
  if (o.reweight.is_on())
    extras += fmt::format(" reweight={} reweight_after={}", o.reweight.text(), o.reweight_after);
  if (o.reweight.score) extras += fmt::format(" reweight_temperature={}", *o.reweight_temperature);
  return fmt::format(
      "layers={} width={} heads={} context={} batch={} vocabulary={} learning_rate={} "
      "warmup_steps={} weight_decay={} beta1={} beta2={} clip={} eval_sequences={} precision={} "
      "micro_batch={} isa={}{}",
      o.layers, o.width, o.heads, o.context, o.batch, o.vocabulary, o.learning_rate, o.warmup_steps,
      o.weight_decay, o.beta1, o.beta2, o.clip, o.eval_sequences, core::word_of(o.precision),
      o.micro_batch, core::word_of(o.isa), extras);
}

std::string reweight_text(const ProxyOptions& o) {
  if (!o.reweight.is_on()) return "";
  const std::string temperature =
      o.reweight.score ? fmt::format(" (temperature {})", *o.reweight_temperature) : "";
  return fmt::format(", reweight {}{} after {} steps", o.reweight.text(), temperature,
                     o.reweight_after);
}

std::string shape_text(const ProxyOptions& o) {
  return fmt::format(
      "{} layers x {}, {} heads, context {}, batch {} (micro-batch {}), {}, {}, {} {}{}", o.layers,
      o.width, o.heads, o.context, o.batch, o.micro_batch, core::word_of(o.precision),
      core::word_of(o.isa), o.threads_per_trial, o.threads_per_trial == 1 ? "thread" : "threads",
      reweight_text(o));
}

}  // namespace

ModelKind transformer_kind() {
  return {.name = "transformer",
          .make = [](const ProxyOptions& options, std::uint64_t seed, std::uint64_t repeat,
                     const core::ProcessGroup& group) -> std::unique_ptr<LanguageModel> {
            limit_products_to(options.isa);
            const Kernels& kernels = kernels_for(options.isa);
            if (factors_of(options) == Factors::bf16)
              return std::make_unique<Transformer<Bf16>>(options, kernels, seed, repeat, group);
            return std::make_unique<Transformer<float>>(options, kernels, seed, repeat, group);
          },
          .parameter_count = count_parameters,
          .forward_flops = count_forward_flops,
          .memory_bytes = count_memory,
          .saved_bytes =
              [](const ProxyOptions& o, std::int64_t) {
                return 3.0 * sizeof(float) * static_cast<double>(count_parameters(o));
              },
          .canonical_text = settings_text,
          .description = shape_text};
}

/// A thread's own: its way through the model and the gradients that it sums.
template <class Factor>
struct Transformer<Factor>::Thread {
  Thread(Arena& arena, const TransformerShared<Factor>& shared, Leaves all, Leaves part)
      : pass(arena, shared), nodes(nodes_within(all, part)) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::size_t needed = i + static_cast<std::size_t>(levels_of(nodes[i]));
      while (sums.size() < needed) sums.push_back(arena.take(shared.layout.size));
    }
  }

  TransformerPass<Factor> pass;
  std::vector<Leaves> nodes;
  std::vector<Buffer> sums{};  ///< that of node i, and behind it what it takes to get there
};

template <class Factor>
Transformer<Factor>::Transformer(const ProxyOptions& options, const Kernels& kernels,
                                 std::uint64_t seed, std::uint64_t repeat,
                                 const core::ProcessGroup& group)
    : options_(options),
      kernels_(kernels),
      shared_(arena_, options_, kernels_),
      moment1_(arena_.take(shared_.layout.size)),
      moment2_(arena_.take(shared_.layout.size)),
      group_(group),
      leaves_{0, options.batch / options.micro_batch},
      group_gradient_(arena_, group_, leaves_, shared_.layout.size, kernels_.add),
      leaf_nats_(static_cast<std::size_t>(leaves_.count())),
      squares_(static_cast<std::size_t>((shared_.layout.size + square_block - 1) / square_block)),
      team_(options.threads_per_trial) {
  const Leaves own = group_gradient_.part_of(group_.number);
  for (Index t = 0; t < team_.size(); ++t) {
    const Leaves part = part_of(own, t, team_.size());
    threads_.push_back(std::make_unique<Thread>(arena_, shared_, leaves_, part));
    const Thread& thread = *threads_.back();
    for (std::size_t i = 0; i < thread.nodes.size(); ++i)
      nodes_.push_back({thread.nodes[i], thread.sums[i]});
  }
  for (const Leaves node : nodes_within(leaves_, own))
    own_nodes_.push_back(
        {node, std::find_if(nodes_.begin(), nodes_.end(), [&](const NodeSum& part) {
                 return part.leaves.first == node.first;
               })->sum});
  initialise(seed, repeat);
}

template <class Factor>
Transformer<Factor>::~Transformer() = default;

template <class Factor>
void Transformer<Factor>::initialise(std::uint64_t seed, std::uint64_t repeat) {
  // What is added to the residual stream starts at zero, so the model starts as its embedding and
  // the layers join in as they learn (Goyal et al. 2017, arXiv:1706.02677, section 5.1). The tied
  // head then favours repeating the token by a logit of deviation * width, kept small so that the
  // loss starts near ln V. Other products give unit variance.
  const std::vector<Matrix> matrices = shared_.layout.matrices();
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const Matrix& matrix = matrices[i];
    if (matrix.name.ends_with(".out") || matrix.name.ends_with(".down")) continue;
    const double deviation =
        i == 0 ? repeat_logit / options_.width : 1.0 / std::sqrt(static_cast<double>(matrix.rows));
    core::RandomStream random(seed, core::Purpose::initial_weights, repeat, i);
    std::generate_n(shared_.weights.at(matrix.offset), matrix.rows * matrix.columns,
                    [&] { return static_cast<float>(deviation * random.normal()); });
  }
}

template <class Factor>
Leaves Transformer<Factor>::own_slice(int number) const {
  return slice_of(shared_.layout.size, number, team_.size());
}

template <class Factor>
void Transformer<Factor>::pack() {
  if (packed_) return;
  const auto linears = shared_.linears();
  team_.run([&](int number) {
    for (std::size_t i = static_cast<std::size_t>(number); i < linears.size();
         i += static_cast<std::size_t>(team_.size()))
      linears[i]->products.pack(shared_.weights.at(linears[i]->matrix.offset),
                                threads_[static_cast<std::size_t>(number)]->pass.product_scratch());
  });
  packed_ = true;
  finished("packing");
}

template <class Factor>
void Transformer<Factor>::learn_part(Thread& thread, std::span<const std::int32_t> sequences,
                                     std::span<const float> weights) {
  const auto row = static_cast<std::size_t>(options_.context) + 1;
  const std::size_t leaf_size = static_cast<std::size_t>(options_.micro_batch) * row;
  const std::size_t pass_size = static_cast<std::size_t>(pass_sequences(options_)) * row;
  const auto leaf = [&](Index index, const Buffer& gradient) {
    const std::size_t begin = static_cast<std::size_t>(index) * leaf_size;
    double nats = 0;
    for (std::size_t first = begin; first < begin + leaf_size; first += pass_size)
      nats += thread.pass.learn(
          sequences.subspan(first, pass_size), first == begin ? 0 : 1, gradient,
          weights.empty() ? weights : weights.subspan(first / row, pass_size / row));
    leaf_nats_[static_cast<std::size_t>(index)] = nats;
  };
  for (std::size_t i = 0; i < thread.nodes.size(); ++i)
    sum_node(thread.nodes[i], leaf, &thread.sums[i], kernels_.add);
}

template <class Factor>
void Transformer<Factor>::sum_gradients() {
  if (nodes_.size() > own_nodes_.size())
    team_.run([&](int number) {
      const Leaves slice = own_slice(number);
      for (const NodeSum& node : own_nodes_)
        sum_up(node.leaves, nodes_, slice.first, slice.count(), kernels_.add);
    });
  if (group_.size > 1) group_gradient_.sum(own_nodes_, gradient());
}

template <class Factor>
double Transformer<Factor>::accumulate_gradient(std::span<const std::int32_t> sequences,
                                                std::span<const float> weights) {
  require_batch(options_, sequences);
  pack();
  team_.run([&](int number) {
    learn_part(*threads_[static_cast<std::size_t>(number)], sequences, weights);
  });
  sum_gradients();
  core::share_parts(group_, std::span(leaf_nats_), [&](int member) {
    const Leaves part = group_gradient_.part_of(member);
    return core::Stretch{static_cast<std::size_t>(part.first),
                         static_cast<std::size_t>(part.count())};
  });
  finished("sum of gradients");
  return std::accumulate(leaf_nats_.begin(), leaf_nats_.end(), 0.0) /
         static_cast<double>(tokens_per_step(options_));
}

template <class Factor>
double Transformer<Factor>::squared_norm() {
  team_.run([&](int number) {
    for (Index b = number; b < std::ssize(squares_); b += team_.size()) {
      const Index first = b * square_block;
      squares_[static_cast<std::size_t>(b)] = kernels_.sum_of_squares(
          gradient().at(first), std::min(square_block, gradient().size() - first));
    }
  });
  return std::accumulate(squares_.begin(), squares_.end(), 0.0);
}

template <class Factor>
void Transformer<Factor>::update(double learning_rate) {
  ++steps_;
  const double norm = std::sqrt(squared_norm());
  const auto steps = static_cast<double>(steps_);
  const AdamStep step{
      .rate = static_cast<float>(learning_rate),
      .beta1 = static_cast<float>(options_.beta1),
      .beta2 = static_cast<float>(options_.beta2),
      .epsilon = adam_epsilon,
      .decay = static_cast<float>(options_.weight_decay),
      .correction1 = static_cast<float>(1 - std::pow(options_.beta1, steps)),
      .correction2 = static_cast<float>(1 - std::pow(options_.beta2, steps)),
      .gradient_scale = norm > options_.clip ? static_cast<float>(options_.clip / norm) : 1.0F};
  team_.run([&](int number) {
    const auto [first, last] = own_slice(number);
    kernels_.adamw(step, shared_.weights.at(first), gradient().at(first), moment1_.at(first),
                   moment2_.at(first), last - first);
  });
  packed_ = false;
  finished("optimiser");
}

template <class Factor>
std::optional<double> Transformer<Factor>::train_step(std::span<const std::int32_t> sequences,
                                                      double learning_rate) {
  std::vector<float> weights;
  const Reweight& reweight = options_.reweight;
  if (reweight.is_on() && steps_ >= options_.reweight_after) {
    std::vector<float> nats(static_cast<std::size_t>(tokens_per_step(options_)));
    token_losses(sequences, nats);
    weights = reweight.score ? sample_weights(nats, options_.batch, *reweight.score,
                                              *options_.reweight_temperature)
                             : sample_weights(nats, options_.batch, reweight.strength);
  }
  const double loss = accumulate_gradient(sequences, weights);
  update(learning_rate);
  return loss;
}

template <class Factor>
void Transformer<Factor>::token_losses(std::span<const std::int32_t> sequences,
                                       std::span<float> nats) {
  const auto context = static_cast<std::size_t>(options_.context);
  const std::size_t count = sequences.size() / (context + 1);
  require_losses(options_, sequences, nats);
  pack();
  // Passes of sequences, divided over the members and over the threads of each.
  const auto pass = static_cast<std::size_t>(pass_sequences(options_));
  const auto threads = static_cast<std::size_t>(team_.size());
  const auto members = static_cast<std::size_t>(group_.size);
  const auto sequences_of = [&](int member) {
    const auto start = [&](std::size_t i) {
      return std::min((count + pass - 1) / pass * i / members * pass, count);
    };
    const auto number = static_cast<std::size_t>(member);
    return core::Stretch{start(number), start(number + 1) - start(number)};
  };
  team_.run([&](int number) {
    const auto own = static_cast<std::size_t>(number);
    const auto [begin, length] = sequences_of(group_.number);
    for (std::size_t first = begin + own * pass; first < begin + length; first += threads * pass) {
      const std::size_t taken = std::min(pass, begin + length - first);
      threads_[own]->pass.losses(sequences.subspan(first * (context + 1), taken * (context + 1)),
                                 nats.subspan(first * context, taken * context));
    }
  });
  core::share_parts(group_, nats, [&](int member) {
    const auto [first, length] = sequences_of(member);
    return core::Stretch{first * context, length * context};
  });
}

template <class Factor>
std::vector<ParameterView> Transformer<Factor>::views(const Buffer& buffer) {
  std::vector<ParameterView> all;
  for (const Matrix& matrix : shared_.layout.matrices())
    all.push_back(
        {matrix.name,
         {buffer.at(matrix.offset), static_cast<std::size_t>(matrix.rows * matrix.columns)}});
  return all;
}

template <class Factor>
std::vector<ParameterView> Transformer<Factor>::parameters() {
  packed_ = false;  // who has the views may write
  return views(shared_.weights);
}

template <class Factor>
std::string Transformer<Factor>::state() const {
  std::string bytes(reinterpret_cast<const char*>(&steps_), sizeof steps_);
  for (const Buffer* part : {&shared_.weights, &moment1_, &moment2_})
    bytes.append(reinterpret_cast<const char*>(part->data()), bytes_of(*part));
  return bytes;
}

template <class Factor>
void Transformer<Factor>::restore(std::string_view state) {
  const std::size_t expected = sizeof steps_ + 3 * bytes_of(shared_.weights);
  if (state.size() != expected)
    throw core::DataError({.place = "",
                           .problem = fmt::format("a saved model has {} bytes", state.size()),
                           .rule = fmt::format("one of these options has {}", expected),
                           .remedy = "Train it anew"});
  const auto take = [&](void* to, std::size_t size) {
    std::memcpy(to, state.data(), size);
    state.remove_prefix(size);
  };
  take(&steps_, sizeof steps_);
  for (const Buffer* part : {&shared_.weights, &moment1_, &moment2_})
    take(part->data(), bytes_of(*part));
  packed_ = false;
}

template <class Factor>
std::vector<ParameterView> Transformer<Factor>::gradients() {
  return views(gradient());
}

template <class Factor>
void Transformer<Factor>::observe(PartObserver finished) {
  threads_.front()->pass.observe(finished);
  finished_ = std::move(finished);
}

template class Transformer<float>;
template class Transformer<Bf16>;

}  // namespace bimix::proxy
