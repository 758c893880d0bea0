#pragma once

#include <bimix/core/words.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace bimix::corpus {

/// A condition on a field of a document: `where: {language: en}`.
struct FieldFilter {
  std::string field{};                ///< "language", or within others "metadata.language"
  std::vector<std::string> values{};  ///< the field has to be one of these
  bool operator==(const FieldFilter&) const = default;
};

/// All of these have to be met; none: every document is taken.
using Where = std::vector<FieldFilter>;

/// What is done about a document that cannot be read.
enum class OnError {
  stop,  ///< it is an error
  skip   ///< it is left out and counted
};

/// "stop", "skip"
const core::WordTable<OnError>& word_table(OnError);

/// How documents are read.
struct ReadOptions {
  std::string text_key{};  ///< of JSON Lines; empty: `text`, or else `content`
  /// Bytes of a line of JSON, or of a text in a packed file: more are an error.
  std::int64_t max_document = 64'000'000;
  OnError on_error = OnError::stop;
  bool wants_utf8 = false;  ///< other texts cannot be encoded
  bool operator==(const ReadOptions&) const = default;
};

/// How texts become tokens; where neither is given, their bytes are the tokens.
struct TokenizerOptions {
  std::string sentencepiece{};  ///< a .model file of SentencePiece
  int train = 0;                ///< V of a model to train on a sample of the default mixture
  bool is_given() const { return !sentencepiece.empty() || train > 0; }
  bool operator==(const TokenizerOptions&) const = default;
};

}  // namespace bimix::corpus
