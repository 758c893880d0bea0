#include "token_documents.hpp"

#include "borders/document_index.hpp"
#include "mapped_file.hpp"
#include "shard.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace bimix::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk = 16 * 1024;

/// The whole file.
class OneDocument final : public DocumentEnds {
 public:
  explicit OneDocument(std::uint64_t tokens) : tokens_(tokens) {}
  std::optional<std::uint64_t> next() override {
    if (tokens_ == 0) return std::nullopt;
    return std::exchange(tokens_, 0);
  }

 private:
  std::uint64_t tokens_;
};

/// A document ends behind each row of end tokens but one that the file begins with, and with the
/// file: llm.c puts the token before each document, others behind it.
class EndTokens final : public DocumentEnds {
 public:
  EndTokens(const TokenSpan& tokens, std::int32_t end) : tokens_(tokens), end_(end) {}

  std::optional<std::uint64_t> next() override {
    if (at_ == tokens_.size()) return std::nullopt;
    pass([&](std::int32_t token) { return token == end_; });
    pass([&](std::int32_t token) { return token != end_; });
    pass([&](std::int32_t token) { return token == end_; });
    return at_;
  }

 private:
  /// Goes on to the first token that is not of such.
  template <class OfSuch>
  void pass(OfSuch of_such) {
    for (; at_ < tokens_.size(); ++at_) {
      if (at_ < from_ || at_ >= from_ + buffer_.size()) {
        from_ = at_;
        buffer_.resize(std::min(chunk, tokens_.size() - at_));
        tokens_.subspan(at_, buffer_.size()).copy_to(buffer_);
      }
      if (!of_such(buffer_[at_ - from_])) return;
    }
  }

  TokenSpan tokens_;
  std::int32_t end_;
  std::size_t at_ = 0, from_ = 0;
  std::vector<std::int32_t> buffer_{};
};

class TokenFileReader final : public DocumentReader {
 public:
  TokenFileReader(const fs::path& path, const TokenReading& reading, std::size_t takers)
      : file_(path.string()), reading_(reading), takers_(takers), mapped_(map_file(path)) {
    std::iota(takers_.begin(), takers_.end(), std::size_t{0});
    if (reading_.content == Content::checked)
      refuse_container(file_, mapped_.bytes, reading_.format.width);
    whole_ = {shard_tokens(file_, mapped_.bytes, reading_.format), file_};
    check_sample(whole_, reading_.format.vocabulary, reading_.content);
    if (const FoundIndex index = index_beside(path); index.format != nullptr) {
      index_ = index.path().string();
      ends_ = index.format->open(index.tokens, reading_.format.width);
    } else if (reading_.end_of_document >= 0) {
      ends_ = std::make_unique<EndTokens>(whole_.tokens,
                                          static_cast<std::int32_t>(reading_.end_of_document));
    } else {
      is_one_ = true;
      ends_ = std::make_unique<OneDocument>(whole_.tokens.size());
    }
  }

  std::optional<FoundDocument> next() override {
    std::optional<std::uint64_t> end;
    do {
      end = ends_->next();
    } while (end == from_);  // an empty document
    if (!end && from_ != whole_.tokens.size())
      refuse_index(fmt::format("ends with token {}", from_));
    if (!end) return std::nullopt;
    if (*end < from_ || *end > whole_.tokens.size())
      refuse_index(fmt::format("tells of a document from token {} to {}", from_, *end));
    const std::uint64_t from = std::exchange(from_, *end);
    const TokenSpan tokens = whole_.tokens.subspan(from, *end - from);
    if (!is_one_) check(from, tokens.size());
    note_one_document(from);
    const TokenSpan content = without_end_tokens(tokens);
    return FoundDocument{
        .bytes = tokens.bytes(),
        .takers = takers_,
        .lies_at = from,
        .lead = static_cast<std::uint64_t>(content.bytes().data() - tokens.bytes().data()),
        .content = is_one_ ? sampled_key(tokens) : content_key(content)};
  }
  std::uint64_t bytes_read() const override {
    return from_ * static_cast<std::uint64_t>(reading_.format.width);
  }

 private:
  void check(std::uint64_t from, std::size_t count) {
    buffer_.resize(chunk);
    for (std::size_t done = 0; done < count; done += chunk)
      copy_tokens(whole_, from + done, reading_.format.vocabulary,
                  std::span(buffer_).first(std::min(chunk, count - done)));
  }

  TokenSpan without_end_tokens(TokenSpan tokens) const {
    if (reading_.end_of_document < 0) return tokens;
    const auto ends_at = [&](std::size_t at) {
      std::int32_t token = 0;
      tokens.subspan(at, 1).copy_to(std::span(&token, 1));
      return token == reading_.end_of_document;
    };
    while (tokens.size() > 1 && ends_at(0)) tokens = tokens.subspan(1);
    while (tokens.size() > 1 && ends_at(tokens.size() - 1))
      tokens = tokens.subspan(0, tokens.size() - 1);
    return tokens;
  }

  /// A large file without the token that is to end documents: it may be another one.
  void note_one_document(std::uint64_t from) {
    constexpr std::size_t large = std::size_t{1} << 20;
    if (!index_.empty() || is_one_ || from > 0 || from_ != whole_.tokens.size() ||
        whole_.tokens.size() < large)
      return;
    note(fmt::format("{} is one document: no token {} ends another in it", file_,
                     reading_.end_of_document));
  }

  [[noreturn]] void refuse_index(const std::string& problem) const {
    throw core::DataError(
        {.place = index_,
         .problem = fmt::format("{}, but {} has {} tokens", problem, file_, whole_.tokens.size()),
         .rule = "it is the index of another file, or one of both is torn",
         .remedy = remedy_for_index(index_)});
  }

  std::string file_;
  TokenReading reading_;
  std::vector<std::size_t> takers_;
  MappedFile mapped_;
  Stretch whole_{};
  std::string index_{};
  std::unique_ptr<DocumentEnds> ends_{};
  bool is_one_ = false;
  std::uint64_t from_ = 0;
  std::vector<std::int32_t> buffer_{};
};

}  // namespace

std::unique_ptr<DocumentReader> read_token_file(const fs::path& path, const TokenReading& reading,
                                                std::size_t takers) {
  return std::make_unique<TokenFileReader>(path, reading, takers);
}

}  // namespace bimix::corpus
