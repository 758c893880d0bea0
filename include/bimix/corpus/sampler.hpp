#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace bimix::corpus {

/// Which domain is next, so that every domain gets its share: after n turns, for any n, domain d
/// had floor(n r_d) or ceil(n r_d) of them. Turns are unit jobs, the i-th of domain d in the window
/// (floor((i-1)/r_d), ceil(i/r_d)]; earliest deadline first meets all of them. Integer arithmetic
/// on shares rounded to 2^-53.
/// @see Tijdeman 1980, "The chairman assignment problem", doi:10.1016/0012-365X(80)90269-1;
///      Steiner & Yeomans 1993, "Level schedules for mixed-model, just-in-time processes",
///      doi:10.1287/mnsc.39.6.728
class QuotaSchedule {
 public:
  /// @param mixture K shares on the simplex. @throws InternalError otherwise
  explicit QuotaSchedule(const data::Mixture& mixture);

  /// The domain of the next turn. A domain of share 0 never has one.
  std::size_t next();
  /// As after the turns counted. @param turns K, as a schedule of the same mixture gave them
  void resume(std::span<const std::int64_t> turns);

 private:
  std::vector<std::int64_t> share_;   ///< in units of 2^-53, summing to 1
  std::vector<std::int64_t> credit_;  ///< n r_d - turns of d, in the same unit
};

/// What a trial is to be trained on.
struct SamplerOptions {
  data::Mixture mixture{};  ///< K
  int batch = 8;            ///< B sequences a step
  int context = 128;        ///< S
  std::uint64_t seed = 0;   ///< of the campaign
  int repeat = 0;
  bool operator==(const SamplerOptions&) const = default;
};

/// Training batches by quota. For one (seed, repeat, domain name) the stream of sequences is the
/// same for every mixture, batch and set of other domains: trials only consume different lengths
/// of it (common random numbers). Each epoch of a domain visits each of its slots once, in another
/// order.
class MixtureSampler {
 public:
  /// The corpus must outlive the sampler.
  /// @throws DataError if a domain is shorter than one sequence
  /// @throws InternalError unless the mixture has the corpus's K domains and lies on the simplex
  MixtureSampler(const Corpus& corpus, SamplerOptions options);

  /// The next batch. @param tokens (B, S + 1) row-major, below the vocabulary; inputs are the
  ///        first S of a row, targets the last S
  void next(std::span<std::int32_t> tokens);

  /// K sequences drawn so far from each domain. With it `restore` continues.
  const std::vector<std::int64_t>& state() const { return drawn_; }
  /// @param drawn state() of a sampler of the same corpus and options
  void restore(std::span<const std::int64_t> drawn);

  /// K training tokens drawn from each domain: S a sequence. Their sum is steps * B * S.
  std::vector<std::int64_t> tokens_drawn() const;
  /// K times that each domain was gone through, with its fraction.
  std::vector<double> epochs() const;

 private:
  std::int64_t slot_of(std::size_t domain, std::int64_t sequence) const;

  std::vector<std::string> names_;
  std::vector<Slots> slots_{};
  SamplerOptions options_;
  QuotaSchedule schedule_;
  std::vector<std::int64_t> drawn_;
};

}  // namespace bimix::corpus
