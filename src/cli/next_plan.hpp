#pragma once

#include "context.hpp"

#include <bimix/core/error.hpp>

#include <string>

namespace bimix::cli {

/// What `bimix plan --next` is asked for.
struct NextPlan {
  std::string file{};    ///< campaign or run folder
  std::string folder{};  ///< run folder of a campaign; empty: runs/<name>
  int count = 0;
  std::string write{};  ///< where the campaign grown by the proposals goes; empty: nowhere
  bool json = false;
};

/// @collective Proposes the mixtures to run next from what a run folder holds, see next_mixtures.
/// @throws DataError if the folder's domains are not the campaign's, or the file to write exists
/// @throws TooLittleData if the data cannot tell
core::ExitCode propose_next(Context& context, const NextPlan& plan);

}  // namespace bimix::cli
