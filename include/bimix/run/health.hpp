#pragma once

#include <bimix/data/json.hpp>
#include <bimix/proxy/options.hpp>

#include <string>
#include <vector>

namespace bimix::run {

/// What one rank can tell of the place where it runs.
struct RankFacts {
  std::string host{};
  std::vector<int> processors{};          ///< that it may run on
  proxy::Isa isa = proxy::Isa::baseline;  ///< widest instructions
  double memory_mib = 0.0;                ///< free on its host
  bool sees_folder = true;                ///< the file that rank 0 has just written
};

data::Json to_json(const RankFacts& facts);
RankFacts rank_facts_from(const data::Json& json);

/// The place where run folders are to lie, as rank 0 finds it.
struct FolderFacts {
  std::string path{};
  std::string file_system{};     ///< "ext4", "nfs", "lustre", ...
  std::string problem{};         ///< why it cannot be written or locked; empty if it can
  bool kernel_locks = true;      ///< false: a record with a heartbeat stands in for them
  double sync_milliseconds = 0;  ///< of one line of a journal
  double free_mib = 0;
};

struct Finding {
  enum class Kind { fine, note, bad };
  Kind kind = Kind::fine;
  std::string subject{};  ///< one word
  std::string text{};
  std::string remedy{};  ///< empty if there is nothing to do
};

/// What a run would have to reckon with, ranks first, then the folder.
std::vector<Finding> findings(const std::vector<RankFacts>& ranks, const FolderFacts& folder);

}  // namespace bimix::run
