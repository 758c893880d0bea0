#include "model_registry.hpp"

#include <bimix/core/error.hpp>

#include <algorithm>
#include <array>

namespace bimix::proxy {

#define BIMIX_MODEL(name) ModelKind name##_kind();
#include "models.def"
#undef BIMIX_MODEL

namespace {

std::size_t row_size(const ProxyOptions& options) {
  return static_cast<std::size_t>(options.context) + 1;
}

void require_tokens(const ProxyOptions& options, std::span<const std::int32_t> tokens) {
  core::require(std::all_of(tokens.begin(), tokens.end(),
                            [&](std::int32_t t) { return t >= 0 && t < options.vocabulary; }),
                "tokens lie within the vocabulary");
}

}  // namespace

void require_batch(const ProxyOptions& options, std::span<const std::int32_t> sequences) {
  core::require(sequences.size() == static_cast<std::size_t>(options.batch) * row_size(options),
                "a training batch has B x (S+1) tokens");
  require_tokens(options, sequences);
}

void require_losses(const ProxyOptions& options, std::span<const std::int32_t> sequences,
                    std::span<const float> nats) {
  const std::size_t count = sequences.size() / row_size(options);
  core::require(
      sequences.size() % row_size(options) == 0 && nats.size() == count * (row_size(options) - 1),
      "token_losses needs n x (S+1) tokens and room for n x S losses");
  require_tokens(options, sequences);
}

std::span<const ModelKind> model_kinds() {
#define BIMIX_MODEL(name) name##_kind(),
  static const std::array kinds{
#include "models.def"
  };
#undef BIMIX_MODEL
  return kinds;
}

const ModelKind* find_model(const std::string& name) {
  const auto kinds = model_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const ModelKind& kind) { return name == kind.name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::vector<std::string> proxy_models() {
  std::vector<std::string> names;
  for (const ModelKind& kind : model_kinds()) names.emplace_back(kind.name);
  return names;
}

std::unique_ptr<LanguageModel> make_model(const ProxyOptions& options, std::uint64_t seed,
                                          std::uint64_t repeat, const core::ProcessGroup& group) {
  const ProxyOptions settled = resolved(options);
  return find_model(settled.model)->make(settled, seed, repeat, group);
}

double mean_loss(LanguageModel& model, int context, std::span<const std::int32_t> sequences) {
  const auto row = static_cast<std::size_t>(context) + 1;
  core::require(!sequences.empty() && sequences.size() % row == 0,
                "mean_loss needs whole sequences of context + 1 tokens");
  std::vector<float> nats(sequences.size() / row * static_cast<std::size_t>(context));
  model.token_losses(sequences, nats);
  double sum = 0;
  for (const float loss : nats) sum += static_cast<double>(loss);
  return sum / static_cast<double>(nats.size());
}

}  // namespace bimix::proxy
