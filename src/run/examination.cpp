#include <bimix/core/clock.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/proxy/options.hpp>
#include <bimix/run/examination.hpp>
#include <bimix/run/job_end.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/folder_lock.hpp>

#include <fmt/format.h>
#include <mntent.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

namespace bimix::run {
namespace {

/// What the kernel takes for available, not what is merely unused.
double available_memory_mib() {
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("MemAvailable:")) return std::stod(line.substr(13)) / 1024;
  return 0;
}

/// As mounted there. @param path absolute
std::string file_system_of(const std::filesystem::path& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> mounts(setmntent("/proc/self/mounts", "r"),
                                                     endmntent);
  std::string longest, type = "unknown";
  if (!mounts) return type;
  while (const mntent* mount = getmntent(mounts.get())) {
    const std::string place = mount->mnt_dir;
    const bool above = path == place || place == "/" || path.string().starts_with(place + "/");
    if (above && place.size() >= longest.size()) {
      longest = place;
      type = mount->mnt_type;
    }
  }
  return type;
}

/// The folder itself, or where it is yet to be made, the nearest one above it.
std::filesystem::path existing_folder(const std::string& given) {
  namespace fs = std::filesystem;
  std::error_code failure;
  fs::path place = fs::absolute(given.empty() ? "." : given);
  while (!fs::exists(place, failure) && !failure && place.has_relative_path())
    place = place.parent_path();
  const std::string problem = failure                             ? failure.message()
                              : !fs::is_directory(place, failure) ? "is no folder"
                                                                  : "";
  if (!problem.empty())
    throw core::DataError({.place = core::shown_text(place.string()),
                           .problem = problem,
                           .remedy = "Name the folder where run folders are to lie"});
  const fs::path tidy = fs::canonical(place, failure);
  return failure ? place : tidy;
}

/// A folder of its own within another, for the time of the examination.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& parent)
      : path_(parent / fmt::format(".bimix-doctor-{}-{}", core::host_name(), getpid())) {}
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// A file that the other ranks look for.
  std::filesystem::path token() const { return path_ / "token"; }

 private:
  std::filesystem::path path_;
};

/// Locks and writes there. @param parent where run folders are to lie
FolderFacts written_and_locked(const ScratchFolder& scratch, const std::filesystem::path& parent) {
  using SteadyClock = std::chrono::steady_clock;
  FolderFacts facts{.path = parent.string(), .file_system = file_system_of(parent)};
  try {
    const store::FolderLock lock(scratch.path());
    facts.kernel_locks = lock.is_kernel_lock();
    const auto start = SteadyClock::now();
    store::write_file_atomically(scratch.token(), "seen\n");
    facts.sync_milliseconds =
        std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
    facts.free_mib =
        static_cast<double>(std::filesystem::space(scratch.path()).available) / (1 << 20);
  } catch (const std::exception& error) {
    facts.problem = error.what();
  }
  return facts;
}

}  // namespace

std::vector<Finding> examined(const par::Comm& comm, const std::string& parent) {
  std::filesystem::path place;
  par::on_root(comm, [&] { place = existing_folder(parent); });
  std::optional<ScratchFolder> scratch;  // rank 0's, which the others look into
  FolderFacts folder;
  if (comm.is_root()) folder = written_and_locked(scratch.emplace(place), place);
  const std::string token = comm.broadcast(scratch ? scratch->token().string() : "");
  std::error_code ignored;
  const RankFacts mine{.host = core::host_name(),
                       .processors = core::allowed_processors(),
                       .isa = proxy::detect_isa(),
                       .memory_mib = available_memory_mib(),
                       .sees_folder = std::filesystem::exists(token, ignored)};
  std::vector<RankFacts> ranks;
  for (const std::string& theirs : comm.all_gather(to_json(mine).dump()))
    ranks.push_back(rank_facts_from(data::Json::parse(theirs)));
  return findings(ranks, folder);
}

std::optional<Finding> of_job() {
  const char* job = std::getenv("SLURM_JOB_ID");
  if (job == nullptr) return std::nullopt;
  Finding slurm{.subject = "slurm", .text = fmt::format("job {}", job)};
  const std::int64_t now = core::utc_seconds();
  const JobEnd end = job_end(now);
  if (end.utc)
    slurm.text += ", ends in " + core::format_seconds(static_cast<double>(*end.utc - now));
  if (!end.note.empty()) {
    slurm.kind = Finding::Kind::note;
    slurm.text += "; " + end.note;
    slurm.remedy = "Unset it, or set this host's clock; `--walltime` says when a run is to stop";
  }
  return slurm;
}

}  // namespace bimix::run
