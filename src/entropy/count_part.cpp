#include <bimix/core/error.hpp>
#include <bimix/entropy/entropy.hpp>

#include <algorithm>

namespace bimix::entropy {
namespace {

// Bigram positions of a domain are numbered through its documents, those of a document of L tokens
// being its first L - 1 tokens. They are dealt with in windows of this many.
constexpr std::int64_t window = 64 * 1024;

/// The position of the first bigram of a document, or of the end. No document is empty, so that
/// each has one bigram less than tokens.
std::int64_t bigram_start(const corpus::PackedTokens& tokens, std::size_t document) {
  return tokens.document_start(document) - static_cast<std::int64_t>(document);
}

/// The document that a bigram position is in.
std::size_t document_of(const corpus::PackedTokens& tokens, std::int64_t position) {
  std::size_t low = 0, high = tokens.document_ends().size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (bigram_start(tokens, middle) <= position ? low : high) = middle;
  }
  return low;
}

std::int64_t bigrams_of(const corpus::Corpus& corpus, std::size_t domain) {
  const corpus::PackedTokens& tokens = corpus.tokens(domain, corpus::Part::train);
  const std::int64_t sum = bigram_start(tokens, tokens.document_ends().size());
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

/// Counts parts of documents, whatever holds their tokens.
class Counter {
 public:
  explicit Counter(const corpus::PackedTokens& tokens)
      : tokens_(tokens), wide_(tokens.vocabulary()) {}

  /// Counts `bigrams` of one document from a token on.
  void add(std::int64_t from, std::int64_t bigrams) {
    const corpus::TokenSpan tokens = tokens_.view(from, bigrams + 1);
    if (tokens.width() == 1) {
      bytes_.add(tokens.bytes());
    } else {
      text_.resize(static_cast<std::size_t>(bigrams) + 1);
      tokens_.copy(from, text_);
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
  TokenBigramCounter wide_;
  std::vector<std::int32_t> text_{};  ///< at most a window
};

/// Counts positions [from, to) of a domain.
void count_range(const corpus::PackedTokens& tokens, std::int64_t from, std::int64_t to,
                 Counter& counter) {
  for (std::size_t d = document_of(tokens, from); from < to; ++d) {
    const std::int64_t last = std::min(to, bigram_start(tokens, d + 1));
    if (from == last) continue;  // a document of one token
    counter.add(from + static_cast<std::int64_t>(d), last - from);
    from = last;
  }
}

}  // namespace

BigramCounts count_part(const corpus::Corpus& corpus, std::size_t domain,
                        const EntropyOptions& options, int part, int parts) {
  core::require(part >= 0 && part < parts, "count_part of an existing part");
  const corpus::PackedTokens& tokens = corpus.tokens(domain, corpus::Part::train);
  const std::int64_t all = bigrams_of(corpus, domain);
  const std::int64_t wanted = options.equal_tokens ? smallest_domain(corpus) : all;
  const std::int64_t windows = (all + window - 1) / window;
  Counter counter(tokens);
  for (std::int64_t w = scaled(windows, part, parts); w < scaled(windows, part + 1, parts); ++w) {
    // Each window gives its share of what is wanted; rounding down the running sum makes it exact.
    const std::int64_t begin = w * window, end = std::min(all, begin + window);
    const std::int64_t taken = scaled(end, wanted, all) - scaled(begin, wanted, all);
    count_range(tokens, begin, begin + taken, counter);
  }
  return counter.take();
}

}  // namespace bimix::entropy
