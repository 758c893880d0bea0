#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace bimix::mix {
namespace {

const std::vector<std::string> measures{"shannon", "joint"};
const data::Mixture default_share{0.5, 0.3, 0.2};

data::EntropyTable some_entropies() {
  data::EntropyTable table{.domains = {"web", "code", "books"}, .measures = measures};
  table.nats = data::Table(2, 3);
  table.mixture = data::Table(2, 3);
  table.nats.values = {3.0, 2.0, 2.5, 5.0, 4.0, 3.0};
  for (std::size_t m = 0; m < 2; ++m) {
    double sum = 0.0;
    for (const double nats : table.nats.row(m)) sum += std::exp(nats);
    for (std::size_t k = 0; k < 3; ++k) table.mixture(m, k) = std::exp(table.nats(m, k)) / sum;
  }
  return table;
}

/// Every mixture that a listed policy makes.
class EveryPolicy : public testing::TestWithParam<std::string> {
 protected:
  data::Mixture mixture(const std::vector<data::EntropyTable>& entropy) const {
    return policy_mixture(GetParam(), {default_share, entropy, "design.mixtures[3]"});
  }
};

TEST_P(EveryPolicy, MakesTheSameMixtureEachTime) {
  const data::Mixture once = mixture({some_entropies()});
  EXPECT_EQ(once.size(), default_share.size());
  EXPECT_TRUE(core::is_on_simplex(once));
  EXPECT_EQ(mixture({some_entropies()}), once);
}

TEST_P(EveryPolicy, SaysWhereWhatItNeedsIsMissing) {
  if (!needs_entropy(GetParam())) {
    EXPECT_EQ(mixture({}), mixture({some_entropies()}));
    return;
  }
  try {
    mixture({});
    FAIL() << "a mixture of nothing";
  } catch (const core::UsageError& error) {
    EXPECT_EQ(error.complaint().place, "design.mixtures[3]");
    EXPECT_THAT(error.complaint().problem, testing::HasSubstr(GetParam()));
    EXPECT_THAT(error.complaint().remedy, testing::Not(testing::IsEmpty()));
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryPolicy, testing::ValuesIn(policy_names(measures)),
                         [](const auto& policy) {
                           std::string name = policy.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(PolicyMixture, IsTheOneOfItsName) {
  const std::vector<data::EntropyTable> entropy{some_entropies()};
  const PolicyInput input{default_share, entropy, "p"};
  EXPECT_EQ(policy_mixture("default", input), default_share);
  EXPECT_EQ(policy_mixture("uniform", input), data::Mixture(3, 1.0 / 3));
  const double sum = std::exp(5.0) + std::exp(4.0) + std::exp(3.0);
  EXPECT_NEAR(policy_mixture("entropy-joint", input)[1], std::exp(4.0) / sum, 1e-15);
}

TEST(PolicyMixture, TakesNoNameThatIsHalfOfOne) {
  const std::vector<data::EntropyTable> entropy{some_entropies()};
  for (const char* name : {"", "entropy", "entropy-", "defaults", "default-joint", "Uniform"})
    EXPECT_THROW(policy_mixture(name, {default_share, entropy, "p"}), core::UsageError) << name;
  EXPECT_FALSE(needs_entropy("entropy-"));
  EXPECT_TRUE(needs_entropy("entropy-anything"));
}

}  // namespace
}  // namespace bimix::mix
