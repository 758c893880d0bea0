#include "saved_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>

namespace bimix::run {
namespace {

using Time = std::filesystem::file_time_type;

bool is_ours(const std::filesystem::path& file) {
  return file.filename() == "log.txt" || file.filename() == "mixture.json";
}

std::optional<Time> newest_change(const std::filesystem::path& folder) {
  std::optional<Time> newest;
  std::error_code ignored;  // files come and go while trainers run
  const auto options = std::filesystem::directory_options::skip_permission_denied;
  for (std::filesystem::recursive_directory_iterator at(folder, options, ignored), end; at != end;
       at.increment(ignored)) {
    if (!at->is_regular_file(ignored) || is_ours(at->path())) continue;
    const Time time = at->last_write_time(ignored);
    if (!ignored) newest = std::max(newest.value_or(time), time);
  }
  return newest;
}

}  // namespace

std::map<std::string, std::string> saved_by_commands(const std::filesystem::path& folder) {
  std::map<std::string, std::string> all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "trials", ignored))
    if (const auto time = newest_change(entry.path()))
      all[entry.path().filename().string()] = fmt::format("{}", time->time_since_epoch().count());
  return all;
}

}  // namespace bimix::run
