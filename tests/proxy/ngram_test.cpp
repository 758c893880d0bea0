#include "synthetic_text.hpp"

#include <bimix/core/error.hpp>
#include <bimix/proxy/language_model.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace bimix::proxy {
namespace {

using Gram = std::vector<std::int32_t>;

ProxyOptions ngram_options(int order) {
  ProxyOptions options = small_proxy();
  options.model = "ngram";
  options.order = order;
  return resolved(options);
}

/// Kneser-Ney as its definition reads: sets of n-grams, everything summed up anew for each
/// question.
class PlainKneserNey {
 public:
  PlainKneserNey(const ProxyOptions& options, const std::vector<std::int32_t>& sequences)
      : options_(options), counts_(static_cast<std::size_t>(options.order)) {
    for (const Gram& gram : grams_of(sequences)) ++counts_.back()[gram];
    // A lower order counts the distinct tokens that were seen before an n-gram.
    for (std::size_t k = counts_.size() - 1; k-- > 0;)
      for (const auto& [longer, count] : counts_[k + 1])
        ++counts_[k][Gram(longer.begin() + 1, longer.end())];
  }

  /// All n-grams of full length: contexts begin with marks where a sequence begins.
  std::vector<Gram> grams_of(const std::vector<std::int32_t>& sequences) const {
    const int row = options_.context + 1;
    std::vector<Gram> grams;
    for (int start = 0; start < static_cast<int>(sequences.size()); start += row)
      for (int t = 1; t < row; ++t) {
        Gram gram;
        for (int i = t - options_.order + 1; i <= t; ++i)
          gram.push_back(i < 0 ? -1 : sequences[static_cast<std::size_t>(start + i)]);
        grams.push_back(gram);
      }
    return grams;
  }

  double probability(const Gram& gram) const {
    if (gram.empty()) return 1.0 / options_.vocabulary;
    const std::map<Gram, int>& counts = counts_[gram.size() - 1];
    int total = 0;
    double spared = 0;
    for (const auto& [seen, count] : counts)
      if (std::equal(gram.begin(), gram.end() - 1, seen.begin())) {
        total += count;
        spared += discount(gram.size(), count);
      }
    const double lower = probability(Gram(gram.begin() + 1, gram.end()));
    if (total == 0) return lower;
    const auto found = counts.find(gram);
    const double kept =
        found == counts.end() ? 0 : found->second - discount(gram.size(), found->second);
    return (kept + spared * lower) / total;
  }

 private:
  double discount(std::size_t length, int count) const {
    double n[5] = {};
    for (const auto& [gram, seen] : counts_[length - 1])
      if (seen <= 4) ++n[seen];
    const int i = std::min(count, 3);
    const double y = n[1] / (n[1] + 2 * n[2]), taken = i - (i + 1) * y * n[i + 1] / n[i];
    return taken > 0 ? taken : 0.5 * i;
  }

  ProxyOptions options_;
  std::vector<std::map<Gram, int>> counts_;
};

TEST(NgramModel, IsKneserNeyByItsDefinition) {
  for (const int order : {1, 2, 4}) {
    const ProxyOptions options = ngram_options(order);
    std::vector<std::int32_t> text;
    const auto model = make_model(options, 1, 0);
    for (std::uint64_t step = 0; step < 3; ++step) {
      const auto batch = synthetic_text(options, options.batch, step);
      model->train_step(batch, 0);
      text.insert(text.end(), batch.begin(), batch.end());
    }
    const PlainKneserNey plain(options, text);
    const auto unseen = synthetic_text(options, 4, 77);
    std::vector<float> nats(static_cast<std::size_t>(4 * options.context));
    model->token_losses(unseen, nats);
    const std::vector<Gram> grams = plain.grams_of(unseen);
    for (std::size_t i = 0; i < grams.size(); ++i)
      EXPECT_NEAR(nats[i], -std::log(plain.probability(grams[i])), 1e-5) << order << " " << i;
  }
}

TEST(NgramModel, GivesProbabilitiesThatSumToOne) {
  const ProxyOptions options = ngram_options(3);
  const auto model = make_model(options, 1, 0);
  for (std::uint64_t step = 0; step < 5; ++step)
    model->train_step(synthetic_text(options, options.batch, step), 0);
  std::vector<std::int32_t> sequence = synthetic_text(options, 1, 5);
  std::vector<float> nats(static_cast<std::size_t>(options.context));
  double sum = 0;
  for (std::int32_t token = 0; token < options.vocabulary; ++token) {
    sequence.back() = token;
    model->token_losses(sequence, nats);
    sum += std::exp(-static_cast<double>(nats.back()));
  }
  EXPECT_NEAR(sum, 1.0, 1e-5);
}

TEST(NgramModel, RefusesStatesThatAreNone) {
  const auto model = make_model(ngram_options(3), 1, 0);
  model->train_step(synthetic_text(ngram_options(3), small_proxy().batch, 1), 0);
  const std::string state = model->state();
  const auto other = make_model(ngram_options(4), 1, 0);
  EXPECT_THROW(other->restore(state), core::DataError);  // of another order
  EXPECT_THROW(model->restore(state + "x"), core::DataError);
  std::string huge = state;
  const std::size_t first_count = state.find('\n') + 1 + sizeof(int) + 4 * sizeof(std::int64_t);
  huge.replace(first_count, 8, std::string(8, '\xff'));
  EXPECT_THROW(model->restore(huge), core::DataError);
  EXPECT_EQ(model->state(), state);  // nothing was lost by trying
}

}  // namespace
}  // namespace bimix::proxy
