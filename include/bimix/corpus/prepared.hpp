#pragma once

#include <cstdint>
#include <string>

namespace bimix::corpus {

/// The training or the evaluation texts of a domain, as they are prepared.
struct PreparedPart {
  std::uint64_t documents = 0;
  std::uint64_t tokens = 0;
  std::uint64_t bytes = 0;    ///< of the texts; 0: only the tokenizer knows
  std::uint64_t longest = 0;  ///< tokens of a document
  bool operator==(const PreparedPart&) const = default;
};

struct PreparedDomain {
  std::string name{};
  /// 32 hex digits that change with the texts, their order and their division into parts; not with
  /// the files that they were in.
  std::string fingerprint{};
  PreparedPart train{}, eval{};
  std::uint64_t duplicates = 0;        ///< documents that stood in the same part before: dropped
  std::uint64_t evaluated_on = 0;      ///< training documents that some domain is evaluated on:
                                       ///< dropped
  std::uint64_t in_other_domains = 0;  ///< training documents that another domain trains on as well
  std::uint64_t unwanted = 0;          ///< documents that did not meet `where`
  std::uint64_t damaged = 0;           ///< passed over by `on_error: skip`
  std::string first_damage{};          ///< the error that the first of them would have been
  std::string note{};                  ///< on how a file was read
  bool operator==(const PreparedDomain&) const = default;
};

}  // namespace bimix::corpus
