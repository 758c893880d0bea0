#pragma once

#include <bimix/core/words.hpp>
#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>
#include <bimix/entropy/pair_tally.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bimix::entropy {

/// "shannon", "joint", "conditional", "von-neumann"
enum class Measure { shannon, joint, conditional, von_neumann };

const core::WordTable<Measure>& word_table(Measure);

struct EntropyOptions {
  std::vector<Measure> measures = core::all_values<Measure>();
  bool miller_madow = false;  ///< correct for the bias of small samples
  bool equal_tokens = true;   ///< every domain at the size of the smallest
  int samples = 2000;  ///< N sample texts a domain for von Neumann, fewer if it has not so many
  int sample_tokens = 512;  ///< length of each
  int dimension = 256;      ///< d of their vectors
  /// Bytes a rank for pairs of a tokenizer's tokens: where they take more, they are counted in as
  /// many passes over the texts. More is taken where a single pair is most of a text. Changes no
  /// bit.
  std::int64_t memory = std::int64_t{1} << 30;
  bool operator==(const EntropyOptions&) const = default;
};

/// True if any measure needs the counts of pairs.
bool wants_counts(const EntropyOptions& options);
/// True if von_neumann is among the measures.
bool wants_samples(const EntropyOptions& options);

/// Every mistake in the options: a repeated measure, no measure, sizes that are not positive.
/// Places are "entropy.measures", ...
std::vector<core::Complaint> complaints(const EntropyOptions& options);
/// @throws UsageError with these complaints, if there are any
void check(const EntropyOptions& options);

// The first three measures need to know how often each pair of neighbouring training tokens
// occurs; no pair goes across documents. With equal_tokens each domain gives as many pairs as the
// smallest has, taken evenly from all of its length. Parts make the same whole for any number of
// them, which may exceed the work: some are empty then.

/// One of as many parts as share the work.
struct Portion {
  int number = 0;  ///< from 0
  int count = 1;
};

/// Cells of BytePairCounter for a part of the texts of a domain of bytes. The cells of all parts
/// add up to the whole.
/// @throws DataError if a domain has no pair
std::vector<std::int64_t> byte_cells(const corpus::Corpus& corpus, std::size_t domain,
                                     const EntropyOptions& options, const Portion& part = {});

/// A part of the different pairs of a domain of tokens. Each part reads all of the
/// texts, in as many passes as keep it below options.memory. The tallies of all parts merge to the
/// whole.
/// @param counter of the corpus's vocabulary; its memory is used again for the next domain
/// @throws DataError if a domain has no pair, for a token that is not below the vocabulary
PairTally tally_part(const corpus::Corpus& corpus, std::size_t domain,
                     const EntropyOptions& options, PairCounter& counter, const Portion& part = {});

/// All of a domain, of bytes or tokens, by this one thread.
PairTally whole_tally(const corpus::Corpus& corpus, std::size_t domain,
                      const EntropyOptions& options);

/// The measures that follow from a domain's counts, in nats.
struct CountEntropy {
  double shannon = 0.0;
  double joint = 0.0;
  double conditional = 0.0;
  std::int64_t pairs = 0;  ///< all that were counted
  bool operator==(const CountEntropy&) const = default;
};

/// From all pairs of a domain, corrected if the options say so.
CountEntropy count_entropy(const PairTally& tally, const EntropyOptions& options);

/// A von Neumann entropy and what it was taken from.
struct SampleEntropy {
  double nats = 0.0;
  std::int64_t samples = 0;
  bool operator==(const SampleEntropy&) const = default;
};

/// -tr(rho log rho), rho = K/N, K the cosine kernel of N sample texts of the domain's training
/// part, each one a vector of signed hashed n-grams of tokens. Tokens below 256 are hashed as bytes
/// are, whatever their width.
/// @param seed the campaign's; samples depend on it and the domain's name, features on it alone
/// With equal_tokens N is the same for all domains.
/// @throws DataError if a domain is shorter than one sample text
/// @note O(N d^2 + d^3); one domain at a time, nothing to merge
/// @see Friedman & Dieng 2023 (Vendi score), arXiv:2210.02410;
///      Weinberger et al. 2009 (feature hashing), doi:10.1145/1553374.1553516
SampleEntropy von_neumann(const corpus::Corpus& corpus, std::size_t domain,
                          const EntropyOptions& options, std::uint64_t seed);

/// What the vectors of the von Neumann measure are, for EntropyTable::embedding.
/// @param width of the corpus's tokens
std::string embedding_name(const EntropyOptions& options, int width);

/// The table from the entropies of all domains.
/// @param counts   K, or none if no measure needs them
/// @param samples  K, or none without "von-neumann"
/// @param width    of the corpus's tokens
data::EntropyTable finish(const std::vector<std::string>& domains, const EntropyOptions& options,
                          std::span<const CountEntropy> counts,
                          std::span<const SampleEntropy> samples, int width = 1);

/// All of the above on this one thread.
data::EntropyTable entropy_table(const corpus::Corpus& corpus, const EntropyOptions& options,
                                 std::uint64_t seed);

/// H(X_t) = -sum p(x) ln p(x), p from the first tokens of the pairs; 0 without pairs.
double shannon_entropy(const PairTally& tally);
/// H(X_t, X_t+1); 0 without pairs.
double joint_entropy(const PairTally& tally);
/// H(X_t+1 | X_t) = -sum p(x, y) ln (p(x, y) / p(x)) = joint - shannon.
double conditional_entropy(const PairTally& tally);
/// (m - 1) / (2 n): m distinct outcomes seen among n; 0 for n = 0. To be added to the plug-in
/// value.
/// @see Miller 1955, "Note on the bias of information estimates"
double miller_madow_correction(std::int64_t distinct, std::int64_t count);

/// The entropy of the eigenvalues of V'V/N, V the rows scaled to unit norm. Rows of zeros are left
/// out. @param vectors (N, d). @return within [0, ln min(N, d)]
double von_neumann_entropy(const Eigen::Ref<const Eigen::MatrixXd>& vectors);

/// r_i = exp(H_i) / sum_j exp(H_j). @param nats finite
data::Mixture mixture_from_entropy(std::span<const double> nats);

}  // namespace bimix::entropy
