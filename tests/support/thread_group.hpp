#pragma once

#include <bimix/core/process_group.hpp>

#include <barrier>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace bimix::test {

/// Runs `work` as the members of a group, each in a thread of its own instead of a process.
/// @throws what member 0 threw
inline void run_as_group(int size, const std::function<void(const core::ProcessGroup&)>& work) {
  const auto members = static_cast<std::size_t>(size);
  std::vector<std::vector<std::string>> table(members);  // what each member gives to each
  std::barrier in_step(size);
  std::exception_ptr error;
  const auto run = [&](int number) {
    const auto own = static_cast<std::size_t>(number);
    const core::ProcessGroup group{
        .number = number, .size = size, .exchange = [&, own](std::vector<std::string> bytes) {
          table[own] = std::move(bytes);
          in_step.arrive_and_wait();
          std::vector<std::string> given;
          for (std::size_t member = 0; member < members; ++member)
            given.push_back(table[member][own]);
          in_step.arrive_and_wait();
          return given;
        }};
    try {
      work(size == 1 ? core::ProcessGroup{} : group);
    } catch (...) {
      if (number == 0) error = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (int number = 1; number < size; ++number) others.emplace_back(run, number);
  run(0);
  for (std::thread& other : others) other.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace bimix::test
