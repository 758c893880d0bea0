#include <bimix/core/error.hpp>
#include <bimix/corpus/packed_tokens.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::corpus {

void append_stretch(std::vector<Stretch>& stretches, const Stretch& added) {
  if (!stretches.empty()) {
    Stretch& last = stretches.back();
    const auto bytes = last.tokens.bytes();
    if (last.file.data() == added.file.data() &&
        last.skipped + last.tokens.size() == added.skipped) {
      last.tokens = TokenSpan({bytes.data(), bytes.size() + added.tokens.bytes().size()},
                              added.tokens.width());
      return;
    }
  }
  stretches.push_back(added);
}

void copy_tokens(const Stretch& stretch, std::size_t from, int vocabulary,
                 std::span<std::int32_t> out) {
  const TokenSpan tokens = stretch.tokens.subspan(from, out.size());
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
      {.place = std::string(stretch.file),
       .problem =
           fmt::format("token {} (counted from 0) is {}",
                       stretch.skipped + from + static_cast<std::size_t>(wrong - out.begin()),
                       static_cast<std::uint32_t>(*wrong)),
       .rule = fmt::format("tokens are below the vocabulary of {}", vocabulary),
       .remedy = fmt::format("Raise proxy.vocabulary to that of the tokenizer, or say `tokens: {}` "
                             "if the file holds tokens of that width",
                             token_word(tokens.width() == 2 ? 4 : 2))});
}

PackedTokens::PackedTokens(std::vector<Stretch> stretches, std::span<const std::uint64_t> ends,
                           int vocabulary)
    : stretches_(std::move(stretches)), ends_(ends), vocabulary_(vocabulary) {
  for (const Stretch& stretch : stretches_)
    starts_.push_back(starts_.back() + static_cast<std::int64_t>(stretch.tokens.size()));
  core::require(!ends.empty() && static_cast<std::int64_t>(ends.back()) == size(),
                "the last document ends with the last token");
}

/// The stretch that a token is in.
std::size_t PackedTokens::stretch_at(std::int64_t token) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), token);
  return static_cast<std::size_t>(after - starts_.begin()) - 1;
}

Stretch PackedTokens::stretch(std::int64_t from, std::int64_t count) const {
  const std::size_t n = stretch_at(from);
  core::require(from >= 0 && count >= 0 && from + count <= starts_[n + 1],
                "PackedTokens::stretch of tokens of one stretch");
  const auto first = static_cast<std::size_t>(from - starts_[n]);
  return {stretches_[n].tokens.subspan(first, static_cast<std::size_t>(count)), stretches_[n].file,
          stretches_[n].skipped + first};
}

void PackedTokens::copy(std::int64_t from, std::span<std::int32_t> out) const {
  core::require(from >= 0 && from + std::ssize(out) <= size(), "PackedTokens::copy stays within");
  std::size_t stretch = stretch_at(from);
  for (std::size_t done = 0; done < out.size(); ++stretch) {
    const auto skipped =
        static_cast<std::size_t>(from + static_cast<std::int64_t>(done) - starts_[stretch]);
    const std::size_t rest = stretches_[stretch].tokens.size() - skipped;
    const std::size_t taken = std::min(rest, out.size() - done);
    copy_tokens(stretches_[stretch], skipped, vocabulary_, out.subspan(done, taken));
    done += taken;
  }
}

}  // namespace bimix::corpus
