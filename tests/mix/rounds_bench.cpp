// bimix_mix_rounds [CAMPAIGNS [DOMAINS [WORLD [FIRST]]]]: true regret of the recommended mixture
// after 16, 24 and 48 trials, by how the trials were chosen.
#include "rounds_study.hpp"

#include <fmt/format.h>

#include <cstdlib>

int main(int count, char** words) {
  using namespace bimix::mix::rounds;
  const int campaigns = count > 1 ? std::atoi(words[1]) : 200;
  const auto domains = static_cast<std::size_t>(count > 2 ? std::atoi(words[2]) : 4);
  std::vector<std::string> worlds{"bimix", "effective_share", "additive", "smooth"};
  if (count > 3) worlds = {words[3]};
  const int first = count > 4 ? std::atoi(words[4]) : 0;
  const std::vector<int> budgets{16, 24, 48};
  for (const std::string& world : worlds)
    for (const auto& [rival, name] : rivals) {
      std::vector<double> sum(budgets.size(), 0.0), squares(sum), expected(sum);
      for (int n = first; n < first + campaigns; ++n) {
        const auto regrets = campaign(world, domains, rival, n, budgets);
        for (std::size_t b = 0; b < budgets.size(); ++b) {
          sum[b] += regrets[b].regret;
          squares[b] += regrets[b].regret * regrets[b].regret;
          expected[b] += regrets[b].expected;
        }
      }
      fmt::print("{:16} {} domains {:14}", world, domains, name);
      for (std::size_t b = 0; b < budgets.size(); ++b) {
        const double mean = sum[b] / campaigns;
        const double error =
            std::sqrt(std::max(0.0, squares[b] / campaigns - mean * mean) / campaigns);
        fmt::print("  {}: {:7.2f} +- {:5.2f} (expected {:6.2f})", budgets[b], 1e4 * mean,
                   1e4 * error, 1e4 * expected[b] / campaigns);
      }
      fmt::print("\n");
      std::fflush(stdout);
    }
  return 0;
}
