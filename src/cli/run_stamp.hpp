#pragma once

#include "context.hpp"

#include <bimix/data/records.hpp>
#include <bimix/par/mpi_session.hpp>
#include <bimix/run/run_campaign.hpp>

#include <string>

namespace bimix::cli {

/// Program, machine and job of this process, for /provenance.
data::RunStamp run_stamp(const par::MpiSession& session, const std::string& command_line);

/// What this process gives to a run.
run::Surroundings surroundings_of(Context& context);

/// "bimix 0.1.0 (commit ...)" and the libraries it was built with, one a line.
std::string version_text();

}  // namespace bimix::cli
