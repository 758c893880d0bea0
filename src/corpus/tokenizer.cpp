#include <bimix/core/error.hpp>
#include <bimix/corpus/token_span.hpp>
#include <bimix/corpus/tokenizer.hpp>

#include <fmt/format.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

namespace bimix::corpus {
namespace {

constexpr std::size_t most_at_once = std::size_t{1} << 20;

/// How much of a text is encoded at one go, if that must not be more than needed: up to the last
/// line end, or the last blank, of the first MiB; never within a character.
std::size_t long_part(std::string_view text) {
  if (text.size() <= most_at_once) return text.size();
  for (const char end : {'\n', ' '})
    if (const std::size_t at = text.rfind(end, most_at_once - 1); at != std::string_view::npos)
      return at + 1;
  std::size_t part = most_at_once;
  constexpr unsigned continuation = 0x80, mask = 0xC0;
  while (part > 1 && (static_cast<unsigned char>(text[part]) & mask) == continuation) --part;
  return part;
}

/// The same for a model whose lines are apart: some lines, since the time of a merge grows with
/// what is encoded at one go.
std::size_t lines_part(std::string_view text) {
  constexpr std::size_t enough = 256;
  const std::size_t end = text.find('\n', std::min(enough, text.size()));
  return end >= most_at_once ? long_part(text) : end + 1;  // npos is the largest number
}

/// What the trainer says, without where in its source it says so.
std::string reason_of(const std::string& message) {
  constexpr std::string_view most = "a value <= ";
  if (const std::size_t at = message.find(most); at != std::string::npos)
    return fmt::format("the sample has pieces for {} at most",
                       std::strtol(message.c_str() + at + most.size(), nullptr, 10));
  if (message.find("sentences_.empty()") != std::string::npos) return "the sample holds no text";
  return message.substr(message.rfind("] ") == std::string::npos ? 0 : message.rfind("] ") + 2);
}

/// The sample as the trainer reads it.
class Lines final : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const std::function<std::optional<std::string>()>& next)
      : next_(next), line_(next()) {}
  bool done() const override { return !line_; }
  void Next() override { line_ = next_(); }
  const std::string& value() const override { return *line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::function<std::optional<std::string>()>& next_;
  std::optional<std::string> line_;
};

}  // namespace

struct Tokenizer::Model {
  sentencepiece::SentencePieceProcessor processor{};
  bool lines_are_apart = false;  ///< a text has the tokens of its lines

  std::vector<int> ids_of(std::string_view text) const {
    std::vector<int> ids;
    const auto status = processor.Encode({text.data(), text.size()}, &ids);
    core::require(status.ok(), "SentencePiece encodes every text");
    return ids;
  }
  /// No piece goes on behind a line end, and a line begins as a text does.
  bool has_lines_apart() const {
    for (int piece = 0; piece < processor.GetPieceSize(); ++piece)
      if (processor.IdToPiece(piece).find('\n') != std::string::npos) return false;
    for (const std::string_view line :
         {"a", "the", " the", "  the", "1", "\n", "\xc3\xa9", "(\""}) {
      std::vector<int> apart = ids_of("of\n");
      const std::vector<int> second = ids_of(line);
      apart.insert(apart.end(), second.begin(), second.end());
      if (ids_of("of\n" + std::string(line)) != apart) return false;
    }
    return true;
  }
};

Tokenizer::Tokenizer(const std::string& model, const std::string& file)
    : model_(std::make_unique<Model>()) {
  const auto status = model_->processor.LoadFromSerializedProto(model);
  if (!status.ok())
    throw core::DataError({.place = file,
                           .problem = "is no model of SentencePiece",
                           .rule = "",
                           .remedy = "Name the .model file that spm_train wrote"});
  constexpr int widest = 4;
  if (vocabulary() > most_vocabulary(widest))
    throw core::DataError({.place = file,
                           .problem = fmt::format("has a vocabulary of {}", vocabulary()),
                           .rule = fmt::format("at most {}", most_vocabulary(widest)),
                           .remedy = "Choose a smaller one"});
  model_->lines_are_apart = model_->has_lines_apart();
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

int Tokenizer::vocabulary() const { return model_->processor.GetPieceSize(); }

int Tokenizer::width() const { return vocabulary() <= most_vocabulary(2) ? 2 : 4; }

void Tokenizer::encode(std::string_view text,
                       const std::function<void(std::span<const std::uint32_t>)>& take) const {
  std::vector<int> ids;
  std::vector<std::uint32_t> tokens;
  while (!text.empty()) {
    const std::size_t part = model_->lines_are_apart ? lines_part(text) : long_part(text);
    const auto status = model_->processor.Encode({text.data(), part}, &ids);
    core::require(status.ok(), "SentencePiece encodes every text");
    tokens.assign(ids.begin(), ids.end());
    take(tokens);
    text.remove_prefix(part);
  }
  if (const int end = model_->processor.eos_id(); end >= 0) {
    const auto token = static_cast<std::uint32_t>(end);
    take(std::span(&token, 1));
  }
}

std::string train_tokenizer(int vocabulary,
                            const std::function<std::optional<std::string>()>& next_line) {
  Lines lines(next_line);
  const std::unordered_map<std::string, std::string> options{
      {"model_type", "bpe"},
      {"vocab_size", std::to_string(vocabulary)},
      {"byte_fallback", "true"},
      {"normalization_rule_name", "identity"},
      {"remove_extra_whitespaces", "false"},
      {"add_dummy_prefix", "false"},
      {"split_digits", "true"},
      {"allow_whitespace_only_pieces", "true"},
      {"character_coverage", "0.9995"},
      {"num_threads", "1"},  // the model is then the same on every machine
      {"max_sentence_length", "16384"},
      {"minloglevel", "2"}};
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(options, &lines, &model);
  if (!status.ok())
    throw core::DataError(
        {.place = "tokenizer.train",
         .problem = fmt::format("a vocabulary of {} cannot be trained", vocabulary),
         .rule = reason_of(status.ToString()),
         .remedy = reason_of(status.ToString()).find("required_chars") != std::string::npos
                       ? "Choose a larger vocabulary: it has to hold every character of the texts"
                       : "Choose a smaller vocabulary, or add texts"});
  return model;
}

}  // namespace bimix::corpus
