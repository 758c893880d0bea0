#pragma once

#include "end_to_end/program.hpp"

#include <string>

namespace bimix::test {

/// What follows the domains of a campaign that trains within a second or two.
inline const std::string tiny_campaign_rest = R"(design:
  mixtures: [{preset: [default, uniform]}, {simplex: {step: 0.25, floor: 0.1}}]
  volumes: {from: 1K, to: 16K, count: 4}
source: {proxy: {layers: 1, width: 16, heads: 2, context: 32, batch: 8, warmup_steps: 2, eval_sequences: 8}}
entropy: {samples: 20, sample_tokens: 64, dimension: 16}
fit: {bootstrap: 20}
check: {repeats: 2}
)";

/// Writes two small domains of text and a campaign that trains on them within a second or two.
/// @return the campaign's path
inline std::string write_tiny_campaign(const TemporaryFolder& folder,
                                       const std::string& extra = "") {
  for (const std::string domain : {"words", "sums"}) {
    for (int document = 0; document < 4; ++document) {
      std::string text;
      for (int i = 0; text.size() < 6000; ++i) {
        const int n = i * 7 + document * 13;
        text += domain == "words"
                    ? "the " + std::string(n % 5 + 1, static_cast<char>('a' + n % 11)) +
                          (n % 4 == 0 ? " sees.\n" : " and ")
                    : std::to_string(n % 31) + "+" + std::to_string(n % 17) + "=" +
                          std::to_string(n % 31 + n % 17) + "\n";
      }
      write_text(folder / (domain + "/" + std::to_string(document) + ".txt"), text);
    }
  }
  const std::string path = folder / "tiny.yaml";
  write_text(path, "name: tiny\nseed: 3\ndomains:\n  words: {train: \"" + (folder / "words") +
                       "/*.txt\", share: 0.6}\n  sums: {train: \"" + (folder / "sums") +
                       "/*.txt\", share: 0.4}\n" + tiny_campaign_rest + extra);
  return path;
}

/// Replaces the first such piece of a campaign's text.
inline void replace_in(const std::string& campaign, const std::string& piece,
                       const std::string& replacement) {
  std::string text = bytes_of(campaign);
  text.replace(text.find(piece), piece.size(), replacement);
  write_text(campaign, text);
}

}  // namespace bimix::test
