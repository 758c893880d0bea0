#include <bimix/core/hash.hpp>
#include <bimix/corpus/name_key.hpp>

#include <string>

namespace bimix::corpus {

std::uint64_t name_key(std::string_view name) {
  return std::stoull(core::content_hash(name).substr(0, 16), nullptr, 16);
}

}  // namespace bimix::corpus
