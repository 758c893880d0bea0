// bimix_mix_coverage [CAMPAIGNS [LAW...]]: how often intervals of a level of 90 % hold the truth,
// over synthetic campaigns at K = 8, 12 and 25 mixtures. The table in src/law/NOTES.md is its
// output.
#include "coverage.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <future>

int main(int count, char** words) {
  using namespace bimix::coverage;
  const int campaigns = count > 1 ? std::atoi(words[1]) : 400;
  std::vector<std::string> laws(words + std::min(count, 2), words + count);
  if (laws.empty()) laws = {"bimix", "effective_share"};
  for (const std::string& law : laws)
    for (const int mixtures : {8, 12, 25}) {
      const auto every_second = [&](int first) {
        Hits hits;
        for (int i = first; i < campaigns; i += 2) add(hits, campaign(law, mixtures, i));
        return hits;
      };
      auto other = std::async(std::launch::async, every_second, 1);
      Hits all = every_second(0);
      add(all, other.get());
      fmt::print("{:<16} K = {:<3}", law, mixtures);
      for (const auto& [what, found] : all)
        fmt::print("  {}: {:.1f} %", what, 100 * found.first / found.second);
      fmt::print("\n");
      std::fflush(stdout);
    }
  return 0;
}
