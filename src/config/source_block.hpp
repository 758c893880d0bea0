#pragma once

#include "reader.hpp"

#include <bimix/config/campaign.hpp>

/// The `source:` block: the proxy, logs or command that readings come from.
namespace bimix::config {

/// After parse_tokens and parse_domains: a proxy's vocabulary is that of its texts. A campaign
/// whose domains name no text has no corpus afterwards.
void parse_source(Reader& root, Look look, Campaign& campaign);

/// Refuses to match repetitions to a run that is shorter than those that are trained.
void refuse_target_below_volumes(const Campaign& campaign, Findings& findings);

/// What does not go together in the source and the design.
void check_source_with_design(const Campaign& campaign, Look look, Findings& findings);

}  // namespace bimix::config
