#include "model_registry.hpp"

#include <bimix/core/error.hpp>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

/// An n-gram model with interpolated modified Kneser-Ney smoothing, which learns by counting: no
/// gradient, no learning rate, and tens of times cheaper than a transformer (NOTES.md).
///
/// The highest order counts what was seen, a lower order the distinct tokens that were seen before
/// an n-gram. A sequence begins with n - 1 marks that stand for what came before it.
/// @see Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling",
///      doi:10.1006/csla.1999.0128
namespace bimix::proxy {
namespace {

/// Contexts and n-grams are known by 64-bit fingerprints: among 100 million of them two coincide
/// with a probability of 3e-4, and then share a count.
using Key = std::uint64_t;

Key mixed(Key key) {
  // The finaliser of splitmix64 (Steele et al. 2014, doi:10.1145/2660193.2660195).
  key ^= key >> 30;
  key *= 0xbf58476d1ce4e5b9U;
  key ^= key >> 27;
  key *= 0x94d049bb133111ebU;
  return key ^ (key >> 31);
}

/// @param token -1 for the mark before a sequence
Key with_token(Key key, std::int32_t token) {
  return mixed(key + (static_cast<Key>(token) + 2) * 0x9e3779b97f4a7c15U);
}

/// What followed a context.
struct Followers {
  std::uint64_t total = 0;                  ///< sum of their counts
  std::array<std::uint64_t, 3> of_count{};  ///< how many have count 1, 2, and 3 or more
};

/// All n-grams of one length.
struct Order {
  absl::flat_hash_map<Key, std::uint64_t> counts{};
  absl::flat_hash_map<Key, Followers> contexts{};
  std::array<std::int64_t, 4> of_count{};  ///< how many n-grams have count 1 to 4

  /// @return true if it is the first of its kind
  bool add(Key context, Key ngram) {
    Followers& followers = contexts[context];
    const std::uint64_t before = counts[ngram]++;
    ++followers.total;
    if (before < 3) {
      if (before > 0) --followers.of_count[before - 1];
      ++followers.of_count[before];
    }
    if (before > 0 && before <= 4) --of_count[before - 1];
    if (before < 4) ++of_count[before];
    return before == 0;
  }

  /// What is taken from counts of 1, 2, and 3 or more, to be given to what was never seen.
  std::array<double, 3> discounts() const {
    const auto [n1, n2, n3, n4] = of_count;
    const auto ratio = [](std::int64_t a, std::int64_t b) {
      return static_cast<double>(a) / static_cast<double>(b);
    };
    const double y = ratio(n1, n1 + 2 * n2);
    std::array<double, 3> taken{1 - 2 * y * ratio(n2, n1), 2 - 3 * y * ratio(n3, n2),
                                3 - 4 * y * ratio(n4, n3)};
    for (std::size_t i = 0; i < taken.size(); ++i)
      if (!(taken[i] > 0)) taken[i] = 0.5 * static_cast<double>(i + 1);  // too little was counted
    return taken;
  }
};

constexpr std::string_view state_mark = "ngram counts 1\n";

template <class T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Map>
void append_sorted(std::string& bytes, const Map& map) {
  std::vector<std::pair<Key, typename Map::mapped_type>> entries(map.begin(), map.end());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  append(bytes, static_cast<std::uint64_t>(entries.size()));
  for (const auto& [key, value] : entries) {
    append(bytes, key);
    append(bytes, value);
  }
}

/// Takes values from the front of a saved state.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T take() {
    if (rest_.size() < sizeof(T)) refuse();
    T value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  template <class Map>
  Map take_map() {
    const auto count = take<std::uint64_t>();
    if (count > rest_.size() / (sizeof(Key) + sizeof(typename Map::mapped_type))) refuse();
    Map map;
    map.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const Key key = take<Key>();
      map[key] = take<typename Map::mapped_type>();
    }
    return map;
  }
  void expect(std::string_view mark) {
    if (!rest_.starts_with(mark)) refuse();
    rest_.remove_prefix(mark.size());
  }
  void expect_end() const {
    if (!rest_.empty()) refuse();
  }

 private:
  [[noreturn]] static void refuse() {
    throw core::DataError({.place = "",
                           .problem = "a saved model holds no n-gram counts of these options",
                           .remedy = "Train it anew"});
  }
  std::string_view rest_;
};

class NgramModel : public LanguageModel {
 public:
  explicit NgramModel(const ProxyOptions& options)
      : options_(options), orders_(static_cast<std::size_t>(options.order)) {}

  std::optional<double> train_step(std::span<const std::int32_t> sequences,
                                   double /*learning_rate*/) override {
    require_batch(options_, sequences);
    for_each_target(sequences,
                    [&](std::size_t, const std::vector<Key>& contexts, std::int32_t target) {
                      for (std::size_t k = orders_.size(); k-- > 0;)
                        if (!orders_[k].add(contexts[k], with_token(contexts[k], target))) break;
                    });
    if (finished_) finished_("counting", 0);
    return std::nullopt;
  }

  void token_losses(std::span<const std::int32_t> sequences, std::span<float> nats) override {
    require_losses(options_, sequences, nats);
    std::vector<std::array<double, 3>> discounts;
    for (const Order& order : orders_) discounts.push_back(order.discounts());
    for_each_target(
        sequences, [&](std::size_t at, const std::vector<Key>& contexts, std::int32_t target) {
          double p = 1.0 / options_.vocabulary;
          for (std::size_t k = 0; k < orders_.size(); ++k) {
            const auto context = orders_[k].contexts.find(contexts[k]);
            if (context == orders_[k].contexts.end()) break;  // nor was any longer one seen
            const Followers& followers = context->second;
            double spared = 0;
            for (std::size_t i = 0; i < 3; ++i)
              spared += discounts[k][i] * static_cast<double>(followers.of_count[i]);
            double kept = 0;
            if (const auto found = orders_[k].counts.find(with_token(contexts[k], target));
                found != orders_[k].counts.end())
              kept = static_cast<double>(found->second) -
                     discounts[k][std::min<std::uint64_t>(found->second, 3) - 1];
            p = (kept + spared * p) / static_cast<double>(followers.total);
          }
          nats[at] = static_cast<float>(-std::log(p));
        });
  }

  /// None: what was learned are counts.
  std::vector<ParameterView> parameters() override { return {}; }

  std::string state() const override {
    std::string bytes(state_mark);
    append(bytes, options_.order);
    for (const Order& order : orders_) {
      append(bytes, order.of_count);
      append_sorted(bytes, order.counts);
      append_sorted(bytes, order.contexts);
    }
    return bytes;
  }

  void restore(std::string_view state) override {
    StateReader reader(state);
    reader.expect(state_mark);
    std::string order_bytes;
    append(order_bytes, options_.order);
    reader.expect(order_bytes);
    std::vector<Order> orders(orders_.size());
    for (Order& order : orders) {
      order.of_count = reader.take<decltype(order.of_count)>();
      order.counts = reader.take_map<decltype(order.counts)>();
      order.contexts = reader.take_map<decltype(order.contexts)>();
    }
    reader.expect_end();
    orders_ = std::move(orders);
  }

  void observe(PartObserver finished) override { finished_ = std::move(finished); }

 private:
  /// Calls work(index of the target, its contexts from the shortest, the target) for each target.
  template <class Work>
  void for_each_target(std::span<const std::int32_t> sequences, Work work) {
    const auto row_size = static_cast<std::size_t>(options_.context) + 1;
    std::vector<Key> contexts(orders_.size(), 0);
    std::size_t index = 0;
    for (std::size_t row = 0; row < sequences.size(); row += row_size)
      for (std::size_t t = 1; t < row_size; ++t, ++index) {
        // From the last token back, so that each context is the next shorter one and a token.
        for (std::size_t k = 1; k < orders_.size(); ++k)
          contexts[k] = with_token(contexts[k - 1], k <= t ? sequences[row + t - k] : -1);
        work(index, contexts, sequences[row + t]);
      }
  }

  ProxyOptions options_;
  std::vector<Order> orders_;  ///< of length 1 to options.order
  PartObserver finished_{};
};

double count_operations(const ProxyOptions& options) {
  constexpr double a_lookup = 25.0;  // about what reading a table takes, in additions
  return 2 * a_lookup * options.order;
}

/// Every n-gram new, and tables half full: more than text ever takes.
double most_memory(const ProxyOptions& options, std::int64_t tokens) {
  constexpr double entries = sizeof(Key) + sizeof(std::uint64_t) + sizeof(Key) + sizeof(Followers);
  return 2 * entries * options.order * static_cast<double>(tokens);
}

}  // namespace

ModelKind ngram_kind() {
  return {.name = "ngram",
          .make = [](const ProxyOptions& options, std::uint64_t, std::uint64_t,
                     const core::ProcessGroup&) -> std::unique_ptr<LanguageModel> {
            return std::make_unique<NgramModel>(options);
          },
          .parameter_count = [](const ProxyOptions&) -> std::int64_t { return 0; },
          .forward_flops = count_operations,
          .memory_bytes = most_memory,
          .saved_bytes = most_memory,
          .canonical_text =
              [](const ProxyOptions& o) {
                return fmt::format("order={} context={} batch={} vocabulary={} eval_sequences={}",
                                   o.order, o.context, o.batch, o.vocabulary, o.eval_sequences);
              },
          .description =
              [](const ProxyOptions& o) {
                return fmt::format("n-grams to length {}, context {}, batch {}", o.order, o.context,
                                   o.batch);
              },
          .has_micro_batches = false};
}

}  // namespace bimix::proxy
