#pragma once

#include <bimix/mix/policy.hpp>

#include <string_view>

/// What policies that are made from pools share.
namespace bimix::mix {

/// input.unique_tokens. @throws UsageError unless all are known
/// @param finite whether endless ones are refused as well
const data::Pools& known_pools(const PolicyInput& input, std::string_view policy, bool finite);

/// @throws UsageError unless the volume that the mixture is for is known
void require_volume(const PolicyInput& input, std::string_view policy);

/// The argument as a number; `usual` where it is empty.
double number_in(std::string_view argument, double usual);

/// Pools to this power, as shares. @param pools finite and positive
data::Mixture shares_of_pools(const data::Pools& pools, double power);

}  // namespace bimix::mix
