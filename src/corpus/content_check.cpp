#include "content_check.hpp"

#include "shard.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file_kind.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace bimix::corpus {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* or_as_it_is =
    "; or say `binary: true` in its domain, if the bytes themselves are to be learnt";

[[noreturn]] void refuse(const std::string& file, const std::string& problem,
                         const std::string& rule, const std::string& remedy) {
  throw core::DataError(
      {.place = file, .problem = problem, .rule = rule, .remedy = remedy + or_as_it_is});
}

/// How many of some numbers have a property, by their place modulo `Period`. A property that nearly
/// all numbers of one place have and those of another lack shows numbers that are cut in parts.
template <std::size_t Period>
class ByPlace {
 public:
  void add(std::size_t place, bool has_it) {
    ++numbers_[place % Period];
    with_it_[place % Period] += has_it;
  }
  /// Nearly all: a header may stand before them.
  bool nearly_all(std::size_t place) const { return part(place) >= 0.98; }
  std::size_t places_with_nearly_all() const {
    std::size_t count = 0;
    for (std::size_t place = 0; place < Period; ++place) count += nearly_all(place);
    return count;
  }
  /// Each place has nearly all, or clearly not.
  bool is_clear() const {
    for (std::size_t place = 0; place < Period; ++place)
      if (!nearly_all(place) && part(place) > 0.8) return false;
    return true;
  }

 private:
  double part(std::size_t place) const {
    return numbers_[place] == 0
               ? 0.0
               : static_cast<double>(with_it_[place]) / static_cast<double>(numbers_[place]);
  }
  std::array<std::size_t, Period> numbers_{}, with_it_{};
};

constexpr std::size_t enough_to_judge = 128;

/// A header, if there is one, is not judged: the first quarter, or 4 KiB.
std::size_t judged_from(const TokenSpan& tokens) {
  return std::min(tokens.size() / 4, std::size_t{4096} / static_cast<std::size_t>(tokens.width()));
}

std::string narrowed(const std::string& file, int width) {
  return fmt::format(
      "Write it again with `python3 -c \"import numpy,sys; numpy.fromfile(sys.argv[1], "
      "'<i8').astype('<u{0}').tofile(sys.argv[2])\" {1} {2}`, and say `tokens: {3}`",
      width, core::shell_word(file), core::shell_word(file + fmt::format(".u{}", width)),
      token_word(width));
}

// ---- tokens that are parts of wider ones

constexpr std::int32_t small = 16;  // of numbers below 2^20 the upper half is

struct Parts {
  ByPlace<4> zero{}, below_small{};
  void add(std::size_t place, std::int32_t token) {
    zero.add(place, token == 0);
    below_small.add(place, token < small);
  }
};

void refuse_parts(const Stretch& document, const Parts& parts) {
  const std::string file(document.file);
  const int width = document.tokens.width();
  // Of a vocabulary below 16 all numbers are small; then those that are 0 tell.
  const bool all_small = parts.below_small.places_with_nearly_all() == 4;
  const auto& uppers = all_small || width == 4 ? parts.zero : parts.below_small;
  const std::size_t count = uppers.places_with_nearly_all();
  const bool is_every_second = count == 2 && uppers.nearly_all(0) == uppers.nearly_all(2);
  if (!uppers.is_clear()) return;
  const std::string what = all_small || width == 4 ? "0" : fmt::format("below {}", small);
  if (is_every_second && width == 2)
    refuse(file, fmt::format("every second token is {}", what),
           "so they are the upper halves of uint32 or int32 and no tokens", "Say `tokens: uint32`");
  if (is_every_second && width == 4)
    refuse(file, "every second token is 0",
           "so the file holds int64, of 8 bytes a token, and `tokens: uint32` takes 4",
           narrowed(file, width));
  if (count == 3 && width == 2)
    refuse(file, fmt::format("three of four tokens are {}", what),
           "so the file holds int64, of 8 bytes a token, and `tokens: uint16` takes 2",
           narrowed(file, width));
}

void check_tokens(const Stretch& document, int vocabulary, Content content) {
  constexpr std::size_t chunk = 16 * 1024;
  std::vector<std::int32_t> tokens(chunk);
  const std::size_t from = judged_from(document.tokens);
  Parts parts;
  for (const Block& block : sample_blocks(document.tokens))
    for (std::size_t done = 0; done < block.count; done += chunk) {
      const auto part = std::span(tokens).first(std::min(chunk, block.count - done));
      copy_tokens(document, block.from + done, vocabulary, part);
      for (std::size_t i = 0; i < part.size(); ++i)
        if (const std::size_t place = block.from + done + i; place >= from)
          parts.add(place, part[i]);
    }
  if (content == Content::checked && document.tokens.size() >= enough_to_judge)
    refuse_parts(document, parts);
}

// ---- bytes that are no text

/// Control characters that no encoding of text has; those that texts do have: BS to CR, ESC.
bool is_alien(std::uint8_t byte) {
  return byte < 0x20 && (byte < 0x08 || byte > 0x0d) && byte != 0x1b;
}

struct Bytes {
  std::size_t count = 0, aliens = 0;
  ByPlace<8> zero{};
};

/// What the places of the zeros tell.
std::string what_to_do(const std::string& file, const ByPlace<8>& zero) {
  const auto are_zero = [&](std::initializer_list<std::size_t> places) {
    return std::all_of(places.begin(), places.end(),
                       [&](std::size_t place) { return zero.nearly_all(place); });
  };
  const auto iconv = [&](const char* encoding) {
    return fmt::format("If it is text in {0}, convert it with `iconv -f {0} -t UTF-8 {1} > {2}`",
                       encoding, core::shell_word(file), core::shell_word(file + ".txt"));
  };
  if (are_zero({4, 5, 6, 7}) && zero.places_with_nearly_all() < 7)
    return "It looks like tokens of int64. " + narrowed(file, 4);
  const bool are_halves = zero.places_with_nearly_all() == 4;
  if (are_halves && are_zero({1, 3, 5, 7})) return iconv("UTF-16LE");
  if (are_halves && are_zero({0, 2, 4, 6})) return iconv("UTF-16BE");
  if (are_zero({3, 7})) return "It looks like tokens of 4 bytes. Say `tokens: uint32`";
  return "Unpack it, or leave it out; if it holds tokens, say `tokens: uint16` or `tokens: uint32`";
}

void check_text(const Stretch& document) {
  constexpr std::size_t least = 8;
  Bytes seen;
  const auto bytes = document.tokens.bytes();
  for (const Block& block : sample_blocks(document.tokens))
    for (std::size_t at = block.from; at < block.from + block.count; ++at) {
      seen.aliens += is_alien(bytes[at]);
      seen.zero.add(at, bytes[at] == 0);
      ++seen.count;
    }
  if (seen.aliens < least || seen.aliens * 100 <= seen.count) return;
  const std::string file(document.file);
  refuse(file,
         fmt::format("{:.0f} % of its bytes are control characters",
                     100.0 * static_cast<double>(seen.aliens) / static_cast<double>(seen.count)),
         "so it is no text, which `tokens: bytes` reads", what_to_do(file, seen.zero));
}

// ---- JSON Lines

/// The member of a line that holds its text: by its name, or the longest one. Empty: none does.
std::string text_key(const Json& line) {
  for (const char* key : {"text", "content", "raw_content"})
    if (line.contains(key) && line[key].is_string()) return key;
  std::string longest;
  std::size_t most = 0;
  for (const auto& [key, value] : line.items())
    if (value.is_string() && value.get_ref<const std::string&>().size() > most) {
      most = value.get_ref<const std::string&>().size();
      longest = key;
    }
  return longest;
}

/// The key of the text in the first lines, if all of them are objects; empty if none has a text.
std::optional<std::string> text_key_of_lines(std::string_view text) {
  constexpr std::size_t longest = std::size_t{1} << 20, enough = 8;
  std::string key;
  for (std::size_t n = 0; n < enough && !text.empty();) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), longest));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (core::trimmed(line).empty()) continue;
    if (line.size() == longest && n > 0) break;
    const Json json =
        core::trimmed(line).starts_with('{') ? Json::parse(line, nullptr, false) : Json();
    if (!json.is_object()) return std::nullopt;
    if (key.empty()) key = text_key(json);
    ++n;
  }
  return key;
}

/// Whether the first line is a list of objects, with nothing but other lists behind it.
bool begins_with_list(std::string_view text) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  const std::string_view line = text.substr(0, std::min(text.find('\n'), longest));
  const std::size_t next = std::min(text.find_first_not_of("\r\n\t ", line.size()), text.size());
  if (!core::trimmed(line).starts_with('[') || (next < text.size() && text[next] != '['))
    return false;
  const Json json = Json::parse(line, nullptr, false);
  return json.is_array() && !json.empty() && json.front().is_object();
}

}  // namespace

void refuse_container(const std::string& file, std::span<const std::uint8_t> bytes, int width) {
  if (width > 1 && has_token_header(bytes)) return;
  const auto kind =
      core::file_kind(text_of(bytes.first(std::min(bytes.size(), core::file_kind_bytes))));
  if (!kind && width == 1 && has_token_header(bytes))
    refuse(file, "holds tokens behind a header", "`tokens: bytes` reads text",
           "Say `tokens: uint16` or `tokens: uint32`");
  if (!kind || (width > 1 && kind->form == core::FileKind::Form::encoded)) return;
  refuse(file, fmt::format("is {}", kind->name),
         width == 1
             ? "`tokens: bytes` reads text"
             : fmt::format("`tokens: {}` reads numbers one behind the other", token_word(width)),
         core::remedy_for(*kind, file, core::Wanted::text));
}

void check_sample(const Stretch& document, int vocabulary, Content content) {
  if (document.tokens.width() > 1)
    check_tokens(document, vocabulary, content);
  else if (content == Content::checked)
    check_text(document);
}

std::optional<std::string> note_on_json_lines(const Stretch& document) {
  if (document.tokens.width() > 1) return std::nullopt;
  std::string_view text = text_of(document.tokens.bytes());
  text.remove_prefix(std::min(text.find_first_not_of("\r\n\t "), text.size()));
  if (text.empty()) return std::nullopt;
  const std::string file(document.file);
  if (begins_with_list(text))
    return fmt::format(
        "{} is JSON: its keys and metadata are trained on like its text. Make JSON Lines of it "
        "with `jq -c '.[]' {} > {}`",
        file, core::shell_word(file), core::shell_word(file + ".jsonl"));
  const auto key = text_key_of_lines(text);
  if (!key) return std::nullopt;
  return fmt::format(
      "{} is JSON: its keys and metadata are trained on like its text. Say `text: {}` in the "
      "domain to train on the texts alone",
      file, key->empty() ? "KEY" : *key);
}

}  // namespace bimix::corpus
