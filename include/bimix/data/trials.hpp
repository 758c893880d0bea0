#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <vector>

/// Trials as they were read from a file: whether they fit the domains, and the plan they make up.
namespace bimix::data {

/// A checksum says that a line is as it was written, not that what it says can be used: shares,
/// losses and ids become indices and shapes. All of that is refused here, before it is used.
/// @throws DataError naming the trial and the member
void require_sound(const std::vector<TrialSpec>& trials, const DomainSet& domains);
void require_sound(const std::vector<TrialResult>& results, const DomainSet& domains);
void require_sound(const std::vector<Round>& rounds, const DomainSet& domains);
void require_sound(const CorpusTable& corpus, const DomainSet& domains);
void require_sound(const EntropyTable& entropy, const DomainSet& domains);

/// The plan of a journal's trials.
/// @param trials sound
SweepPlan plan_of(const std::string& name, const DomainSet& domains,
                  const std::vector<TrialSpec>& trials);

}  // namespace bimix::data
