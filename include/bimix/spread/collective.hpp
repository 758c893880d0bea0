#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>
#include <bimix/entropy/entropy.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/options.hpp>
#include <bimix/par/comm.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Work that the layers below offer in independent parts, spread over the ranks. Every part is a
/// pure function of its index and the merge is in index order, so results are the same bits at any
/// number of ranks. What is large goes to the root alone: bootstrap samples, and what held-out
/// figures are made of. The other ranks hold their own part of it and no more.
namespace bimix::spread {

/// @collective The entropy table: byte counts in equal parts of each domain, a von Neumann entropy
/// as one part a domain.
data::EntropyTable entropy_over_ranks(const par::Comm& comm, const corpus::Corpus& corpus,
                                      const entropy::EntropyOptions& options, std::uint64_t seed);

/// How far a part of a fit is.
struct FitProgress {
  std::string what{};    ///< "bootstrap of effective_share"
  std::size_t done = 0;  ///< pieces of the root; other ranks have as many
  std::size_t all = 0;
};

/// Told on the root alone: at the beginning of each part and after each piece, which may take
/// microseconds. None: nobody is told.
using Progress = std::function<void(const FitProgress&)>;

/// Tells of one part, piece by piece.
class CountedProgress {
 public:
  CountedProgress(Progress progress, std::string what, std::size_t all)
      : progress_(std::move(progress)), now_{std::move(what), 0, all} {
    tell();
  }
  void one_more() {
    ++now_.done;
    tell();
  }

 private:
  void tell() const {
    if (progress_) progress_(now_);
  }
  Progress progress_;
  FitProgress now_;
};

/// @collective The fit; on the root with its bootstrap samples and held-out figures.
/// @param observations the same on every rank
/// @throws CollectiveError what fit_law throws, on every rank
data::LawFit fit_over_ranks(const par::Comm& comm, const data::Observations& observations,
                            const law::FitOptions& options, const Progress& progress = {});

/// The laws that a fit asked for.
struct LawFits {
  std::vector<data::LawFit> laws{};  ///< bimix first, if it can be fitted
  std::size_t used = 0;              ///< the one whose optimum is sought
};

/// @collective `options.law` and the reference beside it; every law for "all" and "auto". Held-out
/// figures for each, bootstrap samples for bimix and the law that is used, both on the root. What
/// "auto" chose is the same on every rank; why is a flag of that fit on the root.
LawFits fit_laws_over_ranks(const par::Comm& comm, const data::Observations& observations,
                            const law::FitOptions& options, const Progress& progress = {});

/// @collective law::believed_fits, on the root.
std::vector<data::LawFit> believed_fits_over_ranks(const par::Comm& comm,
                                                   const data::Observations& observations,
                                                   const law::FitOptions& options,
                                                   const Progress& progress = {});

/// @collective The one law that is used, for those who need no other.
data::LawFit used_fit_over_ranks(const par::Comm& comm, const data::Observations& observations,
                                 const law::FitOptions& options, const Progress& progress = {});

/// @collective The protocol for each law of the options; all of them if there are none.
/// @return the scores on the root; elsewhere the splits
/// @throws CollectiveError with every complaint about the options
law::Evaluation evaluate_over_ranks(const par::Comm& comm, const data::Observations& observations,
                                    const law::FitOptions& fit, law::EvaluateOptions options,
                                    const Progress& progress = {});

}  // namespace bimix::spread
