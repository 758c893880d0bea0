#pragma once

#include <bimix/data/records.hpp>

#include <yaml-cpp/yaml.h>

namespace bimix::config {

/// True if the evaluation sets are the training domains, each with its own share: `same` in a
/// campaign.
bool are_same(const data::DomainSet& domains);

/// The value of `eval_domains` as a map: each set with the domain whose share it follows.
void write_eval_sets(YAML::Emitter& out, const data::DomainSet& domains);

}  // namespace bimix::config
