#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace bimix::proxy {

/// Threads that do the parts of a piece of work together, then wait for the next. The calling
/// thread is number 0. Where the process may run on exactly as many processors as there are
/// threads, each thread gets one of its own.
class ThreadTeam {
 public:
  /// @param size at least 1; with 1 there is no other thread and `run` is a call
  explicit ThreadTeam(int size);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(errors_.size()); }

  /// work(0) to work(size - 1) at the same time; returns when all are done.
  /// @throws what a part threw: that of the lowest number
  void run(const std::function<void(int)>& work);

 private:
  void serve(int number);
  void do_part(int number);

  std::vector<std::exception_ptr> errors_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<unsigned> round_{0};  ///< counts calls of run; odd: time to go
  std::atomic<int> busy_{0};
  std::vector<std::thread> threads_{};
};

}  // namespace bimix::proxy
