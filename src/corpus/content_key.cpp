#include "content_key.hpp"

#include "shard.hpp"

#include <xxhash.h>

#include <memory>

namespace bimix::corpus {
namespace {

ContentKey key_of(const XXH128_hash_t& hash) { return {hash.high64, hash.low64}; }

}  // namespace

ContentKey content_key(std::span<const std::uint8_t> bytes) {
  return key_of(XXH3_128bits(bytes.data(), bytes.size()));
}

ContentKey sampled_key(const TokenSpan& tokens) {
  const auto free = [](XXH3_state_t* state) { XXH3_freeState(state); };
  const std::unique_ptr<XXH3_state_t, decltype(free)> state(XXH3_createState(), free);
  XXH3_128bits_reset(state.get());
  const std::vector<Block> blocks = sample_blocks(tokens);
  if (const std::uint64_t size = tokens.size(); blocks.size() > 1)
    XXH3_128bits_update(state.get(), &size, sizeof size);
  for (const Block& block : blocks) {
    const auto bytes = tokens.subspan(block.from, block.count).bytes();
    XXH3_128bits_update(state.get(), bytes.data(), bytes.size());
  }
  return key_of(XXH3_128bits_digest(state.get()));
}

}  // namespace bimix::corpus
