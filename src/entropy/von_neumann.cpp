#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/corpus/name_key.hpp>
#include <bimix/corpus/permutation.hpp>
#include <bimix/entropy/entropy.hpp>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::entropy {
namespace {

constexpr int shortest_gram = 2, longest_gram = 4;

/// Sends each n-gram to a signed place among d.
class FeatureHash {
 public:
  FeatureHash(std::uint64_t seed, int dimension)
      : dimension_(static_cast<std::uint64_t>(dimension)) {
    core::RandomStream stream(seed, core::Purpose::entropy_features);
    for (std::uint64_t& factor : factors_) factor = stream() | 1;
  }

  void add(std::uint64_t gram, double* vector) const {
    // Two rounds of multiply and fold; the upper half picks the place, the lowest bit the sign.
    std::uint64_t h = gram * factors_[0];
    h = (h ^ (h >> 32)) * factors_[1];
    h ^= h >> 29;
    const std::uint64_t place = ((h >> 32) * dimension_) >> 32;
    vector[place] += (h & 1) != 0 ? 1.0 : -1.0;
  }

 private:
  std::uint64_t dimension_;
  std::uint64_t factors_[2];
};

/// What a gram is multiplied by before its next token is added. Bytes stand side by side; four
/// tokens of a larger vocabulary do not fit 64 bits, so there a gram is a number modulo 2^64 (the
/// golden ratio's digits: any odd number without a pattern would do).
std::uint64_t gram_base(int vocabulary) { return vocabulary <= 256 ? 256 : 0x9e3779b97f4a7c15U; }

/// Adds the n-grams of a text, n within [shortest_gram, longest_gram].
void embed(std::span<const std::int32_t> text, std::uint64_t base, const FeatureHash& hash,
           double* vector) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::uint64_t gram = 0;
    for (int n = 1; n <= longest_gram && at + static_cast<std::size_t>(n) <= text.size(); ++n) {
      gram = gram * base + static_cast<std::uint64_t>(text[at + static_cast<std::size_t>(n) - 1]);
      if (n >= shortest_gram) hash.add((static_cast<std::uint64_t>(n) << 56) + gram, vector);
    }
  }
}

std::int64_t texts_of(const corpus::Corpus& corpus, std::size_t domain,
                      const EntropyOptions& options) {
  const std::int64_t size = corpus.tokens(domain, corpus::Part::train).size();
  if (size < options.sample_tokens)
    throw core::DataError({.place = "domain '" + corpus.names()[domain] + "'",
                           .problem = fmt::format("its training part has {} tokens", size),
                           .rule = fmt::format("a sample text of the von Neumann entropy takes {}",
                                               options.sample_tokens),
                           .remedy = "Add text to it, or lower entropy.sample_tokens"});
  return std::min<std::int64_t>(options.samples, size / options.sample_tokens);
}

std::int64_t sample_count(const corpus::Corpus& corpus, std::size_t domain,
                          const EntropyOptions& options) {
  std::int64_t count = texts_of(corpus, domain, options);
  for (std::size_t d = 0; options.equal_tokens && d < corpus.domain_count(); ++d)
    count = std::min(count, texts_of(corpus, d, options));
  return count;
}

}  // namespace

std::string embedding_name(const EntropyOptions& options, int width) {
  return fmt::format("hashed {} {}- to {}-grams of texts of {} tokens, {} signed places",
                     width == 1 ? "byte" : "token", shortest_gram, longest_gram,
                     options.sample_tokens, options.dimension);
}

SampleEntropy von_neumann(const corpus::Corpus& corpus, std::size_t domain,
                          const EntropyOptions& options, std::uint64_t seed) {
  check(options);
  const corpus::PackedTokens& tokens = corpus.tokens(domain, corpus::Part::train);
  const std::int64_t count = sample_count(corpus, domain, options);
  const corpus::Permutation order(
      core::RandomStream(seed, core::Purpose::entropy_samples, 0,
                         corpus::name_key(corpus.names()[domain])),
      static_cast<std::uint64_t>(tokens.size() / options.sample_tokens));
  const FeatureHash hash(seed, options.dimension);
  const std::uint64_t base = gram_base(tokens.vocabulary());
  Eigen::MatrixXd columns = Eigen::MatrixXd::Zero(options.dimension, count);
  std::vector<std::int32_t> text(static_cast<std::size_t>(options.sample_tokens));
  for (std::int64_t k = 0; k < count; ++k) {
    const std::uint64_t place = order(static_cast<std::uint64_t>(k));
    tokens.copy(static_cast<std::int64_t>(place) * options.sample_tokens, text);
    embed(text, base, hash, columns.col(k).data());
  }
  return {von_neumann_entropy(columns.transpose()), count};
}

double von_neumann_entropy(const Eigen::Ref<const Eigen::MatrixXd>& vectors) {
  // The nonzero eigenvalues of K/N are those of V'V/N.
  const Eigen::VectorXd norms = vectors.rowwise().norm();
  const auto count = (norms.array() > 0).count();
  if (count == 0) return 0;
  const Eigen::VectorXd inverse = (norms.array() > 0).select(norms.array().inverse(), 0.0);
  const Eigen::MatrixXd unit = inverse.asDiagonal() * vectors;
  Eigen::MatrixXd density = Eigen::MatrixXd::Zero(vectors.cols(), vectors.cols());
  density.selfadjointView<Eigen::Lower>().rankUpdate(unit.transpose(),
                                                     1.0 / static_cast<double>(count));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(density, Eigen::EigenvaluesOnly);
  core::require(solver.info() == Eigen::Success, "a symmetric matrix has eigenvalues");
  std::vector<double> terms;
  for (const double p : solver.eigenvalues())
    if (p > 0) terms.push_back(-p * std::log(p));  // rounding leaves zeros a little negative
  return std::max(0.0, core::stable_sum(terms));
}

}  // namespace bimix::entropy
