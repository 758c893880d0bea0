#pragma once

#include <bimix/proxy/options.hpp>

#include <cstdint>
#include <span>

namespace bimix::proxy {

/// True if the learning rate falls towards the end of a run: a
/// shorter run then differs from the first part of a longer one.
bool rate_decays(const ProxyOptions& options);

/// Steps up to which all runs of these options are the same, whatever their length beyond `steps`:
/// before the rate begins to fall. All of them if it never does, none for cosine.
std::int64_t trunk_steps(const ProxyOptions& options, std::int64_t steps);

/// Learning rate of one step of a run. All schedules rise linearly over `warmup_steps`.
///   constant  stays there
///   cosine    falls to final_rate of it along half a cosine (Loshchilov & Hutter 2017,
///             arXiv:1608.03983)
///   wsd       stays there, and falls over the last decay_fraction of the steps as 1 - sqrt (Hägele
///             et al. 2024, arXiv:2405.18392)
/// @param step from 1 to steps @param steps of the whole run
double learning_rate_at(const ProxyOptions& options, std::int64_t step, std::int64_t steps);

/// Tokens that it takes to have a model at each of these volumes. One run goes through all volumes
/// if the rate is constant; if it decays, each volume has a separate run, but what the runs have in
/// common (trunk_steps) is trained once.
/// @param volumes ascending multiples of `tokens_per_step(options)`
std::int64_t trained_tokens(const ProxyOptions& options, std::span<const std::int64_t> volumes);

}  // namespace bimix::proxy
