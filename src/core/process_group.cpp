#include <bimix/core/error.hpp>
#include <bimix/core/process_group.hpp>

#include <cstring>

namespace bimix::core {

std::vector<std::string> gathered(const ProcessGroup& group, const std::string& bytes) {
  std::vector<std::string> copies(static_cast<std::size_t>(group.size), bytes);
  return group.size == 1 ? copies : group.exchange(std::move(copies));
}

void share_bytes(const ProcessGroup& group, std::span<std::byte> array,
                 const std::function<Stretch(int)>& part_of) {
  if (group.size == 1) return;
  const auto at = [&](const Stretch& part) { return array.subspan(part.first, part.count); };
  const auto own = at(part_of(group.number));
  const std::vector<std::string> parts =
      gathered(group, std::string(reinterpret_cast<const char*>(own.data()), own.size()));
  for (int member = 0; member < group.size; ++member) {
    const auto theirs = at(part_of(member));
    const std::string& given = parts[static_cast<std::size_t>(member)];
    require(given.size() == theirs.size(), "members of a group share the same array");
    std::memcpy(theirs.data(), given.data(), given.size());
  }
}

}  // namespace bimix::core
