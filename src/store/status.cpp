#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/store/status.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::store {
std::filesystem::path status_path(const std::filesystem::path& folder) {
  return folder / "status.json";
}

data::Json to_json(const RunStatus& status) {
  data::Json longest = data::Json::array();
  for (const StatusTrial& one : status.longest)
    longest.push_back({{"rank", one.rank},
                       {"trial", one.trial},
                       {"seconds", one.seconds},
                       {"fraction", one.fraction}});
  return {{"started_utc", status.started_utc},
          {"updated_utc", status.updated_utc},
          {"stage", status.stage},
          {"trials",
           {{"total", status.trials_total},
            {"done", status.trials_done},
            {"failed", status.trials_failed},
            {"running", status.trials_running}}},
          {"work_done", status.work_done},
          {"trials_per_hour", status.trials_per_hour},
          {"eta_seconds", data::to_json(status.eta_seconds)},
          {"eta_low", data::to_json(status.eta_low)},
          {"eta_high", data::to_json(status.eta_high)},
          {"deadline_utc", status.deadline_utc},
          {"ranks", status.ranks},
          {"host", status.host},
          {"pid", status.pid},
          {"message", status.message},
          {"last_failure", status.last_failure},
          {"round", status.round},
          {"longest", std::move(longest)}};
}

void write_status(const std::filesystem::path& folder, const RunStatus& status, Disk& disk) {
  write_file_atomically(
      status_path(folder),
      to_json(status).dump(1, ' ', false, data::Json::error_handler_t::replace) + "\n", disk);
}

std::optional<RunStatus> read_status(const std::filesystem::path& folder) {
  const std::filesystem::path path = status_path(folder);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const std::string text = core::read_file(path);
  try {
    const data::Json json = data::Json::parse(text);
    const data::Json& trials = json.at("trials");
    // Whatever stands there: it is shown, and reckoned with, as a count or a time.
    const auto within = [](const data::Json& object, const char* name, std::int64_t most) {
      return std::clamp<std::int64_t>(data::whole_number_from(object, name), 0, most);
    };
    const auto count = [&](const data::Json& object, const char* name) {
      return static_cast<int>(within(object, name, std::numeric_limits<int>::max()));
    };
    constexpr std::int64_t last_time = 100'000'000'000;  // the year 5138
    const auto seconds = [&](const char* name) {
      const data::Json found = json.value(name, data::Json());
      return found.is_null() ? std::numeric_limits<double>::quiet_NaN() : found.get<double>();
    };
    std::vector<StatusTrial> longest;
    for (const data::Json& one : json.value("longest", data::Json::array()))
      longest.push_back({.rank = count(one, "rank"),
                         .trial = one.at("trial").get<std::string>(),
                         .seconds = one.at("seconds").get<double>(),
                         .fraction = one.at("fraction").get<double>()});
    return RunStatus{
        .started_utc = within(json, "started_utc", last_time),
        .updated_utc = within(json, "updated_utc", last_time),
        .stage = json.at("stage").get<std::string>(),
        .trials_total = count(trials, "total"),
        .trials_done = count(trials, "done"),
        .trials_failed = count(trials, "failed"),
        .trials_running = count(trials, "running"),
        .work_done = json.value("work_done", 0.0),
        .trials_per_hour = json.value("trials_per_hour", 0.0),
        .eta_seconds = seconds("eta_seconds"),
        .eta_low = seconds("eta_low"),
        .eta_high = seconds("eta_high"),
        .deadline_utc = json.contains("deadline_utc") ? within(json, "deadline_utc", last_time) : 0,
        .ranks = count(json, "ranks"),
        .host = json.at("host").get<std::string>(),
        .pid = data::whole_number_from(json, "pid"),
        .message = json.at("message").get<std::string>(),
        .last_failure = json.value("last_failure", ""),
        .round = json.value("round", ""),
        .longest = std::move(longest)};
  } catch (const std::exception& cause) {
    throw core::DataError({.place = path.string(),
                           .problem = std::string("is no status of a run: ") + cause.what(),
                           .rule = "",
                           .remedy = "Remove it; the next `bimix run` writes a new one"});
  }
}

}  // namespace bimix::store
