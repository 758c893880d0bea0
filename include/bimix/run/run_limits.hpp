#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bimix::run {

/// How many trials may end badly.
struct FailureAllowance {
  double amount = 0.0;      ///< trials, or percent of them
  bool is_percent = false;  ///< at most 100 then
};

/// Reads "3" or "10%". @throws UsageError naming `--max-failures`
FailureAllowance parse_failures(const std::string& text);

/// One part of a campaign's trials, for jobs that run side by side in folders of their own.
struct Shard {
  std::size_t number = 0;  ///< from 0
  std::size_t count = 1;
};

/// Reads "0/8" to "7/8", of a million at most. @throws UsageError naming `--shard`
Shard parse_shard(const std::string& text);

/// When a run is to stop by itself, and which trials it is to run.
struct RunLimits {
  double walltime_seconds = 0.0;               ///< from the start of the run; 0: no limit
  std::optional<FailureAllowance> failures{};  ///< none: any number
  std::vector<std::string> only{};             ///< ids of trials; empty: all that are missing
  std::optional<Shard> shard{};                ///< none: all trials
  bool take_over = false;  ///< of a folder whose holder is taken for dead, see FolderLock
  int retries = 1;         ///< further attempts in this run where the cause may pass
  bool extend = false;     ///< the design may have grown since the folder was made
  double lost_after_seconds = 300.0;  ///< of silence a rank is taken for dead
};

/// Counts how trials end, the good ends of earlier sessions too, and says when too many ended
/// badly.
class FailureLimit {
 public:
  /// @param trials of the stage, which a percentage is of
  FailureLimit(const std::optional<FailureAllowance>& allowed, std::size_t trials);

  void ended(bool well) { well ? ++well_ : ++badly_; }
  /// Whether some rank did well when these failed: then it is not the set-up.
  void some_work(bool works) { some_work_ = works; }
  /// So many that ended badly are tried again: they have not ended after all.
  void tried_again(std::size_t trials) { badly_ -= trials; }
  /// Why the sweep should not go on, as part of a sentence. Without a limit that is so when the
  /// first `hopeless` trials have all ended badly, everywhere: then it is the set-up that fails.
  std::optional<std::string> reached() const;

  static constexpr std::size_t hopeless = 5;

 private:
  std::optional<FailureAllowance> allowed_;
  double trials_;
  std::size_t well_ = 0, badly_ = 0;
  bool some_work_ = false;
};

}  // namespace bimix::run
