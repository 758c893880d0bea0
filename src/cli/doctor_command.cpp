#include "commands.hpp"
#include "health.hpp"
#include "run_stamp.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/proxy/options.hpp>
#include <bimix/report/page.hpp>
#include <bimix/run/job_end.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/folder_lock.hpp>

#include <fmt/format.h>
#include <mntent.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>

namespace bimix::cli {
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
FolderFacts examined(const ScratchFolder& scratch, const std::filesystem::path& parent) {
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

/// What only rank 0 knows: the program itself and the job it runs in.
std::vector<Finding> of_program() {
  std::vector<Finding> all{{.subject = "charts", .text = "built in"}};
  if (!report::charts_are_built_in())
    all.back() = {.kind = Finding::Kind::note,
                  .subject = "charts",
                  .text = "not built in; `bimix report` writes tables",
                  .remedy = "`scripts/setup charts`, and build again"};
  if (const char* job = std::getenv("SLURM_JOB_ID")) {
    Finding slurm{.subject = "slurm", .text = fmt::format("job {}", job)};
    const std::int64_t now = core::utc_seconds();
    const run::JobEnd end = run::job_end(now);
    if (end.utc)
      slurm.text += ", ends in " + core::format_seconds(static_cast<double>(*end.utc - now));
    if (!end.note.empty()) {
      slurm.kind = Finding::Kind::note;
      slurm.text += "; " + end.note;
      slurm.remedy = "Unset it, or set this host's clock; `--walltime` says when a run is to stop";
    }
    all.push_back(slurm);
  }
  return all;
}

std::string findings_text(const std::vector<Finding>& all) {
  std::string text;
  for (const Finding& finding : all) {
    const char* mark = finding.kind == Finding::Kind::fine   ? "ok"
                       : finding.kind == Finding::Kind::note ? "note"
                                                             : "BAD";
    text += fmt::format("  {:<5} {:<13} {}\n", mark, finding.subject, finding.text);
    if (!finding.remedy.empty()) text += fmt::format("{:22}{}.\n", "", finding.remedy);
  }
  return text;
}

}  // namespace

void add_doctor_command(CLI::App& app, Context& context, Action& action) {
  const auto parent = std::make_shared<std::string>(".");
  CLI::App* command =
      add_command(app, "doctor", "what a run would find here: ranks, processors, memory, folder",
                  "mpirun -n 2 bimix doctor /scratch/me   (or with srun, as the run is started)");
  command->add_option("DIR", *parent, "where run folders are to lie")->capture_default_str();
  command->callback([&context, &action, parent] {
    action = [&context, parent] {
      const par::Comm& comm = context.comm();
      std::filesystem::path place;
      par::on_root(comm, [&] { place = existing_folder(*parent); });
      std::optional<ScratchFolder> scratch;  // rank 0's, which the others look into
      FolderFacts folder;
      if (comm.is_root()) folder = examined(scratch.emplace(place), place);
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
      std::vector<Finding> all = findings(ranks, folder);
      const std::vector<Finding> more = of_program();
      all.insert(all.end(), more.begin(), more.end());
      context.console.show(version_text() + findings_text(all));
      const bool bad = std::any_of(all.begin(), all.end(), [](const Finding& finding) {
        return finding.kind == Finding::Kind::bad;
      });
      return comm.broadcast(bad ? "bad" : "").empty() ? core::ExitCode::done : core::ExitCode::data;
    };
  });
}

}  // namespace bimix::cli
