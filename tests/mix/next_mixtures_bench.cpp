// bimix_mix_next [CAMPAIGNS [LAW [TRUTH]]]: whether the mixtures that `plan --next` proposes tell
// more of the best mixture than random ones, on synthetic campaigns whose law is known.
#include "next_study.hpp"

#include <fmt/format.h>

#include <cstdlib>

int main(int count, char** words) {
  using namespace bimix::mix::next_study;
  const int campaigns = count > 1 ? std::atoi(words[1]) : 200;
  const std::string law = count > 2 ? words[2] : "bimix";
  const std::string truth = count > 3 ? words[3] : law;
  for (const auto& [mixtures, more] : {std::pair{6, 2}, std::pair{8, 4}, std::pair{12, 4}}) {
    Summary all;
    for (int i = 0; i < campaigns; ++i) all.add(study(law, truth, mixtures, more, i));
    fmt::print(
        "{} fitted to {}: {} + {} mixtures, {} campaigns\n"
        "  width of the optimum's intervals: {:.4f}, {:.4f} with proposed, {:.4f} with random: "
        "saved {:.4f} +- {:.4f}\n"
        "  true regret in 1e-4 nats: {:.2f}, {:.2f} with proposed, {:.2f} with random: saved "
        "{:.2f} "
        "+- {:.2f}\n"
        "  regret as expected: {:.2f}, {:.2f} with proposed\n",
        law, truth, mixtures, more, campaigns, all.width.mean(), all.proposed_width.mean(),
        all.random_width.mean(), all.width_saved.mean(), all.width_saved.error(),
        1e4 * all.regret.mean(), 1e4 * all.proposed_regret.mean(), 1e4 * all.random_regret.mean(),
        1e4 * all.regret_saved.mean(), 1e4 * all.regret_saved.error(), 1e4 * all.expected.mean(),
        1e4 * all.expected_after.mean());
    std::fflush(stdout);
  }
  return 0;
}
