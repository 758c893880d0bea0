#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/run/campaign_notes.hpp>
#include <bimix/run/opened.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

namespace bimix::run {
namespace {

std::optional<std::string> note_on_repeats(const config::Campaign& campaign) {
  std::vector<std::string> repeated;
  if (campaign.design.repeats > 1)
    repeated.push_back(fmt::format("design.repeats: {}", campaign.design.repeats));
  if (campaign.check.enabled && campaign.check.repeats > 1)
    repeated.push_back(fmt::format("check.repeats: {}", campaign.check.repeats));
  if (repeated.empty() || trial::sees_repeat(campaign.command)) return std::nullopt;
  return fmt::format(
      "source.command.run: the repeats of a mixture would be the same ({}), because the command is "
      "not told which one it is. Add {{seed}}, {{repeat}} or {{mixture.json}}, unless it reads "
      "mixture.json in its {{dir}}.",
      core::join_words(repeated));
}

std::string processors_text(std::size_t count) {
  return count == 1 ? "1 processor" : fmt::format("{} processors", count);
}

/// A line of files_of_command: the hash, a blank, the name.
std::map<std::string, std::string> hash_by_name(const std::string& text) {
  std::map<std::string, std::string> hashes;
  std::istringstream stream(text);
  for (std::string hash, name; stream >> hash && std::getline(stream >> std::ws, name);)
    hashes[name] = hash;
  return hashes;
}

}  // namespace

std::vector<std::string> notes_on(const config::Campaign& campaign) {
  std::vector<std::string> notes;
  if (campaign.source != config::SourceKind::command) return notes;
  if (const auto note = note_on_repeats(campaign)) notes.push_back(*note);
  if (!campaign.command.program.empty())
    notes.push_back(fmt::format("the command is started as '{}'; in trials it keeps its name '{}'.",
                                campaign.command.program, campaign.command.run.front()));
  return notes;
}

std::vector<std::string> notes_on_processors(const par::Comm& comm,
                                             const config::Campaign& campaign) {
  const std::size_t own = core::allowed_processors().size();
  std::vector<std::size_t> all;
  for (const std::string& count : comm.all_gather(std::to_string(own)))
    all.push_back(std::stoul(count));
  const std::size_t least = *std::min_element(all.begin(), all.end());
  const auto threads = static_cast<std::size_t>(traits_of(campaign).threads_per_trial);
  if (least > 0 && least < threads)
    return {
        fmt::format("threads_per_trial: {0}, and a rank may use {1} here. Start it with `mpirun "
                    "--bind-to none` "
                    "or `--map-by slot:PE={0}`, under Slurm with `srun -c {0}`.",
                    threads, processors_text(least))};
  const char* of_job = std::getenv("SLURM_CPUS_ON_NODE");
  const std::int64_t most = of_job == nullptr ? 0 : core::parse_count(of_job).value_or(0);
  const std::size_t commands = trial::command_processors().size();
  if (campaign.source == config::SourceKind::command && static_cast<std::int64_t>(commands) < most)
    return {fmt::format(
        "commands may use {} of the {} that the job has on this node. Start it with `srun "
        "--cpu-bind=none`.",
        processors_text(commands), most)};
  return {};
}

std::string files_of_command(const trial::CommandOptions& command) {
  constexpr std::uintmax_t most_bytes = 16 << 20;
  std::string text;
  for (const std::string& word : command.run)
    for (const std::string& name : {word, word.substr(word.find('=') + 1)}) {
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(name, ignored) ||
          std::filesystem::file_size(name, ignored) > most_bytes)
        continue;
      try {
        text += fmt::format("{} {}\n", core::content_hash(core::read_file(name)), name);
      } catch (const core::Error&) {  // a file that may be run need not be readable
      }
      break;
    }
  return text;
}

std::vector<std::string> changed_files(const std::string& before, const std::string& now) {
  const auto hashes = hash_by_name(before);
  std::vector<std::string> changed;
  for (const auto& [name, hash] : hash_by_name(now))
    if (const auto old = hashes.find(name); old != hashes.end() && old->second != hash)
      changed.push_back(name);
  return changed;
}

}  // namespace bimix::run
