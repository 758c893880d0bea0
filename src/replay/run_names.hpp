#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::replay {

/// What names the runs of a log.
enum class RunsAre {
  named,         ///< the log does
  files,         ///< the file, or the folder above where files have one name
  folders,       ///< the folder that holds the file
  above_metrics  ///< the folder above the last one called metrics
};

/// Where a path goes on below a run's folder of metrics.
inline constexpr std::string_view metrics_folder = "/metrics/";

/// What a run's name is taken from: two files of one owner are of one run. The path of the file
/// without its ending, or of its folder; names that say nothing of a run (metrics, log, version_3,
/// checkpoint-100, ...) are taken off its end.
std::string run_owner(const std::string& path, RunsAre runs);

/// A name for each owner: the last part of its path that differs between all of them and that the
/// table of mixtures has; or, where no part is like that, the last that differs; or as many parts
/// from the end as are needed.
/// @param known names of runs in the table of mixtures, if there is one
/// @return as many names as owners; the same for the same owner
std::vector<std::string> run_names(const std::vector<std::string>& owners,
                                   const std::set<std::string>& known = {});

}  // namespace bimix::replay
