#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::replay {

/// What parts the cells of a table that is not parted by commas.
struct Separator {
  std::string name{};    ///< "tabs", "blanks", "';'"
  std::string filter{};  ///< a command that puts commas there, from its input to its output
  bool takes_decimal_commas = false;  ///< the filter takes commas for decimal points
};

/// @param candidates of which a blank stands for any number of blanks and tabs
/// @param are_wanted whether the cells of the first line, so parted, are those of the table
/// @return nothing if no other separator than the comma makes such cells
std::optional<Separator> other_separator(
    std::string_view bytes, std::string_view candidates,
    const std::function<bool(const std::vector<std::string>&)>& are_wanted);

/// The command that writes the file anew with commas. @param ending of the new file's name
std::string remedy_for(const Separator& separator, const std::string& path,
                       const std::string& ending);

}  // namespace bimix::replay
