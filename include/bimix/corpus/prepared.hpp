#pragma once

#include <cstdint>
#include <string>

namespace bimix::corpus {

/// The training or the evaluation texts of a domain, as they are prepared.
struct PreparedPart {
  std::uint64_t documents = 0;  ///< with a part of one that is cut
  std::uint64_t tokens = 0;
  std::uint64_t bytes = 0;  ///< of the texts; 0: only the tokenizer knows
  bool operator==(const PreparedPart&) const = default;
};

struct PreparedDomain {
  std::string name{};
  /// 32 hex digits that change with the texts, their order and their division into parts; not with
  /// the files that they were in.
  std::string fingerprint{};
  PreparedPart train{}, eval{};
  std::uint64_t documents = 0;         ///< of both parts; one that is cut counts once
  std::uint64_t longest = 0;           ///< tokens of a document, both parts of one that is cut
  std::uint64_t duplicates = 0;        ///< documents that stood in the same part before: dropped
  std::uint64_t evaluated_on = 0;      ///< training documents that some domain is evaluated on:
                                       ///< dropped
  std::uint64_t in_other_domains = 0;  ///< training documents that another domain trains on as well
  std::uint64_t not_taken = 0;         ///< documents of its files that do not meet its `where`
  /// Those that meet the `where` of no domain, and those that `on_error: skip` passed over; of
  /// files that several domains read, the first of these has them.
  std::uint64_t unwanted = 0, damaged = 0;
  std::string first_damage{};  ///< the error that the first of them would have been
  std::string note{};          ///< on how a file was read
  bool operator==(const PreparedDomain&) const = default;
};

}  // namespace bimix::corpus
