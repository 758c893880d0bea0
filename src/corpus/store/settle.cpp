#include "settle.hpp"

#include <bimix/core/error.hpp>

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::corpus {
namespace {

/// A document where equal ones are looked for.
struct Entry {
  ContentKey content{};
  std::size_t side = 0;
  std::size_t document = 0;
  auto operator<=>(const Entry&) const = default;
};

template <class Visit>
void for_each_record(const SideRecords& side, Visit visit) {
  std::size_t document = 0;
  for (const auto& piece : side.pieces)
    for (const DocumentRecord& record : piece) visit(document++, record);
}

std::size_t documents_of(const SideRecords& side) {
  std::size_t count = 0;
  for (const auto& piece : side.pieces) count += piece.size();
  return count;
}

/// Visits the documents that are equal, in order of side and document. They are compared in as many
/// passes as keeps each below the most entries; a pass takes the contents of one range of hashes.
template <class Takes, class Visit>
void for_each_equal(std::span<const SideRecords> sides, std::size_t most_entries, Takes takes,
                    Visit visit) {
  std::size_t all = 0;
  for (const SideRecords& side : sides) all += documents_of(side);
  const std::size_t passes = all / most_entries + 1;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    std::vector<Entry> entries;
    for (std::size_t s = 0; s < sides.size(); ++s)
      for_each_record(sides[s], [&](std::size_t document, const DocumentRecord& record) {
        // The upper half of the product spreads the hashes evenly over the passes.
        __extension__ using Wide = unsigned __int128;
        if (static_cast<std::size_t>((Wide{record.content.high} * passes) >> 64) != pass) return;
        if (takes(s, document)) entries.push_back({record.content, s, document});
      });
    std::sort(entries.begin(), entries.end());
    for (std::size_t from = 0, to = 0; from < entries.size(); from = to) {
      for (to = from + 1; to < entries.size() && entries[to].content == entries[from].content;)
        ++to;
      visit(std::span(entries).subspan(from, to - from));
    }
  }
}

struct Candidate {
  std::uint64_t key = 0;
  std::size_t document = 0;
  std::uint64_t bytes = 0;
};

/// The documents of a part of all keys, in order.
std::vector<Candidate> candidates_of(const SideRecords& side, const std::vector<Fate>& fate,
                                     std::uint64_t seed, std::uint64_t below) {
  std::vector<Candidate> candidates;
  for_each_record(side, [&](std::size_t document, const DocumentRecord& record) {
    const std::uint64_t key = order_key(record.content, seed);
    if (fate[document] == Fate::train && key <= below)
      candidates.push_back({key, document, record.bytes});
  });
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key < b.key : a.document < b.document;
  });
  return candidates;
}

/// Holds out documents of a side until the target is near. @return false if whole documents come
/// to less than half of it: none is held out then
bool hold_out(const SideRecords& side, const SettleOptions& options, double target,
              std::vector<Fate>& fate) {
  constexpr double near_enough = 0.99, too_little = 0.5;
  // Half as many keys again as would do were all documents of one length are mostly enough.
  double part = std::min(1.0, 1.5 * options.eval_fraction);
  for (;; part = std::min(1.0, 4.0 * part)) {
    const bool is_all = part == 1.0;
    const auto below = is_all ? std::numeric_limits<std::uint64_t>::max()
                              : static_cast<std::uint64_t>(std::ldexp(part, 64));
    std::vector<std::size_t> held_out;
    double bytes = 0.0;
    for (const Candidate& candidate : candidates_of(side, fate, options.seed, below)) {
      if (bytes >= near_enough * target) break;
      const auto size = static_cast<double>(candidate.bytes);
      if (bytes + size / 2 >= target) continue;
      held_out.push_back(candidate.document);
      bytes += size;
    }
    if (bytes < near_enough * target && !is_all) continue;
    if (bytes < too_little * target) return false;
    for (const std::size_t document : held_out) fate[document] = Fate::eval;
    return true;
  }
}

}  // namespace

std::uint64_t order_key(const ContentKey& content, std::uint64_t seed) {
  const std::uint64_t words[] = {content.high, content.low};
  return XXH3_64bits_withSeed(words, sizeof words, seed);
}

std::vector<SettledSide> settle(
    std::span<const SideRecords> sides, const SettleOptions& options,
    const std::function<std::uint64_t(const Side&, std::size_t, std::uint64_t)>& cut_of) {
  std::vector<SettledSide> settled(sides.size());
  for (std::size_t s = 0; s < sides.size(); ++s) {
    std::size_t documents = 0;
    for (const auto& piece : sides[s].pieces) {
      settled[s].first.push_back(documents);
      documents += piece.size();
    }
    settled[s].fate.assign(documents, sides[s].side.part == Part::train ? Fate::train : Fate::eval);
  }

  const auto everything = [](std::size_t, std::size_t) { return true; };
  for_each_equal(sides, options.most_entries, everything, [&](std::span<const Entry> equal) {
    for (std::size_t n = 1; n < equal.size(); ++n)
      if (equal[n].side == equal[n - 1].side) {
        settled[equal[n].side].fate[equal[n].document] = Fate::duplicate;
        ++settled[equal[n].side].duplicates;
      }
  });

  for (std::size_t s = 0; s < sides.size(); ++s) {
    const Side& side = sides[s].side;
    const bool has_eval = std::any_of(sides.begin(), sides.end(), [&](const SideRecords& other) {
      return other.side == Side{side.domain, Part::eval};
    });
    if (side.part == Part::eval || has_eval) continue;
    std::vector<Fate>& fate = settled[s].fate;
    std::uint64_t bytes = 0, most = 0;
    std::size_t largest = 0;
    for_each_record(sides[s], [&](std::size_t document, const DocumentRecord& record) {
      if (fate[document] != Fate::train) return;
      bytes += record.bytes;
      if (record.bytes > most) {
        most = record.bytes;
        largest = document;
      }
    });
    const double target = options.eval_fraction * static_cast<double>(bytes);
    if (most == 0 || hold_out(sides[s], options, target, fate)) continue;
    settled[s].cut =
        Cut{largest, cut_of(side, largest, static_cast<std::uint64_t>(std::llround(target)))};
  }

  // By now it is known what is evaluated on.
  const auto is_kept = [&](std::size_t s, std::size_t document) {
    return settled[s].fate[document] != Fate::duplicate;
  };
  for_each_equal(sides, options.most_entries, is_kept, [&](std::span<const Entry> equal) {
    const auto fate_of = [&](const Entry& entry) -> Fate& {
      return settled[entry.side].fate[entry.document];
    };
    const auto cut_at = [&](const Entry& entry) -> Cut* {
      std::optional<Cut>& cut = settled[entry.side].cut;
      return cut && cut->document == entry.document ? &*cut : nullptr;
    };
    const bool is_eval = std::any_of(equal.begin(), equal.end(),
                                     [&](const Entry& e) { return fate_of(e) == Fate::eval; });
    // The end of a document that is cut is evaluated on: of equal ones from the same byte.
    Cut* first_cut = nullptr;
    for (const Entry& entry : equal)
      if (Cut* const cut = cut_at(entry))
        if (first_cut == nullptr || cut->byte < first_cut->byte) first_cut = cut;
    for (const Entry& entry : equal) {
      if (fate_of(entry) != Fate::train) continue;
      Cut* const cut = cut_at(entry);
      if (is_eval || (first_cut != nullptr && cut == nullptr)) {
        fate_of(entry) = Fate::evaluated_on;
        ++settled[entry.side].evaluated_on;
        continue;
      }
      if (cut != nullptr) cut->byte = first_cut->byte;
      if (equal.size() > 1) ++settled[entry.side].in_other_domains;
    }
  });
  return settled;
}

}  // namespace bimix::corpus
