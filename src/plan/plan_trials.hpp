#pragma once

#include <bimix/data/records.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/trial/trial_source.hpp>

#include <cstdint>
#include <vector>

namespace bimix::plan {

/// The most seeds that a mixture of the plan has.
int most_seeds(const data::SweepPlan& plan);

/// Makes the trials of mixtures that are trained.
class TrialMaker {
 public:
  /// @param most_seeds of any mixture: where each has seeds of its own, they are numbered so
  TrialMaker(const DesignOptions& design, std::uint64_t seed, int most_seeds,
             const trial::TrialSource& source);

  /// Appends those of one mixture, with all volumes of the design.
  void add(std::size_t mixture, int seeds, int round, data::SweepPlan& plan) const;

 private:
  const DesignOptions& design_;
  std::uint64_t seed_;
  int most_seeds_;
  const trial::TrialSource& source_;
  std::vector<std::int64_t> volumes_;
};

}  // namespace bimix::plan
