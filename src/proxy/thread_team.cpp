#include "thread_team.hpp"

#include <bimix/core/host.hpp>

#include <sched.h>

namespace bimix::proxy {
namespace {

constexpr unsigned one_round = 2;

/// Number `number` of the processors this process may use, if it may use exactly `size`.
void take_own_processor(int number, int size) {
  const std::vector<int> allowed = core::allowed_processors();
  if (std::ssize(allowed) != size) return;
  cpu_set_t own;
  CPU_ZERO(&own);
  CPU_SET(allowed[static_cast<std::size_t>(number)], &own);
  sched_setaffinity(0, sizeof own, &own);
}

}  // namespace

ThreadTeam::ThreadTeam(int size) : errors_(static_cast<std::size_t>(size)) {
  for (int number = 1; number < size; ++number)
    threads_.emplace_back([this, number, size] {
      take_own_processor(number, size);
      serve(number);
    });
}

ThreadTeam::~ThreadTeam() {
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadTeam::do_part(int number) {
  std::exception_ptr& error = errors_[static_cast<std::size_t>(number)];
  error = nullptr;
  try {
    (*work_)(number);
  } catch (...) {
    error = std::current_exception();
  }
}

void ThreadTeam::serve(int number) {
  for (unsigned seen = 0;;) {
    round_.wait(seen);
    const unsigned now = round_.load();
    if (now == seen) continue;
    if (now % one_round != 0) return;
    seen = now;
    do_part(number);
    if (busy_.fetch_sub(1) == 1) busy_.notify_one();
  }
}

void ThreadTeam::run(const std::function<void(int)>& work) {
  work_ = &work;
  busy_.store(static_cast<int>(threads_.size()));
  if (!threads_.empty()) {
    round_.fetch_add(one_round);
    round_.notify_all();
  }
  do_part(0);
  for (int left = busy_.load(); left != 0; left = busy_.load()) busy_.wait(left);
  for (const std::exception_ptr& error : errors_)
    if (error) std::rethrow_exception(error);
}

}  // namespace bimix::proxy
