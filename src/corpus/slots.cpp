#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/corpus/slots.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::corpus {
namespace {

std::int64_t slots_in(std::int64_t tokens, std::int64_t context) {
  return tokens == 0 ? 0 : (tokens - 1) / context;
}

}  // namespace

const core::WordTable<SequencePacking>& word_table(SequencePacking) {
  static const core::WordTable<SequencePacking> table{
      {{SequencePacking::across, "across"}, {SequencePacking::within, "within"}},
      [](const std::string& word, const std::vector<std::string>& known) {
        return core::Complaint{.problem = fmt::format("'{}' is no way to cut sequences", word),
                               .rule = "there is " + core::join_words(known),
                               .remedy = core::did_you_mean(word, known)};
      }};
  return table;
}

Slots::Slots(const PackedTokens& tokens, int context, SequencePacking packing)
    : tokens_(&tokens), context_(context) {
  core::require(context > 0, "a context is at least 1");
  if (packing == SequencePacking::across) return;
  const auto ends = tokens.document_ends();
  first_.reserve(ends.size() + 1);
  first_.push_back(0);
  for (std::size_t d = 0; d < ends.size(); ++d)
    first_.push_back(
        first_.back() +
        slots_in(static_cast<std::int64_t>(ends[d]) - tokens.document_start(d), context_));
}

std::int64_t Slots::count() const {
  return first_.empty() ? slots_in(tokens_->size(), context_) : first_.back();
}

void Slots::copy(std::int64_t k, std::span<std::int32_t> out) const {
  core::require(k >= 0 && k < count() && std::ssize(out) == context_ + 1,
                "Slots::copy needs an existing slot and context + 1 places");
  if (first_.empty()) return tokens_->copy(k * context_, out);
  const auto after = std::upper_bound(first_.begin(), first_.end(), k);
  const auto document = static_cast<std::size_t>(after - first_.begin()) - 1;
  tokens_->copy(tokens_->document_start(document) + (k - first_[document]) * context_, out);
}

}  // namespace bimix::corpus
