#include <bimix/core/error.hpp>
#include <bimix/core/glob.hpp>

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

namespace bimix::core {
namespace {

namespace fs = std::filesystem;

bool has_wildcard(const std::string& component) {
  return component.find_first_of("*?[") != std::string::npos;
}

/// What the file system calls a folder that the pattern leaves out.
fs::path place_of(const fs::path& folder) { return folder.empty() ? fs::path(".") : folder; }

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(place_of(folder)))
    entries.push_back(folder / entry.path().filename());
  return entries;
}

/// What is done about links to nothing.
enum class DeadLinks { passed_over, refused };

/// @throws DataError for a link to nothing, if these are refused
bool is_file(const fs::path& entry, DeadLinks dead) {
  const fs::file_status status = fs::status(entry);
  if (dead == DeadLinks::refused && status.type() == fs::file_type::not_found &&
      fs::is_symlink(fs::symlink_status(entry)))
    throw DataError({.place = entry.string(),
                     .problem = fmt::format("is a link to {}, which is not there",
                                            fs::read_symlink(entry).string()),
                     .remedy = "Get what it points to (`git annex get` where git-annex keeps the "
                               "files), or remove the link"});
  return fs::is_regular_file(status);
}

using Components = std::vector<std::string>;

/// Adds to `found` the files below `folder` that components [at, end) match.
void collect(const fs::path& folder, const Components& components, std::size_t at, DeadLinks dead,
             std::vector<fs::path>& found) {
  const bool last = at + 1 == components.size();
  if (components[at] == "**") {
    // No folder at all, or one folder less to go through.
    if (!last) collect(folder, components, at + 1, dead, found);
    for (const fs::path& entry : entries_of(folder)) {
      if (entry.filename().string().front() == '.') continue;
      const fs::file_status status = fs::symlink_status(entry);
      if (fs::is_directory(status)) collect(entry, components, at, dead, found);
      if (last && is_file(entry, dead)) found.push_back(entry);
    }
    return;
  }
  if (!has_wildcard(components[at])) {
    const fs::path entry = folder / components[at];
    if (last && is_file(entry, dead)) found.push_back(entry);
    if (!last && fs::is_directory(entry)) collect(entry, components, at + 1, dead, found);
    return;
  }
  for (const fs::path& entry : entries_of(folder)) {
    if (fnmatch(components[at].c_str(), entry.filename().c_str(), FNM_PERIOD) != 0) continue;
    if (last && is_file(entry, dead)) found.push_back(entry);
    if (!last && fs::is_directory(entry)) collect(entry, components, at + 1, dead, found);
  }
}

/// A pattern, taken apart.
struct Search {
  fs::path plain{};         ///< the pattern as a name
  fs::path root{};          ///< the folders before the first wildcard, which are no part of a name
  Components components{};  ///< the rest
};

Search search_for(const std::string& pattern, const fs::path& base) {
  const bool is_absolute = fs::path(pattern).is_absolute();
  Search search{.root = is_absolute ? fs::path("/") : base};
  search.plain = search.root / fs::path(pattern).relative_path();
  for (const fs::path& component : fs::path(pattern).relative_path())
    search.components.push_back(component.string());
  while (search.components.size() > 1 && !has_wildcard(search.components.front())) {
    search.root /= search.components.front();
    search.components.erase(search.components.begin());
  }
  return search;
}

std::vector<Match> matches_of(const std::string& pattern, const fs::path& base, DeadLinks dead) {
  const Search search = search_for(pattern, base);
  std::error_code ignored;
  if (fs::is_regular_file(search.plain, ignored))  // also with a [ in its name
    return {{search.plain, search.plain.filename().string()}};
  std::vector<fs::path> found;
  try {
    if (!search.components.empty() && fs::is_directory(place_of(search.root)))
      collect(search.root, search.components, 0, dead, found);
  } catch (const fs::filesystem_error& error) {
    throw DataError({.place = pattern,
                     .problem = fmt::format("{} cannot be looked into: {}", error.path1().string(),
                                            error.code().message()),
                     .rule = "",
                     .remedy = "Allow reading it, or write a narrower pattern"});
  }
  std::vector<Match> matches;
  for (const fs::path& path : found)
    matches.push_back({path, path.lexically_relative(search.root).generic_string()});
  std::sort(matches.begin(), matches.end(),
            [](const Match& a, const Match& b) { return a.name < b.name; });
  // Two ** can reach one file on two ways.
  matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
  return matches;
}

}  // namespace

std::vector<Match> find_files(const std::string& pattern, const fs::path& base) {
  return matches_of(pattern, base, DeadLinks::passed_over);
}

std::vector<Match> files_matching(const std::string& pattern, const fs::path& base) {
  std::vector<Match> matches = matches_of(pattern, base, DeadLinks::refused);
  if (!matches.empty()) return matches;
  const Search search = search_for(pattern, base);
  std::error_code ignored;
  throw DataError({.place = pattern,
                   .problem = "matches no file",
                   .rule = fmt::format("looked in {}", place_of(search.root).string()),
                   .remedy = fs::is_directory(search.plain, ignored)
                                 ? "It is a folder: write `/**` behind it for all files in it"
                                 : "Check the path; `**` stands for any number of folders"});
}

}  // namespace bimix::core
