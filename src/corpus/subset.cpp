#include "subset.hpp"

#include <bimix/core/error.hpp>
#include <bimix/corpus/name_key.hpp>
#include <bimix/corpus/permutation.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bimix::corpus {
namespace {

/// A document, or its beginning.
struct Taken {
  std::size_t document = 0;
  std::int64_t tokens = 0;
};

std::vector<Taken> taken_of(const PackedTokens& tokens, std::int64_t wanted,
                            const Permutation& order) {
  std::vector<Taken> taken;
  for (std::uint64_t n = 0; wanted > 0; ++n) {
    const auto document = static_cast<std::size_t>(order(n));
    const std::int64_t size = static_cast<std::int64_t>(tokens.document_ends()[document]) -
                              tokens.document_start(document);
    taken.push_back({document, std::min(size, wanted)});
    wanted -= taken.back().tokens;
  }
  std::sort(taken.begin(), taken.end(),
            [](const Taken& a, const Taken& b) { return a.document < b.document; });
  return taken;
}

}  // namespace

Subset subset_of(const PackedTokens& tokens, double fraction, std::uint64_t seed,
                 const std::string& domain) {
  core::require(fraction > 0.0 && fraction <= 1.0 && tokens.size() > 0,
                "a subset is a part of something");
  const core::RandomStream key(seed, core::Purpose::document_subset, 0, name_key(domain));
  const auto wanted =
      static_cast<std::int64_t>(std::ceil(fraction * static_cast<double>(tokens.size())));
  std::vector<Stretch> stretches;
  std::vector<std::uint64_t> ends;
  std::uint64_t end = 0;
  for (const auto& [document, count] : taken_of(tokens, std::min(wanted, tokens.size()),
                                                Permutation(key, tokens.document_ends().size()))) {
    append_stretch(stretches, tokens.stretch(tokens.document_start(document), count));
    ends.push_back(end += static_cast<std::uint64_t>(count));
  }
  Subset subset{.ends = std::make_shared<const std::vector<std::uint64_t>>(std::move(ends))};
  subset.tokens = PackedTokens(std::move(stretches), *subset.ends, tokens.vocabulary());
  return subset;
}

}  // namespace bimix::corpus
