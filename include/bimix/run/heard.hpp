#pragma once

#include <bimix/data/json.hpp>
#include <bimix/store/status.hpp>

#include <filesystem>
#include <string>

/// What can be said of a run from outside, by its status.json.
namespace bimix::run {

/// What the run said last, and how long ago by the clock of the file system: those of the run's
/// host and of this one may differ by more than a run's whole life.
struct Heard {
  store::RunStatus status{};
  double age_seconds = 0.0;
};

/// @throws DataError if the folder has no status.json
Heard heard_of(const std::filesystem::path& folder);

/// Whether the run has said itself that it is over.
bool has_ended(const store::RunStatus& status);

/// Whether a run that should go on does not: nothing was heard of it, or, on its own host, nobody
/// holds the folder's lock.
bool is_stale(const std::filesystem::path& folder, const Heard& heard);

/// For people, a line for each fact.
std::string status_text(const std::filesystem::path& folder, const Heard& heard);

/// status.json, and what only who looks at it can say.
data::Json status_json(const std::filesystem::path& folder, const Heard& heard);

}  // namespace bimix::run
