#pragma once

#include <bimix/proxy/language_model.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace bimix::proxy {

/// What a model file defines for its line in models.def.
struct ModelKind {
  const char* name;
  std::unique_ptr<LanguageModel> (*make)(const ProxyOptions&, std::uint64_t seed,
                                         std::uint64_t repeat, const core::ProcessGroup&);
  std::int64_t (*parameter_count)(const ProxyOptions&);
  /// Floating-point operations of reading one token, nothing learned.
  double (*forward_flops)(const ProxyOptions&);
  /// Bytes that training on that many tokens holds.
  double (*memory_bytes)(const ProxyOptions&, std::int64_t tokens);
  /// Bytes that its state then has, at most.
  double (*saved_bytes)(const ProxyOptions&, std::int64_t tokens);
  /// See the functions of these names in options.hpp.
  std::string (*canonical_text)(const ProxyOptions&);
  std::string (*description)(const ProxyOptions&);
  /// It learns by matrix products over micro-batches: their speed is its limit, threads and
  /// processes share them.
  bool has_micro_batches = true;
};

/// What every model asks of its arguments.
/// @throws InternalError for a batch that is not (B, S+1) tokens in [0, V)
void require_batch(const ProxyOptions& options, std::span<const std::int32_t> sequences);
/// @throws InternalError unless there are (n, S+1) tokens in [0, V) and room for (n, S) losses
void require_losses(const ProxyOptions& options, std::span<const std::int32_t> sequences,
                    std::span<const float> nats);

std::span<const ModelKind> model_kinds();
/// nullptr if there is none of that name
const ModelKind* find_model(const std::string& name);

}  // namespace bimix::proxy
