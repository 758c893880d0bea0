#pragma once

#include <bimix/core/process_group.hpp>
#include <bimix/par/comm.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace bimix::sweep {

/// What the members of a group say to one another while they run a trial together. The trial speaks
/// from its worker thread and waits; the main thread carries the messages, since it alone talks to
/// other ranks.
///
/// Groups are `size` neighbouring ranks, the first one leads. A message knows its turn, the number
/// of the trial in its group: what is left over from a trial that failed is told from the next one.
class GroupTalk {
 public:
  /// Tags that this takes from the message loop.
  enum Tag : int { tag_exchange = 100, tag_give_up };

  GroupTalk(const par::Comm& comm, int size);

  /// Main thread, before a trial starts; the group is for that trial.
  core::ProcessGroup begin_turn();
  /// Main thread: this member's trial failed, so the others need not wait for it.
  void give_up(const std::string& reason);
  /// Main thread: the trial, if one runs, waits for nobody any more.
  void hang_up();
  /// Main thread, every now and then: sends what the trial has to say.
  void carry();
  /// Main thread. @return true if the message was for this
  bool take(const par::Message& message);

  /// Any thread: true while the trial waits for what the others have to say.
  bool is_waiting() const { return waiting_; }
  int size() const { return size_; }
  bool is_leader() const { return number_ == 0; }

 private:
  struct Letter {
    std::uint64_t turn = 0;
    std::string bytes{};
  };

  int rank_of(int member) const { return comm_.rank() - number_ + member; }
  std::vector<std::string> exchange(std::vector<std::string> bytes);
  void drop_old_letters();
  bool all_have_written() const;
  bool is_given_up() const { return given_up_.turn == turn_; }

  const par::Comm& comm_;
  int size_;
  int number_;
  std::atomic<bool> waiting_{false};
  std::mutex mutex_;
  std::condition_variable arrived_;
  // Guarded by the mutex.
  std::uint64_t turn_ = 0;
  std::vector<std::deque<Letter>> outgoing_{};  ///< to each member, not yet carried
  std::vector<std::deque<Letter>> letters_{};   ///< from each member, in order
  Letter given_up_{};                           ///< the last turn that a member gave up, and why
};

}  // namespace bimix::sweep
