#include "../content_check.hpp"
#include "../mapped_file.hpp"
#include "document_format.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <system_error>

namespace bimix::corpus {
namespace {

/// Without the beginning of a character that the rest was torn off of; other encodings than UTF-8
/// may lose a letter.
std::span<const std::uint8_t> without_torn_character(std::span<const std::uint8_t> text) {
  constexpr std::size_t longest = 4;
  for (std::size_t length = 1; length < std::min(longest, text.size()); ++length) {
    const std::uint8_t byte = text[text.size() - length];
    const bool goes_on = (byte & 0xc0U) == 0x80;
    if (goes_on) continue;
    const std::size_t wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return wanted > length ? text.first(text.size() - length) : text;
  }
  return text;
}

/// A file that is one document: mapped where it lies, or unpacked into memory.
class TextFileReader final : public DocumentReader {
 public:
  TextFileReader(const DocumentFile& file, const ReadOptions& options, std::size_t takers)
      : path_(file.path),
        content_(file.binary ? Content::as_it_is : Content::checked),
        options_(options),
        takers_(takers) {
    std::iota(takers_.begin(), takers_.end(), std::size_t{0});
  }

  std::optional<FoundDocument> next() override {
    if (was_read_) return std::nullopt;
    was_read_ = true;
    // Bytes that are to be taken as they are may look packed, and are not unpacked.
    if (content_ == Content::as_it_is || packing_of(path_) == Packing::none) {
      std::error_code unknown;
      if (std::filesystem::file_size(path_, unknown) == 0) return refused_as_empty();
      mapped_ = map_file(path_);
      bytes_ = mapped_.bytes.size();
      return checked(mapped_.bytes);
    }
    const auto text = unpacked();
    return text ? checked(*text) : std::nullopt;
  }
  std::uint64_t bytes_read() const override { return bytes_; }

 private:
  std::optional<FoundDocument> checked(std::span<const std::uint8_t> bytes) {
    const std::string file = path_.string();
    if (content_ == Content::checked) refuse_container(file, bytes, 1);
    constexpr int byte_values = 256;
    check_sample({TokenSpan(bytes), file}, byte_values, content_);
    const auto at = options_.wants_utf8 ? core::first_not_utf8(text_of(bytes)) : std::nullopt;
    if (at) {
      on_damage(options_, {.place = file,
                           .problem = fmt::format("is no UTF-8 at byte {}", *at),
                           .rule = "a tokenizer encodes UTF-8",
                           .remedy = fmt::format("Convert it, from Latin-1 for example with `iconv "
                                                 "-f LATIN1 -t UTF-8 {0} > {0}.utf8`",
                                                 core::shell_word(file))});
      return std::nullopt;
    }
    if (content_ == Content::checked)
      if (auto words = note_on_json_lines({TokenSpan(bytes), file})) note(std::move(*words));
    return FoundDocument{bytes, takers_};
  }

  /// Reads until there is more than a document may have. @return bytes of text_
  std::size_t unpack(std::size_t most) {
    const auto stream = open_bytes(path_);
    constexpr std::size_t step = std::size_t{1} << 20;
    std::size_t size = 0;
    try {
      for (std::size_t got = step; got > 0 && size <= most; size += got) {
        text_.resize(size + step);
        got = stream->read({reinterpret_cast<char*>(text_.data()) + size, step});
      }
    } catch (const TornError& torn) {
      on_torn(options_, torn);
      is_torn_ = true;
    }
    bytes_ = stream->source_bytes();
    return size;
  }

  /// @return nothing if it is passed over
  std::optional<std::span<const std::uint8_t>> unpacked() {
    const auto most = static_cast<std::size_t>(options_.max_document);
    const std::size_t size = unpack(most);
    if (size == 0) {
      if (!is_torn_) refused_as_empty();
      return std::nullopt;
    }
    if (size > most) {
      on_damage(options_, {.place = path_.string(),
                           .problem = fmt::format("holds a document of more than {} bytes",
                                                  options_.max_document),
                           .remedy = "Raise `corpus.max_document`, unpack the file, or say "
                                     "`corpus: {on_error: skip}` to leave it out"});
      return std::nullopt;
    }
    const std::span<const std::uint8_t> text(text_.data(), size);
    return is_torn_ ? without_torn_character(text) : text;
  }

  std::optional<FoundDocument> refused_as_empty() {
    on_damage(options_, complaint_on_empty(path_.string()));
    return std::nullopt;
  }

  std::filesystem::path path_;
  Content content_;
  ReadOptions options_;
  std::vector<std::size_t> takers_;
  MappedFile mapped_{};
  std::vector<std::uint8_t> text_{};
  std::uint64_t bytes_ = 0;
  bool was_read_ = false, is_torn_ = false;
};

class TextFile final : public DocumentFormat {
 public:
  std::string_view name() const override { return "text_file"; }
  bool has_fields() const override { return false; }
  bool recognises(const Beginning&, const ReadOptions&) const override { return true; }
  std::unique_ptr<DocumentReader> open(const DocumentFile& file, const ReadOptions& options,
                                       std::vector<Where> takers) const override {
    return std::make_unique<TextFileReader>(file, options, takers.size());
  }
};

}  // namespace

const DocumentFormat& documents_text_file() {
  static const TextFile format;
  return format;
}

}  // namespace bimix::corpus
