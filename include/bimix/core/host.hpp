#pragma once

#include <string>
#include <vector>

namespace bimix {

/// The name of the machine.
std::string host_name();

/// Numbers of the processors that the calling thread may run on, ascending; empty if the system
/// does not tell.
std::vector<int> allowed_processors();

}  // namespace bimix
