#pragma once

#include <bimix/corpus/packed_tokens.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace bimix::corpus {

/// Whether files are held to be what the campaign says, or taken as they are (`binary: true`).
enum class Content { checked, as_it_is };

/// @throws DataError for a file that its first bytes tell to be compressed, an archive, a table,
///         packed tokens, ... and not what tokens of this width stand in
void refuse_container(const std::string& file, std::span<const std::uint8_t> bytes, int width);

/// Looks at a sample of a document's tokens.
/// @throws DataError for a token that is not below the vocabulary; if `content` is checked, also
/// for
///         tokens that are parts of wider ones, and for bytes that are no text
void check_sample(const Stretch& document, int vocabulary, Content content);

/// For bytes that are JSON: what is trained on besides the texts, and how they are taken out.
std::optional<std::string> note_on_json_lines(const Stretch& document);

}  // namespace bimix::corpus
