#include "eval_sets.hpp"

#include <numeric>

namespace bimix::config {

bool are_same(const data::DomainSet& domains) {
  std::vector<int> own(domains.share_of.size());
  std::iota(own.begin(), own.end(), 0);
  return domains.eval == domains.train && domains.share_of == own;
}

void write_eval_sets(YAML::Emitter& out, const data::DomainSet& domains) {
  out << YAML::BeginMap;
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    const int own = domains.share_of[e];
    out << YAML::Key << domains.eval[e] << YAML::Value << YAML::Flow << YAML::BeginMap;
    if (own >= 0)
      out << YAML::Key << "share_of" << YAML::Value << domains.train[static_cast<std::size_t>(own)];
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

}  // namespace bimix::config
