#pragma once

#include "reader.hpp"

#include <bimix/config/campaign.hpp>

/// What follows from trials and changes none of them: `fit:`, `optimize:` and `check:`. After
/// domains and source.
namespace bimix::config {

void parse_fit(Reader& root, Campaign& campaign);
/// @note after parse_fit: the weights of the objective are those of the fit, too
void parse_optimize(Reader& root, Campaign& campaign);
void parse_check(Reader& root, Campaign& campaign);

}  // namespace bimix::config
