// bimix_mix_coverage [CAMPAIGNS [LAW...]]: how often intervals of a level of 90 % hold the truth,
// over synthetic campaigns at K = 8, 12 and 25 mixtures. The table in src/law/NOTES.md is its
// output. What is known after every 40 campaigns goes to stderr.
#include "coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>

namespace {

using namespace bimix::mix::coverage;

/// Campaigns [from, to), on two threads.
Hits campaigns(const std::string& law, int mixtures, int from, int to) {
  const auto every_second = [&](int first) {
    Hits hits;
    for (int i = first; i < to; i += 2) add(hits, campaign(law, mixtures, i));
    return hits;
  };
  auto other = std::async(std::launch::async, every_second, from + 1);
  Hits all = every_second(from);
  add(all, other.get());
  return all;
}

void show(std::FILE* where, const std::string& law, int mixtures, int done, const Hits& hits) {
  fmt::print(where, "{:<16} K = {:<3} {} campaigns", law, mixtures, done);
  for (const auto& [what, found] : hits)
    fmt::print(where, "  {}: {:.1f} %", what, 100 * found.first / found.second);
  fmt::print(where, "\n");
  std::fflush(where);
}

}  // namespace

int main(int count, char** words) {
  constexpr int block = 40;
  const int wanted = count > 1 ? std::atoi(words[1]) : 400;
  std::vector<std::string> laws(words + std::min(count, 2), words + count);
  if (laws.empty()) laws = {"bimix", "effective_share", repeating};
  for (const std::string& law : laws) {
    std::map<int, Hits> all;  // by the number of mixtures
    for (int done = 0; done < wanted; done += block)
      for (const int mixtures : {8, 12, 25}) {
        const int to = std::min(done + block, wanted);
        add(all[mixtures], campaigns(law, mixtures, done, to));
        show(to < wanted ? stderr : stdout, law, mixtures, to, all[mixtures]);
      }
  }
  return 0;
}
