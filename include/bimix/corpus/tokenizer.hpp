#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bimix::corpus {

/// Of the model that texts were encoded by, in a store and in the folder of a run.
inline constexpr const char* tokenizer_model_name = "tokenizer.model";

/// Turns texts into numbers of a vocabulary, by a model of SentencePiece (unigram or BPE).
/// @see Kudo and Richardson 2018, arXiv 1808.06226
class Tokenizer {
 public:
  /// @param model the bytes of a .model file @param file what messages call it
  /// @throws DataError if it is none, or its vocabulary exceeds 2^20
  Tokenizer(const std::string& model, const std::string& file);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// V: every token is below it.
  int vocabulary() const;
  /// Bytes that hold a token: 2 or 4.
  int width() const;

  /// Gives the tokens of a document, then the model's end of sentence if it has one: where
  /// sequences cross documents it is what tells them apart. A text of more than 1 MiB is encoded in
  /// parts that end with a line, so that memory stays bounded; shorter parts where the model gives
  /// a text the tokens of its lines, which is faster.
  /// @param text UTF-8
  /// @param take is given the tokens of each part
  void encode(std::string_view text,
              const std::function<void(std::span<const std::uint32_t>)>& take) const;

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

/// Trains a model: BPE, with all bytes as pieces and no normalisation, so that any text can be
/// told and none is changed.
/// @param vocabulary 300 to 65536
/// @param next_line gives the sample line by line; nothing at its end
/// @return the bytes of a .model file, the same for the same lines
/// @throws DataError if the sample is too small for the vocabulary
std::string train_tokenizer(int vocabulary,
                            const std::function<std::optional<std::string>()>& next_line);

}  // namespace bimix::corpus
