#include "encode.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/text.hpp>
#include <bimix/corpus/tokenizer.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;

/// A document that may be sampled.
struct Sampled {
  std::uint64_t key = 0;
  std::string_view text{};
};

/// Documents of a side in a seeded order, until there are so many bytes of them.
/// @param pieces whose texts the result views
std::vector<std::string_view> sample_of(const std::vector<Piece>& pieces,
                                        const SettledSide& settled, std::uint64_t seed,
                                        std::uint64_t wanted) {
  std::vector<Sampled> found;
  std::size_t first = 0;
  for (const Piece& piece : pieces) {
    for_each_kept(settled, first, piece.records, [&](const Kept& kept) {
      if (kept.part == Part::train)
        found.push_back({order_key(piece.records[kept.document].content, seed),
                         text_of(piece.texts.subspan(kept.at, kept.bytes))});
    });
    first += piece.records.size();
  }
  std::sort(found.begin(), found.end(), [](const Sampled& a, const Sampled& b) {
    return std::pair(a.key, a.text) < std::pair(b.key, b.text);
  });
  std::vector<std::string_view> texts;
  std::uint64_t bytes = 0;
  for (const Sampled& document : found) {
    if (bytes >= wanted) break;
    texts.push_back(document.text.substr(0, wanted - bytes));
    bytes += texts.back().size();
  }
  return texts;
}

/// The lines of texts, one after the other. What is empty, or was cut within a character, is left
/// out.
class LinesOf {
 public:
  explicit LinesOf(std::deque<std::string_view> texts) : texts_(std::move(texts)) {}

  std::optional<std::string> next() {
    while (!texts_.empty()) {
      const std::string line(take_line(texts_.front()));
      if (texts_.front().empty()) texts_.pop_front();
      if (!line.empty() && !core::first_not_utf8(line)) return line;
    }
    return std::nullopt;
  }

 private:
  std::deque<std::string_view> texts_;
};

/// As many bytes as make the pieces of a vocabulary plain, within what a trainer takes.
std::uint64_t sample_bytes(int vocabulary) {
  constexpr std::uint64_t each = 4000, least = 4'000'000, most = 64'000'000;
  return std::clamp(each * static_cast<std::uint64_t>(vocabulary), least, most);
}

std::string trained_model(const Preparation::State& state,
                          const std::vector<SettledSide>& settled) {
  const ReadingPlan& plan = state.plan;
  const std::uint64_t wanted = sample_bytes(state.options.tokenizer.train);
  std::vector<std::vector<Piece>> pieces(plan.sides.size());
  std::deque<std::string_view> texts;
  for (std::size_t s = 0; s < plan.sides.size(); ++s) {
    if (plan.sides[s].part != Part::train) continue;
    const std::size_t domain = plan.sides[s].domain;
    const double share = state.options.shares.empty()
                             ? 1.0 / static_cast<double>(state.options.domains.size())
                             : state.options.shares[domain];
    pieces[s] = state.pieces_of(s);
    const auto sample = sample_of(pieces[s], settled[s], state.options.seed,
                                  static_cast<std::uint64_t>(share * static_cast<double>(wanted)));
    texts.insert(texts.end(), sample.begin(), sample.end());
  }
  LinesOf lines(std::move(texts));
  return train_tokenizer(state.options.tokenizer.train, [&] { return lines.next(); });
}

}  // namespace

std::string_view take_line(std::string_view& text) {
  constexpr std::size_t longest = 8192;
  std::size_t size = std::min(text.find('\n'), text.size());
  if (size > longest) {
    const std::size_t blank = text.rfind(' ', longest);
    size = blank == std::string_view::npos || blank == 0 ? longest : blank;
  }
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size);
  if (text.starts_with('\n')) text.remove_prefix(1);
  return line;
}

void settle_tokenizer(const Preparation::State& state, const std::vector<SettledSide>& settled) {
  const TokenizerOptions& wanted = state.options.tokenizer;
  if (!wanted.is_given()) return;
  std::string model;
  if (wanted.train > 0) {
    model = trained_model(state, settled);
  } else {
    const fs::path file = state.options.base / wanted.sentencepiece;
    model = core::read_file(file, "Check `tokenizer.sentencepiece`");
    const Tokenizer checked(model, file.string());
  }
  write_whole(state.model_file(), model);
}

void encode_texts(const Preparation::State& state, std::size_t unit,
                  const std::vector<SettledSide>& settled,
                  const std::function<void(std::uint64_t)>& on_bytes) {
  constexpr std::uint64_t step = std::uint64_t{1} << 20;
  const fs::path file = state.model_file();
  const Tokenizer tokenizer(core::read_file(file), file.string());
  std::vector<std::uint16_t> narrow;
  for (std::size_t taker = 0; taker < state.plan.units[unit].takers.size(); ++taker) {
    const std::size_t s = state.plan.units[unit].takers[taker].side;
    const std::size_t first = settled[s].first.at(state.number_of(unit, s));
    const Piece piece(state.piece(unit, taker), Held::texts);
    CodesWriter codes(state.codes(unit, taker));
    std::uint64_t told = 0;
    for_each_kept(settled[s], first, piece.records, [&](const Kept& kept) {
      std::uint64_t count = 0;
      tokenizer.encode(text_of(piece.texts.subspan(kept.at, kept.bytes)),
                       [&](std::span<const std::uint32_t> tokens) {
                         count += tokens.size();
                         if (tokenizer.width() == 4) return codes.write(std::as_bytes(tokens));
                         narrow.assign(tokens.begin(), tokens.end());
                         codes.write(std::as_bytes(std::span(narrow)));
                       });
      codes.end(count);
      if (const std::uint64_t done = kept.at + kept.bytes; done - told >= step)
        on_bytes(done - std::exchange(told, done));
    });
    codes.close();
    on_bytes(piece.texts.size() - told);
  }
}

}  // namespace bimix::corpus
