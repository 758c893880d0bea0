#include <bimix/core/error.hpp>
#include <bimix/corpus/packed_tokens.hpp>

#include <algorithm>

namespace bimix {

PackedTokens::PackedTokens(std::vector<Document> documents) : documents_(std::move(documents)) {
  for (const Document& document : documents_)
    starts_.push_back(starts_.back() + std::ssize(document.tokens));
}

void PackedTokens::copy(std::int64_t from, std::span<std::int32_t> out) const {
  require(from >= 0 && from + std::ssize(out) <= size(), "PackedTokens::copy stays within");
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), from);
  auto document = static_cast<std::size_t>(after - starts_.begin()) - 1;
  for (std::size_t done = 0; done < out.size(); ++document) {
    const auto skipped =
        static_cast<std::size_t>(from + static_cast<std::int64_t>(done) - starts_[document]);
    const auto rest = documents_[document].tokens.subspan(skipped);
    const std::size_t taken = std::min(rest.size(), out.size() - done);
    std::copy_n(rest.begin(), taken, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += taken;
  }
}

std::int64_t PackedTokens::slot_count(int context) const {
  require(context > 0, "a context is at least 1");
  return size() == 0 ? 0 : (size() - 1) / context;
}

void PackedTokens::copy_slot(std::int64_t k, int context, std::span<std::int32_t> out) const {
  require(k >= 0 && k < slot_count(context) && std::ssize(out) == context + 1,
          "PackedTokens::copy_slot needs an existing slot and context + 1 places");
  copy(k * context, out);
}

}  // namespace bimix
