#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace bimix::proxy {

/// 64 bits that stand for something else, as evenly spread as random ones.
using Fingerprint = std::uint64_t;

/// A hash table by fingerprints: open addressing, linear probing, at most three quarters full. The
/// low bits of a fingerprint are its place, since they are spread already.
template <class Value>
class FingerprintMap {
 public:
  using Entry = std::pair<Fingerprint, Value>;

  std::size_t size() const { return size_; }

  /// The value of `key`, made if there was none. @note valid until the next call
  Value& operator[](Fingerprint key) {
    reserve(size_ + 1);
    Entry& slot = slots_[place_of(stored(key))];
    if (slot.first == empty) {
      slot.first = stored(key);
      ++size_;
    }
    return slot.second;
  }

  /// @return nullptr if there is none
  const Value* find(Fingerprint key) const {
    if (slots_.empty()) return nullptr;
    const Entry& slot = slots_[place_of(stored(key))];
    return slot.first == empty ? nullptr : &slot.second;
  }

  /// Makes room for so many entries.
  void reserve(std::size_t entries) {
    if (entries <= slots_.size() / 4 * 3) return;
    std::size_t slots = std::max<std::size_t>(slots_.size(), 16);
    while (entries > slots / 4 * 3) slots *= 2;
    std::vector<Entry> old(slots, Entry{empty, Value{}});
    old.swap(slots_);
    for (const Entry& entry : old)
      if (entry.first != empty) slots_[place_of(entry.first)] = entry;
  }

  /// All entries by rising fingerprint.
  std::vector<Entry> sorted() const {
    std::vector<Entry> entries;
    entries.reserve(size_);
    std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(entries),
                 [](const Entry& entry) { return entry.first != empty; });
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.first < b.first; });
    return entries;
  }

 private:
  /// Marks an empty slot. A fingerprint that is this one by chance (2^-64) counts as its neighbour.
  static constexpr Fingerprint empty = ~Fingerprint{0};
  static Fingerprint stored(Fingerprint key) { return key == empty ? key - 1 : key; }

  /// Where `key` is, or the empty slot where it belongs.
  std::size_t place_of(Fingerprint key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = key & mask;
    while (slots_[place].first != key && slots_[place].first != empty) place = (place + 1) & mask;
    return place;
  }

  std::vector<Entry> slots_{};  ///< a power of two of them, or none
  std::size_t size_ = 0;
};

}  // namespace bimix::proxy
