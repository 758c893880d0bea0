#include "separators.hpp"

#include "csv.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::replay {
namespace {

constexpr char blank = ' ';

/// The words of the first line that is not blank.
std::vector<std::string> first_words(std::string_view bytes) {
  std::string_view line = from_first_word(bytes);
  line = line.substr(0, line.find('\n'));
  std::vector<std::string> words;
  for (line = core::trimmed(line); !line.empty();) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.emplace_back(line.substr(0, end));
    line = core::trimmed(line.substr(end));
  }
  return words;
}

std::string filter_of(char separator, bool has_commas) {
  if (separator == blank)
    // numpy.savetxt writes `# ` before names.
    return fmt::format("awk '{{sub(/^# */, \"\"); {}$1 = $1}} 1' OFS=,",
                       has_commas ? "gsub(/,/, \".\"); " : "");
  const std::string sign = separator == '\t' ? "\\t" : std::string(1, separator);
  return has_commas ? fmt::format("sed 's/,/./g; s/{}/,/g'", sign)
                    : fmt::format("tr '{}' ','", sign);
}

}  // namespace

std::optional<Separator> other_separator(
    std::string_view bytes, std::string_view candidates,
    const std::function<bool(const std::vector<std::string>&)>& are_wanted) {
  for (const char separator : candidates) {
    const auto cells = separator == blank ? first_words(bytes) : header_of(bytes, separator);
    if (cells.size() < 2 || !are_wanted(cells)) continue;
    const bool has_commas = bytes.find(',') != std::string_view::npos;
    const std::string name = separator == '\t'    ? "tabs"
                             : separator == blank ? "blanks"
                                                  : fmt::format("'{}'", separator);
    return Separator{name, filter_of(separator, has_commas), has_commas};
  }
  return std::nullopt;
}

std::string remedy_for(const Separator& separator, const std::string& path,
                       const std::string& ending) {
  return fmt::format(
      "Convert it with `{} < {} > {}`{}", separator.filter, core::shell_word(path),
      core::shell_word(path + ending),
      separator.takes_decimal_commas ? ", which takes commas for decimal points" : "");
}

}  // namespace bimix::replay
