#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace bimix::store {

/// Who writes a run folder, on file systems without locks: DIR/owner with the holder's name,
/// touched again and again while it lives. A fresh record keeps others out. A stale one may belong
/// to a dead process or to one that cannot reach the file system, and only a person can tell: it
/// must be taken over on purpose.
///
/// Ages are differences of times that the file system itself gave to two files, so clocks of hosts
/// do not matter.
class OwnerRecord {
 public:
  struct Pace {
    std::chrono::milliseconds beat{10'000};
    std::chrono::milliseconds stale{60'000};
    std::chrono::milliseconds settle{2'000};  ///< who takes over waits for others who do so too
  };

  /// @throws DataError if another process holds the folder, or held it and `take_over` is not set
  OwnerRecord(const std::filesystem::path& folder, bool take_over, const Pace& pace);
  OwnerRecord(const std::filesystem::path& folder, bool take_over)
      : OwnerRecord(folder, take_over, Pace()) {}
  /// Removes the record, if it is still this one's.
  ~OwnerRecord();
  OwnerRecord(const OwnerRecord&) = delete;
  OwnerRecord& operator=(const OwnerRecord&) = delete;

  /// False once another process has taken over.
  bool is_ours() const;

 private:
  void take_over_from(const std::string& before);
  void beat();

  std::filesystem::path path_;
  std::string text_;  ///< of this process, and of no other
  Pace pace_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ends_ = false;
  std::thread heart_;
};

}  // namespace bimix::store
