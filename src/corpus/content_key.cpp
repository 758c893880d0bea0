#include "content_key.hpp"

#include "shard.hpp"

#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace bimix::corpus {
namespace {

ContentKey key_of(const XXH128_hash_t& hash) { return {hash.high64, hash.low64}; }

/// A hash of numbers that come one after the other.
class TokenHash {
 public:
  TokenHash() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }

  void add(std::uint64_t count) { XXH3_128bits_update(state_.get(), &count, sizeof count); }

  /// As numbers of 4 bytes.
  void add(const TokenSpan& tokens) {
    constexpr std::size_t chunk = 16 * 1024;
    buffer_.resize(std::min(chunk, tokens.size()));
    for (std::size_t done = 0; done < tokens.size(); done += chunk) {
      const auto part = std::span(buffer_).first(std::min(chunk, tokens.size() - done));
      tokens.subspan(done, part.size()).copy_to(part);
      XXH3_128bits_update(state_.get(), part.data(), part.size_bytes());
    }
  }

  ContentKey key() const { return key_of(XXH3_128bits_digest(state_.get())); }

 private:
  struct Freed {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Freed> state_;
  std::vector<std::int32_t> buffer_{};
};

}  // namespace

ContentKey content_key(std::span<const std::uint8_t> bytes) {
  return key_of(XXH3_128bits(bytes.data(), bytes.size()));
}

ContentKey content_key(const TokenSpan& tokens) {
  TokenHash hash;
  hash.add(tokens);
  return hash.key();
}

ContentKey sampled_key(const TokenSpan& tokens) {
  TokenHash hash;
  const std::vector<Block> blocks = sample_blocks(tokens);
  if (blocks.size() > 1) hash.add(std::uint64_t{tokens.size()});
  for (const Block& block : blocks) hash.add(tokens.subspan(block.from, block.count));
  return hash.key();
}

}  // namespace bimix::corpus
