#pragma once

#include <bimix/proxy/language_model.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace bimix::proxy {

/// What a model file defines for its line in models.def.
struct ModelKind {
  const char* name;
  std::unique_ptr<LanguageModel> (*make)(const ProxyOptions&, std::uint64_t seed,
                                         std::uint64_t repeat);
  std::int64_t (*parameter_count)(const ProxyOptions&);
  /// Floating-point operations of reading one token, nothing learned.
  double (*forward_flops)(const ProxyOptions&);
  /// Bytes that training holds.
  double (*memory_bytes)(const ProxyOptions&);
};

std::span<const ModelKind> model_kinds();
/// nullptr if there is none of that name
const ModelKind* find_model(const std::string& name);

}  // namespace bimix::proxy
