#include <bimix/core/text.hpp>
#include <bimix/proxy/options.hpp>
#include <bimix/run/health.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace bimix::run {
namespace {

using Kind = Finding::Kind;

constexpr double slow_sync_milliseconds = 50;
constexpr double little_space_mib = 1024;
constexpr double little_memory_mib = 1024;

std::map<std::string, std::vector<const RankFacts*>> by_host(const std::vector<RankFacts>& ranks) {
  std::map<std::string, std::vector<const RankFacts*>> hosts;
  for (const RankFacts& rank : ranks) hosts[rank.host].push_back(&rank);
  return hosts;
}

Finding of_ranks(const std::vector<RankFacts>& ranks) {
  std::vector<std::string> hosts;
  for (const auto& [host, own] : by_host(ranks))
    hosts.push_back(fmt::format("{} ({})", host, own.size()));
  constexpr std::size_t shown = 8;
  const std::size_t count = hosts.size();
  if (count > shown) {
    hosts.resize(shown);
    hosts.push_back(fmt::format("{} more", count - shown));
  }
  return {.kind = Kind::fine,
          .subject = "ranks",
          .text = fmt::format("{} on {} {}: {}", ranks.size(), count, count == 1 ? "host" : "hosts",
                              core::join_words(hosts))};
}

/// The host with the least room for its ranks speaks for all.
Finding of_processors(const std::vector<RankFacts>& ranks) {
  Finding worst{.subject = "processors"};
  double least = 0;
  for (const auto& [host, own] : by_host(ranks)) {
    std::set<int> processors;
    for (const RankFacts* rank : own)
      processors.insert(rank->processors.begin(), rank->processors.end());
    const double each = static_cast<double>(processors.size()) / static_cast<double>(own.size());
    if (!worst.text.empty() && each >= least) continue;
    least = each;
    worst.text = fmt::format("{} for {} {} on {}", processors.size(), own.size(),
                             own.size() == 1 ? "rank" : "ranks", host);
    if (each < 1) {
      worst.kind = Kind::bad;
      worst.remedy =
          "Ranks would wait for one another. Start fewer on a host, or let each have its own "
          "processor: `mpirun --bind-to core`, `#SBATCH --cpus-per-task=1`";
    } else if (each >= 2) {
      worst.kind = Kind::note;
      worst.remedy = "More ranks would fit, or `threads_per_trial` in the campaign";
    }
  }
  return worst;
}

Finding of_instructions(const std::vector<RankFacts>& ranks) {
  const auto [least, most] =
      std::minmax_element(ranks.begin(), ranks.end(),
                          [](const RankFacts& a, const RankFacts& b) { return a.isa < b.isa; });
  const std::string& common = core::word_of(least->isa);
  if (least->isa == most->isa)
    return {.kind = Kind::fine, .subject = "instructions", .text = common};
  return {.kind = Kind::bad,
          .subject = "instructions",
          .text = fmt::format("{} on {}, only {} on {}", core::word_of(most->isa), most->host,
                              common, least->host),
          .remedy = fmt::format("All trials of a run use the same. Write `isa: {}` under "
                                "source.proxy, or use hosts of one kind",
                                common)};
}

Finding of_memory(const std::vector<RankFacts>& ranks) {
  const RankFacts* tightest = nullptr;
  double least = 0;
  for (const auto& [host, own] : by_host(ranks)) {
    const double each = own.front()->memory_mib / static_cast<double>(own.size());
    if (tightest != nullptr && each >= least) continue;
    tightest = own.front();
    least = each;
  }
  return {.kind = least < little_memory_mib ? Kind::note : Kind::fine,
          .subject = "memory",
          .text = fmt::format("{:.0f} MiB free a rank on {}", least, tightest->host),
          .remedy =
              least < little_memory_mib ? "`bimix plan` says what a rank of a campaign takes" : ""};
}

std::vector<Finding> of_folder(const std::vector<RankFacts>& ranks, const FolderFacts& folder) {
  if (!folder.problem.empty())
    return {{.kind = Kind::bad,
             .subject = "folder",
             .text = fmt::format("{} ({}): {}", folder.path, folder.file_system, folder.problem),
             .remedy = "Put run folders where rank 0 can write and lock files"}};
  std::vector<Finding> all{
      {.subject = "folder",
       .text = fmt::format("{} ({}): written, locked, synced in {:.1f} ms", folder.path,
                           folder.file_system, folder.sync_milliseconds)}};
  if (folder.sync_milliseconds > slow_sync_milliseconds) {
    all.back().kind = Kind::note;
    all.back().remedy = "Every trial's result waits for one sync; short trials will feel it";
  }
  if (!folder.kernel_locks) {
    all.back().kind = Kind::note;
    all.back().remedy =
        "It has no file locks: a record with a heartbeat keeps second writers out, "
        "and after a kill the next run needs --take-over";
  }
  if (folder.file_system == "tmpfs") {
    all.back().kind = Kind::note;
    all.back().remedy = "It lies in memory and is gone with the machine";
  }
  all.push_back({.kind = folder.free_mib < little_space_mib ? Kind::note : Kind::fine,
                 .subject = "space",
                 .text = fmt::format("{:.0f} MiB free", folder.free_mib),
                 .remedy = folder.free_mib < little_space_mib
                               ? "Unfinished trials save their models there; a full disk ends a run"
                               : ""});
  const auto blind = std::find_if(ranks.begin(), ranks.end(),
                                  [](const RankFacts& rank) { return !rank.sees_folder; });
  if (blind != ranks.end())
    all.push_back({.kind = Kind::bad,
                   .subject = "sharing",
                   .text = fmt::format("{} does not see what rank 0 writes there", blind->host),
                   .remedy = "Unfinished trials are saved and texts are read by every rank: put "
                             "folder and texts on a file system that all hosts share"});
  return all;
}

}  // namespace

data::Json to_json(const RankFacts& facts) {
  return {{"host", facts.host},
          {"processors", facts.processors},
          {"isa", core::word_of(facts.isa)},
          {"memory_mib", facts.memory_mib},
          {"sees_folder", facts.sees_folder}};
}

RankFacts rank_facts_from(const data::Json& json) {
  return {.host = json.at("host").get<std::string>(),
          .processors = json.at("processors").get<std::vector<int>>(),
          .isa = core::parse_word<proxy::Isa>(json.at("isa").get<std::string>(), "isa"),
          .memory_mib = json.at("memory_mib").get<double>(),
          .sees_folder = json.at("sees_folder").get<bool>()};
}

std::vector<Finding> findings(const std::vector<RankFacts>& ranks, const FolderFacts& folder) {
  std::vector<Finding> all{of_ranks(ranks), of_processors(ranks), of_instructions(ranks),
                           of_memory(ranks)};
  const std::vector<Finding> more = of_folder(ranks, folder);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace bimix::run
