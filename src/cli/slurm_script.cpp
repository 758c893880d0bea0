#include "slurm_script.hpp"

#include "templates.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::cli {
namespace {

constexpr double minute = 60, day = 24 * 60 * minute;
constexpr double start_up = 10 * minute;
constexpr double margin = 1.5;
constexpr double program_mib = 256;  // code, libraries and MPI's buffers

/// "hours:minutes:00".
std::string slurm_time(double seconds) {
  const auto minutes = static_cast<std::int64_t>(std::ceil(seconds / minute));
  return fmt::format("{:02}:{:02}:00", minutes / 60, minutes % 60);
}

/// Replaces the part of the text from `begin` up to `end`.
void replace_part(std::string& text, const std::string& begin, const std::string& end,
                  const std::string& by) {
  const std::size_t from = text.find(begin);
  const std::size_t to = from == std::string::npos ? from : text.find(end, from);
  core::require(to != std::string::npos, "the batch script has the parts that are filled in");
  text.replace(from, to - from, by);
}

void replace_line(std::string& text, const std::string& begin, const std::string& by) {
  replace_part(text, begin, "\n", by);
}

/// What a name may hold in a line that Slurm reads as options.
std::string plain_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '-'; },
      '-');
  return name;
}

std::string memory_line(const SlurmJob& job) {
  if (job.memory_mib == 0)
    return "##SBATCH --mem-per-cpu=4G  # What the trials take is not known: set it and remove one "
           "#";
  const double mib = (margin * job.memory_mib + program_mib) / job.processors_per_rank;
  return fmt::format("#SBATCH --mem-per-cpu={:.0f}M", std::ceil(mib / 64) * 64);
}

}  // namespace

std::string slurm_script(const SlurmJob& job) {
  std::string text = batch_script();
  const std::string about = job.seconds > 0
                                ? fmt::format("about {} on this machine's kind of processor",
                                              core::format_seconds(job.seconds))
                                : std::string("its time is not known");
  replace_part(text, "# A bimix campaign", "#SBATCH",
               fmt::format("# The campaign {} on {} ranks: {}.\n"
                           "# Look through the sizes, add partition, account and modules, and: "
                           "sbatch THIS_FILE\n"
                           "# Submitting it again resumes.\n",
                           plain_name(job.name), job.ranks, about));
  replace_line(text, "#SBATCH --job-name", "#SBATCH --job-name=" + plain_name(job.name));
  replace_line(text, "#SBATCH --nodes", fmt::format("#SBATCH --ntasks={}", job.ranks));
  replace_line(text, "#SBATCH --cpus-per-task",
               fmt::format("#SBATCH --cpus-per-task={}", job.processors_per_rank));
  replace_line(text, "#SBATCH --ntasks-per-node", memory_line(job));
  const double seconds = job.seconds > 0 ? margin * job.seconds + start_up : day;
  replace_line(text, "#SBATCH --time", "#SBATCH --time=" + slurm_time(std::min(seconds, day)));
  replace_part(
      text, "if [ $# -ne 2 ]", "bimix=${BIMIX",
      fmt::format("set -- {} {}\n", core::shell_word(job.campaign), core::shell_word(job.folder)));
  return text;
}

}  // namespace bimix::cli
