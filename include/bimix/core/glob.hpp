#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bimix::core {

/// A file that a pattern matched.
struct Match {
  std::filesystem::path path{};  ///< where it is
  /// The same without the pattern's leading folders that hold no wildcard: what a corpus is known
  /// by, wherever it was unpacked. `corpora/prose/*.txt` gives "a.txt".
  std::string name{};
  bool operator==(const Match&) const = default;
};

/// The regular files that `pattern` matches, sorted by name. `*`, `?` and `[...]` stay within one
/// folder, `**` as a whole component stands for any number of folders; hidden files must be named
/// with their dot, and `**` does not follow links to folders. A pattern without wildcards is a
/// path, and so is one that a file has for its name.
/// @param base  what a relative pattern is relative to; empty: the working directory
/// @return nothing if nothing matches
/// @throws DataError naming the pattern if a folder cannot be read
std::vector<Match> find_files(const std::string& pattern, const std::filesystem::path& base);

/// The same, for files that all have to be there.
/// @throws DataError besides if nothing matches, and for a link to nothing
std::vector<Match> files_matching(const std::string& pattern, const std::filesystem::path& base);

}  // namespace bimix::core
