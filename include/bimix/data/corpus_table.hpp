#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bimix::data {

/// What there is of a domain's texts.
struct CorpusRow {
  std::string domain{};
  std::uint64_t documents = 0;         ///< trained on or held out
  std::uint64_t bytes = 0;             ///< of their text; 0: only the tokenizer knows
  std::uint64_t tokens = 0;            ///< of both parts
  std::uint64_t pool = 0;              ///< tokens to train on, each of them once
  std::uint64_t eval_tokens = 0;       ///< held out
  std::uint64_t eval_bytes = 0;        ///< of their text; 0: only the tokenizer knows
  std::uint64_t longest = 0;           ///< tokens of a document
  std::uint64_t duplicates = 0;        ///< documents left out: they stood there before
  std::uint64_t evaluated_on = 0;      ///< left out of training: some domain is evaluated on them
  std::uint64_t in_other_domains = 0;  ///< trained on by another domain as well
  std::uint64_t unwanted = 0;          ///< documents that did not meet `where`
  std::uint64_t damaged = 0;           ///< left out: they could not be read
  bool operator==(const CorpusRow&) const = default;
};

/// A row for each domain, in their order.
struct CorpusTable {
  std::vector<CorpusRow> rows{};
  bool operator==(const CorpusTable&) const = default;
};

/// Bytes of text that a held-out token of each domain stands for, ends of documents included; empty
/// if that is not known of all of them.
std::vector<double> bytes_per_token(const CorpusTable& table);

}  // namespace bimix::data
