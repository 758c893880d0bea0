#pragma once

#include <bimix/corpus/packed_tokens.hpp>

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
  bool binary = false;  ///< files are taken as they are, even if they are no text
  bool operator==(const DomainFiles&) const = default;
};

struct CorpusOptions {
  std::vector<DomainFiles> domains{};  ///< in the campaign's order
  std::filesystem::path base{};        ///< relative patterns are relative to it
  double eval_fraction = 0.1;  ///< tokens held out where no eval patterns are given; (0, 0.5]
  std::uint64_t seed = 0;      ///< of that split
  TokenFormat tokens{};        ///< what the files hold
  bool operator==(const CorpusOptions&) const = default;
};

enum class Part { train, eval };

/// Memory-mapped tokens of every domain, bytes or numbers of a tokenizer, divided into a training
/// and an evaluation part that share no document. Read-only after construction; safe to use from
/// many threads, and the pages are shared by all processes of a machine. Copies are cheap.
class Corpus {
 public:
  /// Finds and maps the files. Without eval patterns whole documents are held out, in an order
  /// keyed by seed and file name, so that a new file does not move the others; where no set of
  /// documents comes near eval_fraction (a single file, say) the last part of the largest document
  /// is, of bytes cut after a line end.
  /// @throws DataError for a pattern without match, an empty or unreadable file, a file that is
  ///         both trained and evaluated on (in any domains), and a file that does not hold the
  ///         tokens that the options say, as far as its first bytes and a sample of blocks tell
  ///         (compressed, a table, bytes that are no text, tokens of another width)
  /// @throws UsageError for no domains, a domain without patterns, a fraction outside (0, 0.5]
  explicit Corpus(const CorpusOptions& options);

  std::size_t domain_count() const { return domains_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  const TokenFormat& format() const { return format_; }
  /// What a person should know of the texts: that one is JSON Lines, for example.
  const std::vector<std::string>& notes() const { return notes_; }

  /// The tokens of one part of a domain, documents in a fixed order.
  const PackedTokens& tokens(std::size_t domain, Part part) const;

  /// 32 hex digits that change with the domain's name, the width of its tokens (a header of files
  /// does not count), the names, order or sizes of its files, their division into parts, or the
  /// content: of all of a file up to 16 MiB, of 256 blocks of 64 KiB of a larger one. Where the
  /// files are does not matter.
  const std::string& fingerprint(std::size_t domain) const;
  /// Of all domains in their order.
  std::string fingerprint() const;

  /// @throws DataError if the training or evaluation part of any domain is shorter than one
  ///         sequence of context + 1 tokens
  void require_sequences(int context) const;

 private:
  struct Domain {
    PackedTokens train{};
    PackedTokens eval{};
    std::string fingerprint{};
  };
  TokenFormat format_{};
  std::vector<std::string> names_{};
  std::vector<std::string> notes_{};
  std::vector<Domain> domains_{};
  std::vector<std::shared_ptr<const void>> mappings_{};  ///< keep the tokens alive
};

}  // namespace bimix::corpus
