#pragma once

#include <bimix/mix/policy.hpp>

#include <span>
#include <string_view>

/// What policies that are made from entropies share.
namespace bimix::mix {

/// One measure's row of a table of input.entropy, K. @param values which table: nats or mixture
/// @param preset that asks for it, for the message
/// @throws UsageError at input.place, if the measure is in none
std::span<const double> row_of_measure(const PolicyInput& input,
                                       data::Table data::EntropyTable::*values,
                                       std::string_view measure, std::string_view preset);

}  // namespace bimix::mix
