#include <bimix/core/error.hpp>
#include <bimix/corpus/packed_tokens.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::corpus {

void copy_tokens(const Document& document, std::size_t from, int vocabulary,
                 std::span<std::int32_t> out) {
  const TokenSpan tokens = document.tokens.subspan(from, out.size());
  if (tokens.width() == 1) {
    std::copy_n(tokens.bytes().begin(), out.size(), out.begin());
    return;
  }
  const auto limit = static_cast<std::uint32_t>(vocabulary);
  if (tokens.copy_to(out) < limit) return;
  const auto wrong = std::find_if(out.begin(), out.end(), [&](std::int32_t token) {
    return static_cast<std::uint32_t>(token) >= limit;
  });
  throw core::DataError(
      {.place = document.file.empty() ? document.name : document.file,
       .problem =
           fmt::format("token {} (counted from 0) is {}",
                       document.skipped + from + static_cast<std::size_t>(wrong - out.begin()),
                       static_cast<std::uint32_t>(*wrong)),
       .rule = fmt::format("tokens are below the vocabulary of {}", vocabulary),
       .remedy = fmt::format("Raise proxy.vocabulary to that of the tokenizer, or say `tokens: {}` "
                             "if the file holds tokens of that width",
                             token_word(tokens.width() == 2 ? 4 : 2))});
}

PackedTokens::PackedTokens(std::vector<Document> documents, int vocabulary)
    : documents_(std::move(documents)), vocabulary_(vocabulary) {
  for (const Document& document : documents_)
    starts_.push_back(starts_.back() + static_cast<std::int64_t>(document.tokens.size()));
}

void PackedTokens::copy(std::int64_t from, std::span<std::int32_t> out) const {
  core::require(from >= 0 && from + std::ssize(out) <= size(), "PackedTokens::copy stays within");
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), from);
  auto document = static_cast<std::size_t>(after - starts_.begin()) - 1;
  for (std::size_t done = 0; done < out.size(); ++document) {
    const auto skipped =
        static_cast<std::size_t>(from + static_cast<std::int64_t>(done) - starts_[document]);
    const std::size_t rest = documents_[document].tokens.size() - skipped;
    const std::size_t taken = std::min(rest, out.size() - done);
    copy_tokens(documents_[document], skipped, vocabulary_, out.subspan(done, taken));
    done += taken;
  }
}

std::int64_t PackedTokens::slot_count(int context) const {
  core::require(context > 0, "a context is at least 1");
  return size() == 0 ? 0 : (size() - 1) / context;
}

void PackedTokens::copy_slot(std::int64_t k, int context, std::span<std::int32_t> out) const {
  core::require(k >= 0 && k < slot_count(context) && std::ssize(out) == context + 1,
                "PackedTokens::copy_slot needs an existing slot and context + 1 places");
  copy(k * context, out);
}

}  // namespace bimix::corpus
