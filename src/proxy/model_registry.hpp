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
                                         std::uint64_t repeat, const ProcessGroup&);
  std::int64_t (*parameter_count)(const ProxyOptions&);
  /// Floating-point operations of reading one token, nothing learned.
  double (*forward_flops)(const ProxyOptions&);
  /// Bytes that training on that many tokens holds.
  double (*memory_bytes)(const ProxyOptions&, std::int64_t tokens);
  /// See the functions of these names in options.hpp.
  std::string (*canonical_text)(const ProxyOptions&);
  std::string (*description)(const ProxyOptions&);
  /// It learns by matrix products over micro-batches: their speed is its limit, threads and
  /// processes share them.
  bool has_micro_batches = true;
};

std::span<const ModelKind> model_kinds();
/// nullptr if there is none of that name
const ModelKind* find_model(const std::string& name);

}  // namespace bimix::proxy
