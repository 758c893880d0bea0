#include <bimix/core/hash.hpp>
#include <bimix/corpus/name_key.hpp>

#include <string>

namespace bimix {

std::uint64_t name_key(std::string_view name) {
  return std::stoull(content_hash(name).substr(0, 16), nullptr, 16);
}

}  // namespace bimix
