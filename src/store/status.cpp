#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/store/status.hpp>

#include <cmath>
#include <limits>

namespace bimix {
namespace {

std::filesystem::path status_path(const std::filesystem::path& folder) {
  return folder / "status.json";
}

}  // namespace

Json to_json(const RunStatus& status) {
  return {{"started_utc", status.started_utc},
          {"updated_utc", status.updated_utc},
          {"stage", status.stage},
          {"trials",
           {{"total", status.trials_total},
            {"done", status.trials_done},
            {"failed", status.trials_failed},
            {"running", status.trials_running}}},
          {"eta_seconds", std::isfinite(status.eta_seconds) ? Json(status.eta_seconds) : Json()},
          {"ranks", status.ranks},
          {"host", status.host},
          {"pid", status.pid},
          {"message", status.message}};
}

void write_status(const std::filesystem::path& folder, const RunStatus& status, Disk& disk) {
  write_file_atomically(status_path(folder),
                        to_json(status).dump(1, ' ', false, Json::error_handler_t::replace) + "\n",
                        disk);
}

std::optional<RunStatus> read_status(const std::filesystem::path& folder) {
  const std::filesystem::path path = status_path(folder);
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    const Json json = Json::parse(read_file(path));
    const Json& trials = json.at("trials");
    const Json& eta = json.at("eta_seconds");
    return RunStatus{
        .started_utc = json.at("started_utc").get<std::int64_t>(),
        .updated_utc = json.at("updated_utc").get<std::int64_t>(),
        .stage = json.at("stage").get<std::string>(),
        .trials_total = trials.at("total").get<int>(),
        .trials_done = trials.at("done").get<int>(),
        .trials_failed = trials.at("failed").get<int>(),
        .trials_running = trials.at("running").get<int>(),
        .eta_seconds = eta.is_null() ? std::numeric_limits<double>::quiet_NaN() : eta.get<double>(),
        .ranks = json.at("ranks").get<int>(),
        .host = json.at("host").get<std::string>(),
        .pid = json.at("pid").get<std::int64_t>(),
        .message = json.at("message").get<std::string>()};
  } catch (const Json::exception& cause) {
    throw DataError({.place = path.string(),
                     .problem = std::string("is no status of a run: ") + cause.what(),
                     .rule = "",
                     .remedy = "Remove it; the next `bimix run` writes a new one"});
  }
}

}  // namespace bimix
