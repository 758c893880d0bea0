#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>
#include <bimix/mix/options.hpp>
#include <bimix/spread/collective.hpp>

#include <vector>

namespace bimix::run {

/// A fit, and what it was made of.
struct FitOfRuns {
  const data::LawFit& fit;
  const data::Observations& seen;
  const law::FitOptions& options;
};

/// How the recommended mixture changes with the volume: at the smallest, a middle and the last
/// volume that was trained, and at that of the options. At the last one the same law, fitted to
/// smaller volumes only, says what would have been foreseen.
/// Where the optimum is drawn to a prior, what was foreseen is drawn as far.
/// @param of its samples, forty of them at most, give the intervals
/// @param progress told of each optimum of a sample
/// @return by ascending volume; volumes at which the limits leave no mixture are left out
std::vector<data::VolumeOptimum> optima_by_volume(const FitOfRuns& of,
                                                  const mix::OptimizeOptions& options,
                                                  const data::Mixture& default_share,
                                                  const spread::Progress& progress = {});

}  // namespace bimix::run
