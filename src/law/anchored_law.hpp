#pragma once

#include "domain_data.hpp"

#include <bimix/law/continuation.hpp>
#include <bimix/law/law.hpp>

#include <map>
#include <tuple>
#include <vector>

namespace bimix::law {

/// A law of one evaluation domain, anchored on what was seen of runs. Predicts NaN without
/// parameters, and for laws that have no volume.
class AnchoredLaw {
 public:
  /// Errors by mixture id, model size and repeat.
  using Runs = std::map<std::tuple<int, double, int>, RunErrors>;

  /// @param seen what tells how runs drift from the law
  /// @param parameter P of options.law, empty or NaN where it could not be fitted
  AnchoredLaw(const data::Observations& seen, const FitOptions& options, std::size_t eval_domain,
              std::vector<double> parameter);

  /// Of a mixture that was seen with a model of this size, the mean over its repeats; NaN of
  /// others.
  double loss_nats(int mixture_id, const LawPoint& point) const;
  /// Of a run. @param deviations how many standard deviations of a reading to be above it
  double loss_nats(const RunErrors& run, const LawPoint& point, double deviations = 0.0) const;
  /// As if nothing had been seen of the run.
  double law_nats(const LawPoint& point) const;
  Runs errors_of(const DomainData& data) const;

 private:
  bool can_predict() const;

  const Law& law_;
  std::vector<double> parameter_;
  DomainData data_;
  Runs runs_{};
  RunDrift drift_{};
};

}  // namespace bimix::law
