#pragma once

#include <string>
#include <vector>

namespace bimix::core {

/// The name of the machine.
std::string host_name();

/// Numbers of the processors that a process may run on, ascending; empty if the system does
/// not say. @param process its id; 0: the calling thread
std::vector<int> allowed_processors(int process = 0);

}  // namespace bimix::core
