#include "pair_tally.hpp"

#include <bimix/par/bytes.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace bimix::spread {
namespace {

constexpr int pairs_tag = 901;
constexpr std::int64_t windows_a_round = 32;
constexpr std::uint64_t rank_salt = 2, pass_salt = 3;

std::int64_t first_window(std::int64_t windows, int rank, int ranks) {
  return windows * rank / ranks;
}

/// Gives each rank its pairs, in rounds: in each, every rank sends one message to every other one
/// and takes one from it, so that none can be far ahead of another.
template <class Word>
class Exchange {
 public:
  explicit Exchange(const par::Comm& comm)
      : comm_(comm), waiting_(static_cast<std::size_t>(comm.size())) {}

  /// @param outgoing by rank; emptied @param take is given what the others sent
  template <class Take>
  void round(std::vector<std::vector<Word>>& outgoing, Take take) {
    const auto self = static_cast<std::size_t>(comm_.rank());
    for (std::size_t rank = 0; rank < outgoing.size(); ++rank) {
      if (rank == self) continue;
      comm_.send(static_cast<int>(rank), pairs_tag, par::bytes_of(outgoing[rank]));
      outgoing[rank].clear();
    }
    for (std::size_t rank = 0; rank < outgoing.size(); ++rank) {
      if (rank == self) continue;
      take(par::values_of<Word>(next_from(rank)));
    }
  }

 private:
  std::string next_from(std::size_t rank) {
    while (waiting_[rank].empty()) {
      if (auto message = comm_.try_receive())
        waiting_[static_cast<std::size_t>(message->source)].push_back(std::move(message->bytes));
      else
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    std::string bytes = std::move(waiting_[rank].front());
    waiting_[rank].pop_front();
    return bytes;
  }

  const par::Comm& comm_;
  std::vector<std::deque<std::string>> waiting_;  ///< [source]
};

/// What this rank reads of a domain, and which pairs it counts.
template <class Word>
class RankTally {
 public:
  RankTally(const par::Comm& comm, const corpus::Corpus& corpus, std::size_t domain,
            const entropy::EntropyOptions& options)
      : comm_(comm),
        texts_(corpus, domain, options),
        tokens_(corpus.tokens(domain, corpus::Part::train)),
        code_(tokens_.vocabulary()),
        first_(static_cast<std::size_t>(tokens_.vocabulary()), 0) {
    const std::int64_t bytes = texts_.pairs() * static_cast<std::int64_t>(sizeof(Word) + 8);
    passes_ =
        static_cast<std::size_t>(bytes / comm.size() / std::max<std::int64_t>(1, options.memory)) +
        1;
  }

  /// @return how often the pairs of this rank's classes occur
  entropy::Occurrences count() {
    entropy::Occurrences occurrences;
    for (std::size_t pass = 0; pass < passes_; ++pass)
      entropy::merge(occurrences, count_pass(pass));
    if (failure_) std::rethrow_exception(failure_);
    return occurrences;
  }
  /// How often each token is the first of a pair, of what this rank read.
  std::vector<std::int64_t> take_first() { return std::move(first_); }

 private:
  entropy::Occurrences count_pass(std::size_t pass) {
    const int ranks = comm_.size();
    const auto self = static_cast<std::size_t>(comm_.rank());
    const std::int64_t begin = first_window(texts_.windows(), comm_.rank(), ranks),
                       end = first_window(texts_.windows(), comm_.rank() + 1, ranks),
                       most = texts_.windows() / ranks + 1;
    entropy::PairCounter<Word> counter(code_.token_bits);
    Exchange<Word> exchange(comm_);
    std::vector<std::vector<Word>> outgoing(static_cast<std::size_t>(ranks));
    for (std::int64_t done = 0; done < most; done += windows_a_round) {
      for (std::int64_t w = begin + done; w < std::min(end, begin + done + windows_a_round); ++w)
        if (!failure_) read_window(w, pass, outgoing);
      counter.add(outgoing[self]);
      outgoing[self].clear();
      exchange.round(outgoing, [&](const std::vector<Word>& pairs) { counter.add(pairs); });
    }
    return counter.take();
  }

  /// After a mistake nothing more is read, but the rounds go on: others wait for them.
  void read_window(std::int64_t window, std::size_t pass,
                   std::vector<std::vector<Word>>& outgoing) {
    try {
      texts_.visit(window, [&](std::int64_t first, std::int64_t pairs) {
        text_.resize(static_cast<std::size_t>(pairs) + 1);
        tokens_.copy(first, text_);
        for (std::size_t i = 0; i + 1 < text_.size(); ++i) {
          if (pass == 0) ++first_[static_cast<std::size_t>(text_[i])];
          const Word pair =
              (static_cast<Word>(text_[i]) << code_.token_bits) + static_cast<Word>(text_[i + 1]);
          if (passes_ > 1 && entropy::PairCode::class_of(pair, pass_salt, passes_) != pass)
            continue;
          const std::size_t owner =
              outgoing.size() == 1 ? 0
                                   : entropy::PairCode::class_of(pair, rank_salt, outgoing.size());
          outgoing[owner].push_back(pair);
        }
      });
    } catch (const core::Error&) {
      failure_ = std::current_exception();
    }
  }

  const par::Comm& comm_;
  entropy::PairTexts texts_;
  const corpus::PackedTokens& tokens_;
  entropy::PairCode code_;
  std::size_t passes_ = 1;
  std::vector<std::int64_t> first_;
  std::vector<std::int32_t> text_{};
  std::exception_ptr failure_{};
};

template <class Word>
entropy::PairTally tally(const par::Comm& comm, const corpus::Corpus& corpus, std::size_t domain,
                         const entropy::EntropyOptions& options) {
  entropy::Occurrences own;
  std::vector<std::int64_t> first;
  par::collectively(comm, [&] {
    RankTally<Word> rank(comm, corpus, domain, options);
    own = rank.count();
    first = rank.take_first();
  });
  first = comm.sum(std::move(first));
  entropy::PairTally whole;
  for (const std::string& part : comm.gather(entropy::bytes_of(own)))
    entropy::merge(whole.pairs, entropy::occurrences_from(part));
  if (comm.is_root()) whole.firsts = entropy::occurrences_of(first);
  return whole;
}

}  // namespace

entropy::PairTally tally_over_ranks(const par::Comm& comm, const corpus::Corpus& corpus,
                                    std::size_t domain, const entropy::EntropyOptions& options) {
  const int vocabulary = corpus.tokens(domain, corpus::Part::train).vocabulary();
  return entropy::PairCode(vocabulary).is_narrow()
             ? tally<std::uint32_t>(comm, corpus, domain, options)
             : tally<std::uint64_t>(comm, corpus, domain, options);
}

}  // namespace bimix::spread
