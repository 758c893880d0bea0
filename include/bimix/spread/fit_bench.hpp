#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/law.hpp>
#include <bimix/par/comm.hpp>

#include <string>
#include <vector>

namespace bimix::spread {

/// A made-up table of losses. A domain's loss is rho^-alpha (P s^-beta + Q) of an effective share
/// rho = (1 - transfer) r + transfer * mean share of the others, with normal errors.
struct TableShape {
  int mixtures = 10;      ///< Dirichlet(1) with a floor that leaves half of the mass free
  int volumes = 10;       ///< from 64K tokens, each 1.6 times the one before
  int domains = 3;        ///< trained on and evaluated
  double transfer = 0.0;  ///< 0: the BiMix law is the right one
  double noise = 5e-3;    ///< relative standard deviation of a loss
};

/// @param number of the table: another draw of mixtures and errors. Deterministic.
data::Observations made_up_losses(const TableShape& shape, int number);

/// The 100 points that `bench fit` fits: the first domain of a table of TableShape's defaults.
law::DomainData reference_problem(int number);

/// How long some work took on the first rank alone, and on all ranks together.
struct RankTimes {
  double alone_seconds = 0.0;
  double together_seconds = 0.0;
  /// The same in processor time, of the busiest rank: what a clock would show if nobody else used
  /// the machine. Waiting costs next to none.
  double alone_processor_seconds = 0.0;
  double together_processor_seconds = 0.0;
};

/// What bench_fit is to do.
struct FitBenchOptions {
  double seconds = 2.0;  ///< how long BiMix is fitted again and again
  int problems = 100;    ///< distinct reference problems, each also fitted from many starts
  int starts = 32;
  TableShape bootstrap{.domains = 22};
  int samples = 1000;  ///< of the bootstrap
  /// What the table of laws is made for, of the size of the public SlimPajama table.
  TableShape laws{.mixtures = 60, .volumes = 11, .domains = 7, .transfer = 0.3, .noise = 3e-3};
  std::vector<std::string> law_names{};  ///< those that are held against it; none: all
};

/// This machine's speed at fits.
struct FitBench {
  int ranks = 1;
  /// Whole BiMix fits of a reference problem in a second of one rank's processor time; median over
  /// slices of it.
  double fits_per_second = 0.0;
  /// Problems in which a search from one of `starts` random points ended below the fit's minimum,
  /// by more than 1e-9 of it.
  int beaten = 0;
  RankTimes bootstrap{};  ///< a BiMix fit of all domains with its bootstrap and held-out figures
  RankTimes laws{};       ///< the laws held against the mixtures of ten folds
};

/// @collective Fits made-up tables and times it.
/// @note reads a clock: measuring is its purpose
FitBench bench_fit(const par::Comm& comm, const FitBenchOptions& options);

}  // namespace bimix::spread
