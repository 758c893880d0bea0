#include <bimix/core/error.hpp>
#include <bimix/corpus/eval_slices.hpp>
#include <bimix/corpus/name_key.hpp>
#include <bimix/corpus/permutation.hpp>

#include <algorithm>

namespace bimix::corpus {

EvalSlices::EvalSlices(const Corpus& corpus, int context, int sequences_per_domain,
                       std::uint64_t seed)
    : context_(context) {
  core::require(context > 0 && sequences_per_domain > 0, "EvalSlices needs positive sizes");
  corpus.require_sequences(context);
  const auto row = static_cast<std::size_t>(context) + 1;
  for (std::size_t d = 0; d < corpus.domain_count(); ++d) {
    const Slots slots = corpus.slots(d, Part::eval, context);
    const auto all = static_cast<std::uint64_t>(slots.count());
    const std::uint64_t count = std::min(all, static_cast<std::uint64_t>(sequences_per_domain));
    const Permutation order(
        core::RandomStream(seed, core::Purpose::eval_slices, 0, name_key(corpus.names()[d])), all);
    std::vector<std::int32_t>& tokens = tokens_.emplace_back(count * row);
    for (std::uint64_t k = 0; k < count; ++k)
      slots.copy(static_cast<std::int64_t>(order(k)), std::span(tokens).subspan(k * row, row));
  }
}

int EvalSlices::sequences(std::size_t domain) const {
  return static_cast<int>(tokens_.at(domain).size() / (static_cast<std::size_t>(context_) + 1));
}

}  // namespace bimix::corpus
