#include <bimix/core/host.hpp>

#include <sched.h>
#include <unistd.h>

namespace bimix::core {

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::vector<int> allowed_processors(int process) {
  std::vector<int> processors;
  cpu_set_t allowed;
  if (sched_getaffinity(process, sizeof allowed, &allowed) != 0) return processors;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) processors.push_back(cpu);
  return processors;
}

}  // namespace bimix::core
