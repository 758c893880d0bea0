#pragma once

#include <sys/types.h>

#include <array>

namespace bimix::core {

/// Ends a process group once this process is no more: a process that is killed cannot do so itself,
/// and what it has started would go on. The shell that does it waits before there is a group, so
/// that no moment is left between the two. Without a shell nothing is ended.
class LastWill {
 public:
  LastWill();
  /// The group goes on: this process looks after it.
  ~LastWill();
  LastWill(const LastWill&) = delete;
  LastWill& operator=(const LastWill&) = delete;

  /// Says which group is meant, once. It is sent TERM, and what is left of it after half a minute
  /// KILL.
  void name(pid_t group) const;

 private:
  std::array<int, 2> ends_{-1, -1};  ///< read, write; both stay open here, so that no write fails
  pid_t executor_ = 0;
};

}  // namespace bimix::core
