#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace bimix::core {

/// Processes that do one piece of work together, step by step. A default-made one is this process
/// alone.
struct ProcessGroup {
  /// Gives bytes[i] to member i. @return what member i gave to this one, for each i
  /// @collective every member calls it the same number of times, with `size` byte strings
  /// @throws Error once another member has given up
  using Exchange = std::function<std::vector<std::string>(std::vector<std::string>)>;

  int number = 0;  ///< this member; 0 leads
  int size = 1;
  Exchange exchange{};  ///< empty for a process alone

  bool is_leader() const { return number == 0; }
};

/// @collective @return every member's bytes, in order
std::vector<std::string> gathered(const ProcessGroup& group, const std::string& bytes);

/// Bytes or numbers of an array.
struct Stretch {
  std::size_t first = 0, count = 0;
};

/// @collective An array that every member has, and of which each has filled in its own part: fills
/// in the parts of the others.
/// @param part_of the part of a member, the same on all members
void share_bytes(const ProcessGroup& group, std::span<std::byte> array,
                 const std::function<Stretch(int)>& part_of);

/// The same for numbers. @param part_of in numbers
template <class Number, class PartOf>
void share_parts(const ProcessGroup& group, std::span<Number> array, PartOf part_of) {
  share_bytes(group, std::as_writable_bytes(array), [&](int member) {
    const Stretch part = part_of(member);
    return Stretch{part.first * sizeof(Number), part.count * sizeof(Number)};
  });
}

}  // namespace bimix::core
