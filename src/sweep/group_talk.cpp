#include "group_talk.hpp"

#include <bimix/core/error.hpp>
#include <bimix/par/bytes.hpp>

#include <algorithm>
#include <string_view>

namespace bimix::sweep {
GroupTalk::GroupTalk(const par::Comm& comm, int size)
    : comm_(comm),
      size_(size),
      number_(comm.rank() % size),
      outgoing_(static_cast<std::size_t>(size)),
      letters_(static_cast<std::size_t>(size)) {}

core::ProcessGroup GroupTalk::begin_turn() {
  const std::lock_guard lock(mutex_);
  ++turn_;
  drop_old_letters();
  if (size_ == 1) return {};
  return {.number = number_, .size = size_, .exchange = [this](std::vector<std::string> bytes) {
            return exchange(std::move(bytes));
          }};
}

void GroupTalk::drop_old_letters() {
  for (auto& letters : letters_)
    while (!letters.empty() && letters.front().turn < turn_) letters.pop_front();
}

bool GroupTalk::all_have_written() const {
  return std::all_of(letters_.begin(), letters_.end(), [&](const auto& letters) {
    return !letters.empty() && letters.front().turn == turn_;
  });
}

std::vector<std::string> GroupTalk::exchange(std::vector<std::string> bytes) {
  core::require(bytes.size() == letters_.size(), "an exchange has bytes for each member");
  std::unique_lock lock(mutex_);
  for (std::size_t member = 0; member < bytes.size(); ++member)
    (static_cast<int>(member) == number_ ? letters_ : outgoing_)[member].push_back(
        {turn_, std::move(bytes[member])});
  waiting_ = true;
  arrived_.wait(lock, [&] { return is_given_up() || all_have_written(); });
  waiting_ = false;
  if (!all_have_written())
    throw core::DataError({.place = "ranks_per_trial",
                           .problem = "another rank of the trial failed: " + given_up_.bytes});
  std::vector<std::string> given;
  for (auto& letters : letters_) {
    given.push_back(std::move(letters.front().bytes));
    letters.pop_front();
  }
  return given;
}

void GroupTalk::give_up(const std::string& reason) {
  for (int member = 0; member < size_; ++member)
    if (member != number_) comm_.send(rank_of(member), tag_give_up, par::bytes_of(turn_) + reason);
}

void GroupTalk::hang_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = {turn_, "the sweep has ended"};
  arrived_.notify_all();
}

void GroupTalk::carry() {
  std::vector<std::deque<Letter>> outgoing(letters_.size());
  {
    const std::lock_guard lock(mutex_);
    outgoing.swap(outgoing_);
  }
  for (int member = 0; member < size_; ++member)
    for (const Letter& letter : outgoing[static_cast<std::size_t>(member)])
      comm_.send(rank_of(member), tag_exchange, par::bytes_of(letter.turn) + letter.bytes);
}

bool GroupTalk::take(const par::Message& message) {
  if (message.tag != tag_exchange && message.tag != tag_give_up) return false;
  constexpr std::size_t turn_size = sizeof(Letter::turn);
  const std::string_view bytes = message.bytes;
  Letter letter{.turn = par::value_of<std::uint64_t>(bytes.substr(0, turn_size)),
                .bytes = message.bytes.substr(turn_size)};
  const std::lock_guard lock(mutex_);
  if (letter.turn < turn_) return true;
  if (message.tag == tag_give_up)
    given_up_ = std::move(letter);
  else
    letters_[static_cast<std::size_t>(message.source % size_)].push_back(std::move(letter));
  arrived_.notify_all();
  return true;
}

}  // namespace bimix::sweep
