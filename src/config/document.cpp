#include "document.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file_kind.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <vector>

namespace bimix::config {
namespace {

constexpr const char* start_from = "See `bimix init` for a campaign to start from";

struct Place {
  std::size_t line = 1, column = 1;
};

[[noreturn]] void refuse(const std::string& file, Place place, core::Complaint complaint) {
  complaint.place = fmt::format("{}:{}:{}", file, place.line, place.column);
  throw core::UsageError(std::move(complaint));
}

Place place_at(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          at - line_start + 1};
}

void check_encoding(std::string_view text, const std::string& file) {
  if (const auto kind = core::kind_if_no_text(text))
    refuse(file, {},
           {.problem = fmt::format("is {}", kind->name),
            .rule = "a campaign is UTF-8 text",
            .remedy = core::remedy_for(*kind, file, core::Wanted::text)});
  if (const auto bad = core::first_not_utf8(text))
    refuse(file, place_at(text, *bad),
           {.problem =
                fmt::format("byte 0x{:02x} is no UTF-8", static_cast<unsigned char>(text[*bad])),
            .rule = "a campaign is UTF-8 text",
            .remedy = core::remedy_for(core::latin1_text, file, core::Wanted::text)});
}

/// A tab that YAML cannot have meant, in a line up to `line`: in front of a line's first word, or
/// else anywhere in the last line.
std::optional<Place> tab_before(std::string_view text, std::size_t line) {
  std::size_t number = 0;
  std::optional<Place> in_last_line;
  for (std::size_t at = 0; at < text.size() && number <= line;) {
    ++number;
    const std::string_view row = text.substr(at, text.find('\n', at) - at);
    const std::size_t tab = row.find('\t'), word = row.find_first_not_of(" \t");
    if (tab < word && word != std::string_view::npos) return Place{number, tab + 1};
    if (number == line && tab != std::string_view::npos) in_last_line = Place{number, tab + 1};
    at += row.size() + 1;
  }
  return in_last_line;
}

/// Hears a text being parsed, and throws where the parser stands still. yaml-cpp makes empty
/// documents for ever of what cannot begin one (a lone `,`), until the memory is full.
class StandsStill : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == last_) throw YAML::ParserException(mark, "nothing can begin like this");
    last_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int last_ = -1;
};

void check_that_it_ends(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  StandsStill handler;
  while (parser.HandleNextDocument(handler)) {
  }
}

std::vector<YAML::Node> documents_of(std::string_view text, const std::string& file) {
  std::vector<YAML::Node> documents;
  try {
    check_that_it_ends(std::string(text));
    documents = YAML::LoadAll(std::string(text));
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::size_t>(std::max(error.mark.line, 0) + 1);
    if (const auto tab = tab_before(text, line))
      refuse(file, *tab,
             {.problem = "a tab stands where YAML wants blanks",
              .rule = "lines are indented with blanks, since a tab has no width",
              .remedy =
                  fmt::format("Replace them: `sed -i 's/\\t/  /g' {}`", core::shell_word(file))});
    refuse(file, {line, static_cast<std::size_t>(std::max(error.mark.column, 0) + 1)},
           {.problem = "is not YAML: " + error.msg, .remedy = start_from});
  }
  std::erase_if(documents, [](const YAML::Node& node) { return node.IsNull(); });
  return documents;
}

}  // namespace

YAML::Node load_document(std::string_view text, const std::string& file) {
  check_encoding(text, file);
  const std::vector<YAML::Node> documents = documents_of(text, file);
  if (documents.size() > 1) {
    const YAML::Mark mark = documents[1].Mark();
    refuse(file,
           {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1},
           {.problem = "a second document begins",
            .rule = "a campaign is one; what stands behind `---` would be ignored",
            .remedy = "Take it out, or put it into a file of its own"});
  }
  if (documents.empty() || !documents.front().IsMap())
    throw core::UsageError(
        core::Complaint{.place = file,
                        .problem = documents.empty() ? "is empty" : "is no campaign",
                        .rule = "a campaign is a mapping of keys",
                        .remedy = start_from});
  return documents.front();
}

}  // namespace bimix::config
