#include "paths.hpp"

#include <bimix/core/glob.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace bimix::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* start_there = "relative paths start at the campaign's folder";

bool is_relative(const std::string& pattern) {
  return !pattern.empty() && fs::path(pattern).is_relative();
}

bool finds_something(const fs::path& base, const std::string& pattern) {
  try {
    return !core::find_files(pattern, base).empty();
  } catch (const core::DataError&) {
    return false;
  }
}

void look_for(const Campaign& campaign, const std::string& key,
              const std::vector<std::string>& patterns, Findings& findings) {
  for (const std::string& pattern : patterns) {
    if (finds_something(campaign.base, pattern)) continue;
    findings.miss(
        key,
        {.problem = fmt::format("{}: matches no file", core::shown_text(pattern)),
         .rule =
             is_relative(pattern) ? fmt::format("{}, {}", start_there, campaign.base.string()) : "",
         .remedy = from_working_directory(
             campaign.base, pattern, "Check the path; `**` stands for any number of folders")});
  }
}

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

bool can_be_run(const std::string& program) {
  if (program.find('/') != std::string::npos) return is_program(program);
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (is_program(fs::path(folder.empty() ? "." : folder) / program)) return true;
  return false;
}

}  // namespace

fs::path base_of(const std::string& file, const std::string& given) {
  const fs::path folder = fs::current_path() / fs::path(file).parent_path();
  const fs::path base = given.empty() ? folder : folder / given;
  fs::path tidy = base.lexically_normal();
  if (!tidy.has_filename()) tidy = tidy.parent_path();
  // Behind a link, `..` is not what the text makes of it.
  std::error_code failure;
  return fs::equivalent(base, tidy, failure) || failure ? tidy : base;
}

bool names_relative_paths(const Campaign& campaign) {
  const auto any_relative = [](const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), is_relative);
  };
  return any_relative(campaign.replay.files) || is_relative(campaign.replay.mixtures) ||
         is_relative(campaign.corpus.tokenizer.sentencepiece) ||
         is_relative(campaign.corpus.store) || any_relative(campaign.design.reuse) ||
         std::any_of(campaign.corpus.domains.begin(), campaign.corpus.domains.end(),
                     [&](const corpus::DomainFiles& files) {
                       return any_relative(files.train_patterns) ||
                              any_relative(files.eval_patterns) || !files.command.empty();
                     });
}

std::string from_working_directory(const fs::path& base, const std::string& pattern,
                                   const std::string& otherwise) {
  std::error_code failure;
  const fs::path here = fs::current_path();
  if (!is_relative(pattern) || fs::equivalent(here, base, failure) ||
      !finds_something(here, pattern))
    return otherwise;
  const fs::path from_base = fs::relative(here, base, failure);
  const fs::path works = (failure || from_base.empty() ? here : from_base) / pattern;
  return fmt::format("The working directory has it: write `{}`", works.string());
}

void read_named_table(const NamedTable& table, Findings& findings,
                      const std::function<void(const fs::path&)>& read) {
  const fs::path path = table.base / table.file;
  std::error_code ignored;
  const bool is_there = fs::exists(path, ignored);
  if (table.look <= Look::nowhere && !is_there) return;
  try {
    read(path);
  } catch (const core::Error& error) {
    core::Complaint complaint = error.complaint();
    complaint.problem = complaint.place + ": " + complaint.problem;
    if (!is_there)
      complaint.remedy =
          from_working_directory(table.base, table.file.string(), "Check its name and permissions");
    findings.complain(table.key, std::move(complaint));
  }
}

void look_for_data(const Campaign& campaign, Findings& findings) {
  for (const corpus::DomainFiles& files : campaign.corpus.domains) {
    look_for(campaign, "domains." + files.name + ".train", files.train_patterns, findings);
    look_for(campaign, "domains." + files.name + ".eval", files.eval_patterns, findings);
  }
  std::vector<std::string> logs = campaign.replay.files;
  std::erase_if(logs, [&](const std::string& log) {
    std::error_code ignored;
    return std::filesystem::exists(campaign.base / log, ignored);  // a folder too
  });
  look_for(campaign, "source.replay.files", logs, findings);
  if (!campaign.replay.mixtures.empty())
    look_for(campaign, "source.replay.mixtures", {campaign.replay.mixtures}, findings);
}

void look_for_program(const Campaign& campaign, Findings& findings) {
  if (campaign.source != SourceKind::command || campaign.command.run.empty()) return;
  const std::string& program = campaign.command.run.front();
  if (program.find('{') != std::string::npos || can_be_run(program)) return;
  const bool is_path = program.find('/') != std::string::npos;
  findings.miss(
      "source.command.run",
      {.problem = fmt::format("'{}' is no program that can be run", core::shown_text(program)),
       .rule = is_path ? "arguments of run: start at the working directory, " +
                             fs::current_path().string()
                       : "it is looked for in PATH",
       .remedy = is_path ? "Correct it, or give it permission to be run with chmod +x"
                         : "Install it, or write its whole path"});
}

}  // namespace bimix::config
