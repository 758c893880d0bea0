#pragma once

#include "csv.hpp"

#include <bimix/replay/loss_log.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bimix::replay {

/// The columns of a table that hold shares of training domains.
struct ShareColumns {
  std::vector<std::size_t> columns{};
  std::size_t head = 0, tail = 0;  ///< letters of their names before and behind the domain's

  std::string domain(const std::string& name) const {
    return name.substr(head, name.size() - head - tail);
  }
};

/// How sure one must be that columns are shares.
enum class Evidence {
  stated,  ///< the user says that this is a table of mixtures
  likely,  ///< most rows sum to 1, or to one number that `normalise` divides by
  certain  ///< every row sums to 1, or the names say it
};

/// Which of the candidates are shares: those that the user names with `domains`; those whose names
/// say it (`share/web`, `weight_web`, `web_tokens`; `train_web` but in tables of curves), at least
/// two or all that are no settings; or those whose rows sum to 1, with `normalise` to 100 or to one
/// number. Settings (lr) and metrics (final_loss) are no shares where the sum does not need them.
/// @param candidates columns that may be shares; those that are not numbers throughout are none
/// @return nothing where the evidence is less than is needed
/// @throws DataError naming the columns that are probably no shares: without them the rows have a
///   sum that they lack with them; or with `normalise` they are the same in every row
std::optional<ShareColumns> share_columns(const CsvFile& file,
                                          const std::vector<std::size_t>& candidates,
                                          const ReplayOptions& options, Evidence needed);

}  // namespace bimix::replay
