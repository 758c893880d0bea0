#include <bimix/core/error.hpp>
#include <bimix/corpus/glob.hpp>

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

namespace bimix {
namespace {

namespace fs = std::filesystem;

bool has_wildcard(const std::string& component) {
  return component.find_first_of("*?[") != std::string::npos;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  return {fs::directory_iterator(folder), fs::directory_iterator()};
}

using Components = std::vector<std::string>;

/// Adds to `found` the files below `folder` that components [at, end) match.
void collect(const fs::path& folder, const Components& components, std::size_t at,
             std::vector<fs::path>& found) {
  const bool last = at + 1 == components.size();
  if (components[at] == "**") {
    // No folder at all, or one folder less to go through.
    if (!last) collect(folder, components, at + 1, found);
    for (const fs::path& entry : entries_of(folder)) {
      if (entry.filename().string().front() == '.') continue;
      const fs::file_status status = fs::symlink_status(entry);
      if (fs::is_directory(status)) collect(entry, components, at, found);
      if (last && fs::is_regular_file(fs::status(entry))) found.push_back(entry);
    }
    return;
  }
  if (!has_wildcard(components[at])) {
    const fs::path entry = folder / components[at];
    if (last && fs::is_regular_file(entry)) found.push_back(entry);
    if (!last && fs::is_directory(entry)) collect(entry, components, at + 1, found);
    return;
  }
  for (const fs::path& entry : entries_of(folder)) {
    if (fnmatch(components[at].c_str(), entry.filename().c_str(), FNM_PERIOD) != 0) continue;
    if (last && fs::is_regular_file(entry)) found.push_back(entry);
    if (!last && fs::is_directory(entry)) collect(entry, components, at + 1, found);
  }
}

}  // namespace

std::vector<Match> files_matching(const std::string& pattern, const fs::path& base) {
  fs::path root = fs::path(pattern).is_absolute() ? fs::path("/") : base;
  if (root.empty()) root = ".";
  std::error_code ignored;
  const fs::path plain = root / fs::path(pattern).relative_path();
  if (fs::is_regular_file(plain, ignored)) return {{plain, plain.filename().string()}};  // a [ too
  Components components;
  for (const fs::path& component : fs::path(pattern).relative_path())
    components.push_back(component.string());
  // The folders without wildcards come first; they are no part of a file's name.
  while (components.size() > 1 && !has_wildcard(components.front())) {
    root /= components.front();
    components.erase(components.begin());
  }
  std::vector<fs::path> found;
  try {
    if (!components.empty() && fs::is_directory(root)) collect(root, components, 0, found);
  } catch (const fs::filesystem_error& error) {
    throw DataError({.place = pattern,
                     .problem = fmt::format("{} cannot be looked into: {}", error.path1().string(),
                                            error.code().message()),
                     .rule = "",
                     .remedy = "Allow reading it, or write a narrower pattern"});
  }
  std::vector<Match> matches;
  for (const fs::path& path : found)
    matches.push_back({path, path.lexically_relative(root).generic_string()});
  std::sort(matches.begin(), matches.end(),
            [](const Match& a, const Match& b) { return a.name < b.name; });
  // Two ** can reach one file on two ways.
  matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
  if (matches.empty())
    throw DataError({.place = pattern,
                     .problem = "matches no file",
                     .rule = fmt::format("looked in {}", root.string()),
                     .remedy = fs::is_directory(plain, ignored)
                                   ? "It is a folder: write `/**` behind it for all files in it"
                                   : "Check the path; `**` stands for any number of folders"});
  return matches;
}

}  // namespace bimix
