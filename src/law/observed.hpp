#pragma once

#include <bimix/data/records.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

/// Parts of observations: which mixtures there are, in which order they are dealt out, which rows
/// take part.
namespace bimix::law {

/// Ids of mixtures that have observations, ascending.
std::vector<int> observed_mixtures(const data::Observations& observations);

/// These ids, shuffled by RandomStream(seed, Purpose::folds, stream).
std::vector<int> shuffled_mixtures(const data::Observations& observations, std::uint64_t seed,
                                   std::uint64_t stream);

/// The volume, or model size, at which runs are compared: the largest one (those within
/// volume_tolerance of one another are one) at which at least half as many mixtures were seen as at
/// the one where most were. A few runs that went on for longer do not move it.
/// @param value, mixture_id of each row
/// @return the largest of its rows; 0 without rows
double largest_common(std::span<const double> value, std::span<const int> mixture_id);

/// The pools that a mixture was trained on at a volume: those of its first row there, else of its
/// first row.
class PoolsOfMixtures {
 public:
  /// @param observations must outlive it
  explicit PoolsOfMixtures(const data::Observations& observations);
  /// K; empty: not known
  std::span<const double> at(int mixture_id, double tokens) const;

 private:
  const data::Observations& observations_;
  std::map<std::pair<int, double>, int> at_volume_{};
  std::map<int, int> first_{};
};

/// Rows by model size and pools; none where no pool is known.
std::map<std::pair<double, int>, std::vector<std::size_t>> pool_groups(
    const data::Observations& observations);

/// True if all runs are of one mixture: only pools and model sizes tell them apart.
bool has_one_mixture(const data::Observations& observations);

/// Parameters of the model of a row; 0: not said.
double model_size_of(const data::Observations& observations, std::size_t row);

/// True if those from `min_tokens` on are of models of several sizes, see is_same_size.
bool has_several_sizes(const data::Observations& observations, double min_tokens);

/// The observations with only those rows for which `keeps(row)` holds.
data::Observations rows_where(const data::Observations& all,
                              const std::function<bool(std::size_t)>& keeps);

/// The observations of one evaluation domain.
data::Observations one_domain(const data::Observations& all, std::size_t eval_domain);

}  // namespace bimix::law
