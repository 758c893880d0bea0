#include <bimix/core/error.hpp>
#include <bimix/entropy/entropy.hpp>

#include <algorithm>

namespace bimix::entropy {
namespace {

// Pair positions of a domain are numbered through its documents, those of a document of L tokens
// being its first L - 1 tokens. They are dealt with in windows of this many.
constexpr std::int64_t window = 64 * 1024;

/// The position of the first pair of a document, or of the end. No document is empty, so that
/// each has one pair less than tokens.
std::int64_t pair_start(const corpus::PackedTokens& tokens, std::size_t document) {
  return tokens.document_start(document) - static_cast<std::int64_t>(document);
}

/// The document that a pair position is in.
std::size_t document_of(const corpus::PackedTokens& tokens, std::int64_t position) {
  std::size_t low = 0, high = tokens.document_ends().size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (pair_start(tokens, middle) <= position ? low : high) = middle;
  }
  return low;
}

std::int64_t pairs_of(const corpus::Corpus& corpus, std::size_t domain) {
  const corpus::PackedTokens& tokens = corpus.tokens(domain, corpus::Part::train);
  const std::int64_t sum = pair_start(tokens, tokens.document_ends().size());
  if (sum == 0)
    throw core::DataError(
        {.place = "domain '" + corpus.names()[domain] + "'",
         .problem = "no two neighbouring tokens in its training part",
         .rule = "entropies are taken from pairs",
         .remedy = "Add text to it, or raise `corpus.fraction` if that is given"});
  return sum;
}

std::int64_t smallest_domain(const corpus::Corpus& corpus) {
  std::int64_t smallest = pairs_of(corpus, 0);
  for (std::size_t d = 1; d < corpus.domain_count(); ++d)
    smallest = std::min(smallest, pairs_of(corpus, d));
  return smallest;
}

/// floor(a b / c) without overflow.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(Wide{a} * b / c);
}

bool is_one(const Portion& part) { return part.number >= 0 && part.number < part.count; }

/// What is counted of a domain.
class Counted {
 public:
  Counted(const corpus::Corpus& corpus, std::size_t domain, const EntropyOptions& options)
      : tokens_(corpus.tokens(domain, corpus::Part::train)),
        all_(pairs_of(corpus, domain)),
        wanted_(options.equal_tokens ? smallest_domain(corpus) : all_) {}

  const corpus::PackedTokens& tokens() const { return tokens_; }
  std::int64_t pairs() const { return wanted_; }

  /// Visits a part of its texts, each within one document: its first token and how
  /// many pairs begin from there on.
  template <class Visit>
  void visit(const Portion& part, Visit visit) const {
    const std::int64_t windows = (all_ + window - 1) / window;
    const std::int64_t last = scaled(windows, part.number + 1, part.count);
    for (std::int64_t w = scaled(windows, part.number, part.count); w < last; ++w) {
      // Each window gives its share of what is wanted; rounding down the running sum makes it
      // exact.
      const std::int64_t begin = w * window, end = std::min(all_, begin + window);
      const std::int64_t taken = scaled(end, wanted_, all_) - scaled(begin, wanted_, all_);
      visit_range(begin, begin + taken, visit);
    }
  }

 private:
  /// Positions [from, to).
  template <class Visit>
  void visit_range(std::int64_t from, std::int64_t to, Visit visit) const {
    for (std::size_t d = document_of(tokens_, from); from < to; ++d) {
      const std::int64_t last = std::min(to, pair_start(tokens_, d + 1));
      if (from == last) continue;  // a document of one token
      visit(from + static_cast<std::int64_t>(d), last - from);
      from = last;
    }
  }

  const corpus::PackedTokens& tokens_;
  std::int64_t all_, wanted_;
};

}  // namespace

std::vector<std::int64_t> byte_cells(const corpus::Corpus& corpus, std::size_t domain,
                                     const EntropyOptions& options, const Portion& part) {
  core::require(is_one(part) && corpus.format().width == 1,
                "byte_cells of an existing part of bytes");
  const Counted counted(corpus, domain, options);
  BytePairCounter counter;
  counted.visit(part, [&](std::int64_t first, std::int64_t pairs) {
    counter.add(counted.tokens().view(first, pairs + 1).bytes());
  });
  return counter.take();
}

PairTally tally_part(const corpus::Corpus& corpus, std::size_t domain,
                     const EntropyOptions& options, PairCounter& counter, const Portion& part) {
  core::require(is_one(part), "tally_part of an existing part");
  const Counted counted(corpus, domain, options);
  const int vocabulary = counted.tokens().vocabulary();
  const std::int64_t own = counted.pairs() / part.count + 1;
  const std::int64_t passes =
      own / std::max<std::int64_t>(1, options.memory / PairCounter::bytes_per_pair(vocabulary)) + 1;
  PairTally tally;
  std::vector<std::int32_t> text;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    counter.begin({static_cast<std::uint64_t>(part.number + part.count * pass),
                   static_cast<std::uint64_t>(part.count * passes)},
                  own / passes);
    counted.visit({}, [&](std::int64_t first, std::int64_t pairs) {
      text.resize(static_cast<std::size_t>(pairs) + 1);
      counted.tokens().copy(first, text);
      counter.add(text);
    });
    tally.merge(counter.take());
  }
  return tally;
}

PairTally whole_tally(const corpus::Corpus& corpus, std::size_t domain,
                      const EntropyOptions& options) {
  if (corpus.format().width == 1) return tally_of(byte_cells(corpus, domain, options));
  PairCounter counter(corpus.format().vocabulary);
  return tally_part(corpus, domain, options, counter);
}

}  // namespace bimix::entropy
