#include <bimix/core/error.hpp>
#include <bimix/entropy/entropy.hpp>

#include <algorithm>

namespace bimix::entropy {
namespace {

// Bigram positions of a domain are numbered through its documents, those of a document of L tokens
// being its first L - 1 tokens. They are dealt with in windows of this many.
constexpr std::int64_t window = 64 * 1024;

/// The position of each document's first bigram, and the end.
std::vector<std::int64_t> bigram_starts(const corpus::PackedTokens& tokens) {
  std::vector<std::int64_t> starts{0};
  for (const corpus::Document& document : tokens.documents())
    starts.push_back(starts.back() + std::max<std::int64_t>(
                                         0, static_cast<std::int64_t>(document.tokens.size()) - 1));
  return starts;
}

std::int64_t bigrams_of(const corpus::Corpus& corpus, std::size_t domain) {
  const std::int64_t sum = bigram_starts(corpus.tokens(domain, corpus::Part::train)).back();
  if (sum == 0)
    throw core::DataError({.place = "domain '" + corpus.names()[domain] + "'",
                           .problem = "no two neighbouring tokens in its training part",
                           .rule = "entropies are taken from pairs",
                           .remedy = "Add text to it"});
  return sum;
}

std::int64_t smallest_domain(const corpus::Corpus& corpus) {
  std::int64_t smallest = bigrams_of(corpus, 0);
  for (std::size_t d = 1; d < corpus.domain_count(); ++d)
    smallest = std::min(smallest, bigrams_of(corpus, d));
  return smallest;
}

/// floor(a b / c) without overflow.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(Wide{a} * b / c);
}

/// Counts stretches of documents, whatever holds their tokens.
class Counter {
 public:
  explicit Counter(const corpus::PackedTokens& tokens) : tokens_(tokens) {}

  /// Counts `bigrams` from a token of a document on.
  void add(const corpus::Document& document, std::size_t from, std::size_t bigrams) {
    if (document.tokens.width() == 1) {
      bytes_.add(document.tokens.subspan(from, bigrams + 1).bytes());
    } else {
      text_.resize(bigrams + 1);
      corpus::copy_tokens(document, from, tokens_.vocabulary(), text_);
      wide_.add(text_);
    }
  }

  BigramCounts take() {
    BigramCounts counts = bytes_.take();
    counts.merge(wide_.take());
    return counts;
  }

 private:
  const corpus::PackedTokens& tokens_;
  ByteBigramCounter bytes_{};
  TokenBigramCounter wide_{};
  std::vector<std::int32_t> text_{};  ///< at most a window
};

/// Counts positions [from, to) of a domain.
void count_range(const corpus::PackedTokens& tokens, const std::vector<std::int64_t>& starts,
                 std::int64_t from, std::int64_t to, Counter& counter) {
  const auto after = std::upper_bound(starts.begin(), starts.end(), from);
  for (auto d = static_cast<std::size_t>(after - starts.begin()) - 1; from < to; ++d) {
    const std::int64_t last = std::min(to, starts[d + 1]);
    if (from == last) continue;  // a document of one token
    counter.add(tokens.documents()[d], static_cast<std::size_t>(from - starts[d]),
                static_cast<std::size_t>(last - from));
    from = last;
  }
}

}  // namespace

BigramCounts count_part(const corpus::Corpus& corpus, std::size_t domain,
                        const EntropyOptions& options, int part, int parts) {
  core::require(part >= 0 && part < parts, "count_part of an existing part");
  const corpus::PackedTokens& tokens = corpus.tokens(domain, corpus::Part::train);
  const std::vector<std::int64_t> starts = bigram_starts(tokens);
  const std::int64_t all = bigrams_of(corpus, domain);
  const std::int64_t wanted = options.equal_tokens ? smallest_domain(corpus) : all;
  const std::int64_t windows = (all + window - 1) / window;
  Counter counter(tokens);
  for (std::int64_t w = scaled(windows, part, parts); w < scaled(windows, part + 1, parts); ++w) {
    // Each window gives its share of what is wanted; rounding down the running sum makes it exact.
    const std::int64_t begin = w * window, end = std::min(all, begin + window);
    const std::int64_t taken = scaled(end, wanted, all) - scaled(begin, wanted, all);
    count_range(tokens, starts, begin, begin + taken, counter);
  }
  return counter.take();
}

}  // namespace bimix::entropy
