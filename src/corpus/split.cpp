#include "split.hpp"

#include <bimix/core/hash.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace bimix::corpus {
std::size_t tail_start(const TokenSpan& tokens, std::size_t wanted) {
  const std::size_t mark = tokens.size() - std::min(wanted, tokens.size() - 1);
  if (tokens.width() > 1) return mark;  // which token ends a line only the tokenizer knows
  const auto bytes = tokens.bytes();
  const auto line_end = std::find(bytes.begin() + static_cast<std::ptrdiff_t>(mark) - 1,
                                  bytes.end(), static_cast<std::uint8_t>('\n'));
  const auto after = static_cast<std::size_t>(line_end - bytes.begin()) + 1;
  // Without a line end in the first half of the tail (binary data, one long line), at the mark.
  return after <= mark + wanted / 2 && after < tokens.size() ? after : mark;
}

Split split_documents(const std::vector<Stretch>& documents, double fraction, std::uint64_t seed) {
  std::map<std::string, std::size_t> order;
  double total = 0;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    order[core::content_hash(fmt::format("{} {}", seed, documents[i].name)) + documents[i].name] =
        i;
    total += static_cast<double>(documents[i].tokens.size());
  }
  const double target = fraction * total;
  double held_out = 0;
  std::vector<bool> is_eval(documents.size(), false);
  for (const auto& [key, i] : order) {
    const auto size = static_cast<double>(documents[i].tokens.size());
    if (held_out + size / 2 >= target) continue;
    is_eval[i] = true;
    held_out += size;
  }
  Split split;
  for (std::size_t i = 0; i < documents.size(); ++i)
    (is_eval[i] ? split.eval : split.train).push_back(documents[i]);
  if (split.eval.empty()) {
    const auto largest = std::max_element(
        split.train.begin(), split.train.end(),
        [](const Stretch& a, const Stretch& b) { return a.tokens.size() < b.tokens.size(); });
    const std::size_t cut =
        tail_start(largest->tokens, static_cast<std::size_t>(std::llround(target)));
    split.eval.push_back({largest->name, largest->tokens.subspan(cut), largest->file, cut});
    largest->tokens = largest->tokens.subspan(0, cut);
  }
  return split;
}

}  // namespace bimix::corpus
