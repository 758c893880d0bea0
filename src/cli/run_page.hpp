#pragma once

#include "run_folder.hpp"

#include <bimix/par/comm.hpp>
#include <bimix/report/page.hpp>

namespace bimix::cli {

/// @collective What can be said of a run as it stands, also while it goes on: laws, optimum and
/// check as far as the journal's trials carry them.
report::PageInput page_input(const par::Comm& comm, const StoredRun& run);

}  // namespace bimix::cli
