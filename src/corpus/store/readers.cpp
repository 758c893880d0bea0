#include "readers.hpp"

#include "../documents/json_lines.hpp"
#include "../token_documents.hpp"

#include <fmt/format.h>

namespace bimix::corpus {
namespace {

std::vector<OpenReader> token_readers(const Unit& unit, const CorpusOptions& options) {
  const TokenReading reading{.format = options.tokens,
                             .content = unit.binary ? Content::as_it_is : Content::checked,
                             .end_of_document = options.end_of_document};
  std::vector<OpenReader> readers;
  for (const SourcePart& part : unit.files)
    readers.push_back(
        [=, &unit, &part] { return read_token_file(part.path, reading, unit.takers.size()); });
  return readers;
}

std::vector<OpenReader> text_readers(const Unit& unit, const CorpusOptions& options) {
  const ReadOptions read{.text_key = unit.text_key,
                         .max_document = options.max_document,
                         .on_error = options.on_error,
                         .wants_utf8 = options.tokenizer.is_given()};
  std::vector<Where> takers;
  for (const Taker& taker : unit.takers) takers.push_back(taker.where);
  std::vector<OpenReader> readers;
  if (!unit.command.empty())
    readers.push_back([=, &unit, &options] {
      return read_json_lines(
          fmt::format("read: {}", unit.command.front()),
          open_command({.words = unit.command, .folder = options.base, .silence = options.silence}),
          read, takers);
    });
  for (const SourcePart& part : unit.files)
    readers.push_back([=, &unit, &part] {
      const DocumentFormat* format = document_formats().back();
      if (!unit.binary) format = &format_of(beginning_of(part.path, read.max_document), read);
      if (unit.has_conditions() && !format->has_fields())
        throw core::DataError({.place = part.path,
                               .problem = "has no fields for `where` or `by` to look at",
                               .rule = "it is no JSON Lines",
                               .remedy = "Leave them out, or say which key holds the text with "
                                         "`text: KEY` if these are JSON Lines"});
      return format->open({part.path, part.range, unit.binary}, read, takers);
    });
  return readers;
}

}  // namespace

std::vector<OpenReader> readers_of(const Unit& unit, const CorpusOptions& options) {
  return options.tokens.width > 1 ? token_readers(unit, options) : text_readers(unit, options);
}

}  // namespace bimix::corpus
