#pragma once

#include <spawn.h>

#include <string>
#include <vector>

namespace bimix::core {

/// What every program that is started has in common, for posix_spawn: a process group of its own,
/// no signal blocked, all of them at their defaults. Hangups stay ignored if they are: a run
/// that was started with nohup is to go on with all of it.
class SpawnAttributes {
 public:
  SpawnAttributes();
  ~SpawnAttributes();
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// Pointers into the strings, ended by a null pointer, as exec wants them.
std::vector<char*> exec_pointers(std::vector<std::string>& strings);

}  // namespace bimix::core
