#pragma once

#include <bimix/par/comm.hpp>
#include <bimix/report/page.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/run/screen.hpp>

namespace bimix::cli {

/// @collective What can be said of a run as it stands, also while it goes on: laws, optimum and
/// check as far as the journal's trials carry them.
report::PageInput page_input(const par::Comm& comm, run::Screen& screen, const run::StoredRun& run);

}  // namespace bimix::cli
