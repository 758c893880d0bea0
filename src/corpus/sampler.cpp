#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/corpus/name_key.hpp>
#include <bimix/corpus/permutation.hpp>
#include <bimix/corpus/sampler.hpp>

#include <algorithm>
#include <cmath>

namespace bimix::corpus {
namespace {

constexpr std::int64_t whole = std::int64_t{1} << 53;

}  // namespace

QuotaSchedule::QuotaSchedule(const data::Mixture& mixture) : credit_(mixture.size(), 0) {
  core::require(core::is_on_simplex(mixture), "QuotaSchedule needs shares on the simplex");
  std::int64_t sum = 0;
  for (const double share : core::normalised(mixture)) {
    share_.push_back(std::llround(std::ldexp(share, 53)));
    sum += share_.back();
  }
  // The rounding error, a few units of 2^-53, goes where it is relatively smallest.
  *std::max_element(share_.begin(), share_.end()) += whole - sum;
}

std::size_t QuotaSchedule::next() {
  std::size_t chosen = share_.size();
  std::int64_t earliest = 0;
  for (std::size_t d = 0; d < share_.size(); ++d) {
    credit_[d] += share_[d];
    if (credit_[d] <= 0) continue;  // its next job is not released yet
    // Turns until n r_d reaches the next whole number, rounded up.
    const std::int64_t slack = (whole - credit_[d] + share_[d] - 1) / share_[d];
    if (chosen == share_.size() || slack < earliest) {
      chosen = d;
      earliest = slack;
    }
  }
  core::require(chosen < share_.size(), "the credits of a schedule sum to one turn");
  credit_[chosen] -= whole;
  return chosen;
}

void QuotaSchedule::resume(std::span<const std::int64_t> turns) {
  core::require(turns.size() == share_.size(),
                "QuotaSchedule::resume needs a count for each domain");
  std::uint64_t all = 0;
  for (const std::int64_t count : turns) all += static_cast<std::uint64_t>(count);
  // The difference lies within one turn, so arithmetic modulo 2^64 gives it exactly.
  for (std::size_t d = 0; d < turns.size(); ++d)
    credit_[d] = static_cast<std::int64_t>(all * static_cast<std::uint64_t>(share_[d]) -
                                           static_cast<std::uint64_t>(turns[d]) *
                                               static_cast<std::uint64_t>(whole));
  for (const std::int64_t credit : credit_)
    core::require(std::abs(credit) < whole,
                  "QuotaSchedule::resume needs counts of the same mixture");
}

MixtureSampler::MixtureSampler(const Corpus& corpus, SamplerOptions options)
    : names_(corpus.names()),
      options_(std::move(options)),
      schedule_(options_.mixture),
      drawn_(options_.mixture.size(), 0) {
  core::require(options_.mixture.size() == corpus.domain_count(), "a share for each domain");
  core::require(options_.batch > 0 && options_.context > 0 && options_.repeat >= 0,
                "batch and context are positive, repeat is not negative");
  corpus.require_sequences(options_.context);
  for (std::size_t d = 0; d < corpus.domain_count(); ++d)
    slots_.push_back(corpus.slots(d, Part::train, options_.context));
}

void MixtureSampler::next(std::span<std::int32_t> tokens) {
  const auto row = static_cast<std::size_t>(options_.context) + 1;
  core::require(tokens.size() == static_cast<std::size_t>(options_.batch) * row,
                "MixtureSampler::next fills batch * (context + 1) tokens");
  for (std::size_t b = 0; b < static_cast<std::size_t>(options_.batch); ++b) {
    const std::size_t domain = schedule_.next();
    const std::int64_t slot = slot_of(domain, drawn_[domain]++);
    slots_[domain].copy(slot, tokens.subspan(b * row, row));
  }
}

std::int64_t MixtureSampler::slot_of(std::size_t domain, std::int64_t sequence) const {
  const std::int64_t slots = slots_[domain].count();
  const auto epoch = static_cast<std::uint64_t>(sequence / slots);
  const auto repeat = static_cast<std::uint64_t>(options_.repeat);
  const core::RandomStream key(options_.seed, core::Purpose::train_order, (repeat << 32) + epoch,
                               name_key(names_[domain]));
  const auto place = static_cast<std::uint64_t>(sequence % slots);
  return static_cast<std::int64_t>(Permutation(key, static_cast<std::uint64_t>(slots))(place));
}

void MixtureSampler::restore(std::span<const std::int64_t> drawn) {
  schedule_.resume(drawn);
  drawn_.assign(drawn.begin(), drawn.end());
}

std::vector<std::int64_t> MixtureSampler::tokens_drawn() const {
  std::vector<std::int64_t> tokens = drawn_;
  for (std::int64_t& count : tokens) count *= options_.context;
  return tokens;
}

std::vector<double> MixtureSampler::epochs() const {
  std::vector<double> epochs;
  for (std::size_t d = 0; d < drawn_.size(); ++d) {
    epochs.push_back(static_cast<double>(drawn_[d]) / static_cast<double>(slots_[d].count()));
  }
  return epochs;
}

}  // namespace bimix::corpus
