#include "json_lines.hpp"

#include "../bytes/line_reader.hpp"
#include "document_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file_kind.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace bimix::corpus {
namespace {

namespace dom = simdjson::dom;

/// Where the text stands if nothing is said of it.
constexpr std::array<const char*, 2> usual_keys{"text", "content"};

/// What a file begins with, without the mark that some editors put before it.
std::string_view without_mark(std::string_view beginning) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (beginning.starts_with(byte_order_mark)) beginning.remove_prefix(byte_order_mark.size());
  return beginning;
}

/// Calls `visit(object, key)` for each object on a path of keys, and the key that is next in it.
/// @return the element that the path leads to; nothing if there is none
template <class Visit>
std::optional<dom::element> follow(dom::element element, std::string_view path, Visit visit) {
  // A key may hold a dot itself.
  const bool is_whole = element.at_key(path).error() == simdjson::SUCCESS;
  for (;;) {
    const std::size_t dot = is_whole ? path.npos : path.find('.');
    visit(element, path.substr(0, dot));
    if (element.at_key(path.substr(0, dot)).get(element) != simdjson::SUCCESS) return std::nullopt;
    if (dot == path.npos) return element;
    path.remove_prefix(dot + 1);
  }
}

std::optional<dom::element> at_path(const dom::element& element, std::string_view path) {
  return follow(element, path, [](const dom::element&, std::string_view) {});
}

/// The key on a path that stands twice in its object; empty if none does.
std::string_view key_twice(const dom::element& element, std::string_view path) {
  std::string_view twice;
  follow(element, path, [&](const dom::element& at, std::string_view key) {
    dom::object object;
    if (at.get(object) == simdjson::SUCCESS &&
        std::count_if(object.begin(), object.end(),
                      [&](const auto& field) { return field.key == key; }) > 1)
      twice = key;
  });
  return twice;
}

/// The key under which with_plain_numbers keeps the digits of a number; no writer has such a one.
constexpr std::string_view digits_key = "\x01";

/// A scalar as a campaign would write it; nothing for objects, lists and null.
std::optional<std::string> scalar_text(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::OBJECT: {
      std::string_view digits;
      if (element.at_key(digits_key).get(digits) != simdjson::SUCCESS) return std::nullopt;
      return std::string(digits);
    }
    case dom::element_type::STRING:
      return std::string(std::string_view(element));
    case dom::element_type::BOOL:
      return bool(element) ? "true" : "false";
    case dom::element_type::INT64:
      return fmt::to_string(std::int64_t(element));
    case dom::element_type::UINT64:
      return fmt::to_string(std::uint64_t(element));
    case dom::element_type::DOUBLE:
      return fmt::to_string(double(element));
    default:
      return std::nullopt;
  }
}

bool is_value(const dom::element& element, const std::string& value) {
  const auto text = scalar_text(element);
  if (!text) return false;
  if (*text == value) return true;
  if (!element.is_number()) return false;
  const auto wanted = core::parse_number(value);
  return wanted && *wanted == core::parse_number(*text);
}

bool meets(const dom::element& document, const FieldFilter& filter) {
  const auto element = at_path(document, filter.field);
  if (!element) return false;
  for (const std::string& value : filter.values)
    if (is_value(*element, value)) return true;
  return false;
}

std::string keys_of(dom::object object) {
  constexpr std::size_t most = 8;
  std::vector<std::string> keys;
  for (const auto field : object) keys.push_back(fmt::format("'{}'", core::shown_text(field.key)));
  return keys.empty() ? "it has none" : "it has " + core::join_some(keys, most);
}

/// Where a value ends that begins outside of a string: a number or a word.
std::size_t end_of_word(std::string_view line, std::size_t from) {
  return std::min(line.find_first_of(",:[]{} \t\"", from), line.size());
}

/// True for a whole number that 64 bits do not hold.
bool is_too_large(std::string_view word) {
  const std::string_view digits = word.substr(word.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return false;
  std::int64_t with_sign = 0;
  std::uint64_t without = 0;
  const char* const end = word.data() + word.size();
  return std::from_chars(word.data(), end, with_sign).ec == std::errc::result_out_of_range &&
         std::from_chars(word.data(), end, without).ec != std::errc();
}

/// A line in which numbers that no JSON has, but Python writes, are what a parser takes: NaN and
/// infinities null, whole numbers beyond 64 bits an object with their digits, which is no text.
/// Texts stay as they are.
std::string with_plain_numbers(std::string_view line) {
  std::string plain;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == '"') {
      std::size_t end = at + 1;
      while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, line.size());
      plain += line.substr(at, end - at);
      at = end;
      continue;
    }
    const std::size_t end = end_of_word(line, at);
    const std::string_view word = line.substr(at, end - at);
    if (word == "NaN" || word == "Infinity" || word == "-Infinity")
      plain += "null";
    else if (is_too_large(word))
      plain.append("{\"\\u0001\":\"").append(word).append("\"}");
    else
      plain += word;
    at = end;
    if (at < line.size() && line[at] != '"') plain += line[at++];
  }
  return plain;
}

/// Parses a line, and again with what no JSON has made plain if that fails.
/// @return of the first try
simdjson::error_code parse_line(dom::parser& parser, std::string_view line, bool is_padded,
                                dom::element& document) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(line.data());
  const auto failure = parser.parse(bytes, line.size(), !is_padded).get(document);
  if (failure == simdjson::SUCCESS ||
      parser.parse(with_plain_numbers(line)).get(document) == simdjson::SUCCESS)
    return simdjson::SUCCESS;
  return failure;
}

/// The usual key of a text that a document has; empty if it has none.
std::string usual_key(const dom::element& document) {
  for (const char* key : usual_keys)
    if (at_path(document, key)) return key;
  return {};
}

/// Where lines come from.
enum class Origin { file, packed_file, program };

/// The lines of a file, or of a stretch of it, or of a program.
struct LineSource {
  std::string name{};  ///< in messages
  std::unique_ptr<ByteStream> stream{};
  Origin origin = Origin::file;
  std::uint64_t first_byte = 0;  ///< of a file, where the stream begins
};

class JsonLinesReader final : public DocumentReader {
 public:
  /// @param key that holds the text; empty: the usual one of the first document
  JsonLinesReader(LineSource source, ReadOptions options, std::vector<Where> takers,
                  std::string key)
      : source_(std::move(source.name)),
        origin_(source.origin),
        options_(std::move(options)),
        takers_(std::move(takers)),
        first_byte_(source.first_byte),
        key_(std::move(key)),
        lines_(std::move(source.stream), static_cast<std::size_t>(options_.max_document)) {}

  std::optional<FoundDocument> next() override {
    while (auto line = next_line()) {
      if (is_first(*line)) line->text = without_mark(line->text);
      if (auto document = read(*line)) return document;
    }
    if (!is_program() && !is_torn_ && lines_.is_empty() && !std::exchange(was_empty_, true))
      on_damage(options_, complaint_on_empty(source_));
    return std::nullopt;
  }
  std::uint64_t bytes_read() const override { return lines_.source_bytes(); }

 private:
  bool is_program() const { return origin_ == Origin::program; }
  bool is_first(const LineReader::Line& line) const { return first_byte_ + line.offset == 0; }

  /// @return nothing at the end, and where the source is torn but used as far as it goes
  std::optional<LineReader::Line> next_line() {
    try {
      if (!is_torn_) return lines_.next();
    } catch (const TornError& torn) {
      is_torn_ = true;
      on_torn(options_, torn);
    }
    return std::nullopt;
  }

  /// @return nothing if the line is passed over
  std::optional<FoundDocument> read(const LineReader::Line& line) {
    if (line.is_too_long)
      return damaged(
          line, fmt::format("a document of more than {} bytes", options_.max_document), "",
          "Raise `corpus.max_document`, or say `corpus: {on_error: skip}` to leave it out");
    dom::element document;
    if (const auto failure = parse_line(parser_, line.text, true, document);
        failure != simdjson::SUCCESS) {
      if (is_first(line)) refuse_other_kinds(line.text);
      return damaged(
          line, fmt::format("no JSON: {}", simdjson::error_message(failure)),
          failure == simdjson::STRING_ERROR
              ? "an escape in it is no character; half of a pair (\\ud800 to \\udfff) is none"
              : "",
          "Mend it, or say `corpus: {on_error: skip}` to leave such lines out");
    }
    if (key_.empty()) key_ = usual_key(document);
    dom::object object;
    if (document.get(object) != simdjson::SUCCESS)
      return damaged(line, "JSON that is no object", "JSON Lines have an object in each line",
                     line.text.starts_with('[')
                         ? "Make lines of a list with `jq -c .[]`"
                         : "Say `corpus: {on_error: skip}` to leave such lines out");
    taken_by_.clear();
    for (std::size_t taker = 0; taker < takers_.size(); ++taker)
      if (std::all_of(takers_[taker].begin(), takers_[taker].end(),
                      [&](const FieldFilter& filter) { return meets(document, filter); }))
        taken_by_.push_back(taker);
    if (!taken_by_.empty()) return document_of(line, document, object);
    count_unwanted();
    return std::nullopt;
  }

  std::optional<FoundDocument> document_of(const LineReader::Line& line,
                                           const dom::element& document,
                                           const dom::object& object) {
    const std::string_view key = key_.empty() ? std::string_view(usual_keys.front()) : key_;
    const auto element = at_path(document, key);
    if (!element)
      return damaged(line, fmt::format("a document without '{}'", core::shown_text(key)),
                     keys_of(object),
                     options_.text_key.empty()
                         ? "Say which key holds the text with `text: KEY`, or `corpus: {on_error: "
                           "skip}` to leave such lines out"
                         : "Correct `text:` in the domain, or say `corpus: {on_error: skip}` to "
                           "leave such lines out");
    if (const std::string_view twice = key_twice(document, key); !twice.empty())
      return damaged(line, fmt::format("'{}' stands twice", core::shown_text(twice)),
                     "which of them is meant nobody knows",
                     "Mend it, or say `corpus: {on_error: skip}` to leave such lines out");
    std::string_view text;
    if (element->get(text) != simdjson::SUCCESS)
      return damaged(
          line, fmt::format("'{}' is no string", core::shown_text(key)), "",
          "Say which key holds the text with `text: KEY`, or `corpus: {on_error: skip}`");
    if (text.empty())
      return damaged(line, "an empty document", "",
                     "Say `corpus: {on_error: skip}` to leave such lines out");
    return FoundDocument{{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                         taken_by_};
  }

  /// What begins like a file of another kind is not passed over line by line.
  void refuse_other_kinds(std::string_view line) const {
    const auto kind = core::kind_if_no_text(line);
    if (!kind) return;
    const bool is_packed = kind->form == core::FileKind::Form::compressed;
    const char* const by_program = is_packed ? "Let the program unpack it"
                                             : "Let the program print the documents as JSON Lines";
    throw core::DataError(
        {.place = source_,
         .problem = fmt::format("{} {}", is_program() ? "what it prints is" : "is", kind->name),
         .rule = "JSON Lines are UTF-8 text with an object in each line",
         .remedy =
             is_program() ? by_program : core::remedy_for(*kind, source_, core::Wanted::text)});
  }

  /// In a packed file that is damaged lines are wrong of which nobody wrote one: then that is what
  /// there is to say. @throws DataError if the rest of the file, or much of it, shows that
  void refuse_damaged_file() {
    constexpr std::uint64_t most = std::uint64_t{1} << 30;
    try {
      lines_.reads_to_its_end(most);
    } catch (const TornError&) {
      // What comes before the end is as it was written.
    }
  }

  std::optional<FoundDocument> damaged(const LineReader::Line& line, const std::string& problem,
                                       const std::string& rule, const std::string& remedy) {
    if (origin_ == Origin::packed_file && options_.on_error == OnError::stop) refuse_damaged_file();
    on_damage(
        options_,
        {.place = first_byte_ == 0 ? fmt::format("{}:{}", source_, line.number) : source_,
         .problem = fmt::format("{} (the line at byte {})", problem, first_byte_ + line.offset),
         .rule = rule,
         .remedy = remedy});
    return std::nullopt;
  }

  std::string source_;
  Origin origin_;
  ReadOptions options_;
  std::vector<Where> takers_;
  std::vector<std::size_t> taken_by_{};  ///< the document that was read last
  std::uint64_t first_byte_;
  std::string key_;
  LineReader lines_;
  bool is_torn_ = false, was_empty_ = false;
  simdjson::dom::parser parser_{};
};

/// True if what it begins with are whole lines that are objects, blank ones apart, one of which has
/// a text under a usual key: the first may be without.
bool begins_with_text(std::string_view beginning) {
  beginning = without_mark(beginning);
  dom::parser parser;
  dom::element document;
  while (!beginning.empty()) {
    const std::string_view line = beginning.substr(0, beginning.find('\n'));
    beginning.remove_prefix(std::min(line.size() + 1, beginning.size()));
    if (core::trimmed(line).empty()) continue;
    if (!core::trimmed(line).starts_with('{') ||
        parse_line(parser, line, false, document) != simdjson::SUCCESS)
      return false;
    if (std::any_of(usual_keys.begin(), usual_keys.end(), [&](const char* key) {
          const auto element = at_path(document, key);
          return element && element->is_string();
        }))
      return true;
  }
  return false;
}

/// The usual key of the first document of a file that has one, for who reads it from the middle.
std::string usual_key_in(const std::filesystem::path& path, std::int64_t max_document) {
  LineReader lines(open_bytes(path), static_cast<std::size_t>(max_document));
  dom::parser parser;
  dom::element document;
  while (const auto line = lines.next())
    if (!line->is_too_long &&
        parse_line(parser, line->offset == 0 ? without_mark(line->text) : line->text, true,
                   document) == simdjson::SUCCESS)
      if (std::string key = usual_key(document); !key.empty()) return key;
  return {};
}

/// `a.jsonl`, `a.ndjson.gz`, ...
bool is_named_json_lines(std::filesystem::path path) {
  const auto suffix = [&] { return core::lower_case(path.extension().string()); };
  while (suffix() == ".gz" || suffix() == ".zst" || suffix() == ".zstd") path.replace_extension();
  return suffix() == ".jsonl" || suffix() == ".ndjson";
}

class JsonLines final : public DocumentFormat {
 public:
  std::string_view name() const override { return "json_lines"; }
  bool has_fields() const override { return true; }
  bool is_by_line() const override { return true; }
  bool recognises(const Beginning& file, const ReadOptions& options) const override {
    return !options.text_key.empty() || is_named_json_lines(file.path) ||
           begins_with_text(file.bytes);
  }
  std::unique_ptr<DocumentReader> open(const DocumentFile& file, const ReadOptions& options,
                                       std::vector<Where> takers) const override {
    // Every stretch of a file takes the same key.
    std::string key = options.text_key;
    if (key.empty() && file.range.from > 0) key = usual_key_in(file.path, options.max_document);
    LineSource source{
        .name = file.path.string(),
        .stream = open_bytes(file.path, file.range),
        .origin = packing_of(file.path) == Packing::none ? Origin::file : Origin::packed_file,
        .first_byte = file.range.from};
    return std::make_unique<JsonLinesReader>(std::move(source), options, std::move(takers),
                                             std::move(key));
  }
};

}  // namespace

std::unique_ptr<DocumentReader> read_json_lines(std::string program,
                                                std::unique_ptr<ByteStream> stream,
                                                const ReadOptions& options,
                                                std::vector<Where> takers) {
  return std::make_unique<JsonLinesReader>(
      LineSource{std::move(program), std::move(stream), Origin::program}, options,
      std::move(takers), options.text_key);
}

const DocumentFormat& documents_json_lines() {
  static const JsonLines format;
  return format;
}

}  // namespace bimix::corpus
