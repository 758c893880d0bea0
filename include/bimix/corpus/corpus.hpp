#pragma once

#include <bimix/corpus/packed_tokens.hpp>
#include <bimix/corpus/reading.hpp>
#include <bimix/corpus/slots.hpp>
#include <bimix/data/corpus_table.hpp>
#include <bimix/data/records.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace bimix::corpus {

/// Which files a domain is made of.
struct DomainFiles {
  std::string name{};
  std::vector<std::string> train_patterns{};  ///< paths or globs, see files_matching
  std::vector<std::string> eval_patterns{};   ///< empty: part of the training files is held out
  bool binary = false;                 ///< files are taken as they are, even if they are no text
  std::vector<std::string> command{};  ///< prints JSON Lines to train on, in place of files
  std::string text_key{};              ///< of JSON Lines; empty: `text`, or else `content`
  Where where{};                       ///< documents to take
  double fraction = 1.0;               ///< of its training tokens to use, see Selection
  bool operator==(const DomainFiles&) const = default;
};

struct CorpusOptions {
  std::vector<DomainFiles> domains{};  ///< in the campaign's order
  std::filesystem::path base{};        ///< relative patterns are relative to it
  double eval_fraction = 0.1;          ///< held out where no eval patterns are given; (0, 0.5]
  std::uint64_t seed = 0;              ///< of that split
  TokenFormat tokens{};                ///< what the files hold
  std::int64_t end_of_document = -1;   ///< of files of tokens: what ends each document; -1: nothing
  std::int64_t max_document = 64'000'000;  ///< see ReadOptions
  OnError on_error = OnError::stop;        ///< see ReadOptions
  double silence = 600.0;  ///< seconds for which a program of `read` may print nothing
  double fraction = 1.0;   ///< see Selection
  SequencePacking pack = SequencePacking::across;  ///< see Selection
  TokenizerOptions tokenizer{};
  std::vector<double> shares{};  ///< K: of domains in what a tokenizer is trained on; empty: alike
  std::string store{};  ///< folder for what is prepared of texts; empty: one beside the run's
  bool operator==(const CorpusOptions&) const = default;
};

enum class Part { train, eval };

/// What is used of a prepared corpus, and how.
struct Selection {
  /// Of the training tokens of each domain, by whole documents; (0, 1]. Empty: all of them.
  std::vector<double> fraction{};
  std::uint64_t seed = 0;  ///< of which documents; smaller fractions are parts of larger ones
  SequencePacking pack = SequencePacking::across;
};

/// Memory-mapped tokens of every domain, bytes or numbers of a tokenizer, divided into a training
/// and an evaluation part that share no document. A Preparation writes those of texts into a
/// folder, and of files of tokens where their documents lie. Read-only; safe to use from many
/// threads, and the pages are shared by all processes of a machine. Copies are cheap.
class Corpus {
 public:
  /// What a Preparation wrote, or a part of it.
  /// @throws DataError if it is not there or damaged
  static Corpus prepared(const std::filesystem::path& folder, const Selection& selection = {});

  /// A part of the training tokens of every domain; evaluation stays what it is.
  /// @param fraction, seed as in Selection
  Corpus part(double fraction, std::uint64_t seed) const;

  std::size_t domain_count() const { return domains_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  const TokenFormat& format() const { return format_; }
  /// What there is of each domain. The tokens to train on are those that sequences of `context`
  /// tokens are cut from; 0: all.
  data::CorpusTable table(int context = 0) const;
  /// What a person should know of the texts: that some were left out, for example.
  const std::vector<std::string>& notes() const { return notes_; }

  /// The tokens of one part of a domain, documents in a fixed order.
  const PackedTokens& tokens(std::size_t domain, Part part) const;
  /// The sequences that are cut from them; this corpus outlives them.
  Slots slots(std::size_t domain, Part part, int context) const {
    return {tokens(domain, part), context, pack_};
  }

  /// Training tokens of each domain that sequences of `context` tokens are cut from: all of them,
  /// but for what sequences that stay within documents leave out.
  data::Pools pools(int context) const;

  /// 32 hex digits that change with the domain's name, the width of its tokens, its documents,
  /// their order, their division into parts, and the selection. Where the files are does not
  /// matter. The content of a file that is one document of tokens is 256 blocks of 32Ki tokens if
  /// it has more than 8Mi.
  const std::string& fingerprint(std::size_t domain) const;
  /// Of all domains in their order.
  std::string fingerprint() const;

  /// @throws DataError if the training or evaluation part of any domain has no sequence of
  ///         context + 1 tokens
  void require_sequences(int context) const;

 private:
  Corpus() = default;

  struct Domain {
    PackedTokens train{};
    PackedTokens eval{};
    std::string fingerprint{};
  };
  void take_part(std::size_t domain, double fraction, std::uint64_t seed);

  TokenFormat format_{};
  SequencePacking pack_ = SequencePacking::across;
  std::vector<std::string> names_{};
  std::vector<std::string> notes_{};
  std::vector<Domain> domains_{};
  data::CorpusTable table_{};
  std::vector<std::shared_ptr<const void>> mappings_{};  ///< keep the tokens alive
};

}  // namespace bimix::corpus
