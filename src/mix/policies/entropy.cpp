#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::mix {
namespace {

/// exp(H_i) / sum_j exp(H_j) of one measure H of entropy.
/// @see Ge et al. 2025, arXiv 2405.14908
class Entropy final : public Policy {
 public:
  std::string_view name() const override { return "entropy"; }
  PolicyArgument argument() const override { return PolicyArgument::measure; }
  data::Mixture mixture(const PolicyInput& input, std::string_view measure) const override {
    for (const data::EntropyTable& table : input.entropy) {
      const auto found = std::find(table.measures.begin(), table.measures.end(), measure);
      if (found != table.measures.end())
        return core::normalised(
            table.mixture.row(static_cast<std::size_t>(found - table.measures.begin())));
    }
    throw core::UsageError(core::Complaint{
        input.place, fmt::format("preset 'entropy-{0}' needs the measure '{0}'", measure),
        "entropy.measures does not list it, or the source has no text",
        fmt::format("Add '{}' to entropy.measures", measure)});
  }
};

}  // namespace

const Policy& policy_entropy() {
  static const Entropy policy;
  return policy;
}

}  // namespace bimix::mix
