#pragma once

#include "reader.hpp"

#include <bimix/config/campaign.hpp>

#include <filesystem>
#include <functional>
#include <string>

/// The paths that a campaign names: where relative ones start, and whether there is anything.
namespace bimix::config {

/// The folder of `file`, or `given` from there. Absolute.
std::filesystem::path base_of(const std::string& file, const std::string& given);

/// Whether texts, logs or the table of mixtures are named by a path that is not absolute.
bool names_relative_paths(const Campaign& campaign);

/// The remedy for a path that finds nothing: the one that would, where the working directory has
/// what `base` lacks; else `otherwise`.
std::string from_working_directory(const std::filesystem::path& base, const std::string& pattern,
                                   const std::string& otherwise);

/// A table that a campaign names and that is read with it.
struct NamedTable {
  std::filesystem::path file{};  ///< as it is written
  std::string key{};             ///< that names it
  std::filesystem::path base{};  ///< where relative paths start
  Look look = Look::mixtures;
};

/// Hands the table's path to `read`, unless the look leaves out what is not there. What `read`
/// throws as a core::Error is a finding at the key.
void read_named_table(const NamedTable& table, Findings& findings,
                      const std::function<void(const std::filesystem::path&)>& read);

/// Finds every pattern of texts and logs that matches no file.
void look_for_data(const Campaign& campaign, Findings& findings);

/// Finds a program of `source.command.run` that cannot be run.
void look_for_program(const Campaign& campaign, Findings& findings);

}  // namespace bimix::config
