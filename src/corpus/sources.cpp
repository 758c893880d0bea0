#include "sources.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <set>

namespace bimix::corpus {

std::vector<Found> find_sources(const std::vector<std::string>& patterns,
                                const std::filesystem::path& base) {
  std::vector<Found> found;
  std::set<std::string> known;
  for (const std::string& pattern : patterns)
    for (core::Match& match : core::files_matching(pattern, base)) {
      std::string real_path = std::filesystem::canonical(match.path).string();
      if (known.insert(real_path).second) found.push_back({std::move(match), std::move(real_path)});
    }
  return found;
}

void check_options(const CorpusOptions& options) {
  if (options.domains.empty())
    throw core::UsageError({.place = "domains",
                            .problem = "no domain is given",
                            .rule = "a mixture needs something to mix",
                            .remedy = "Name at least one with its training files"});
  if (!(options.eval_fraction > 0 && options.eval_fraction <= 0.5))
    throw core::UsageError({.place = "eval_fraction",
                            .problem = fmt::format("{} is outside (0, 0.5]", options.eval_fraction),
                            .rule = "something must be left to train on",
                            .remedy = "Try 0.1"});
  core::require(options.tokens.vocabulary >= 2 &&
                    options.tokens.vocabulary <= most_vocabulary(options.tokens.width),
                "a vocabulary that goes with the tokens");
  std::set<std::string> names;
  for (const DomainFiles& domain : options.domains) {
    if (domain.train_patterns.empty() && domain.command.empty())
      throw core::UsageError({.place = "domains." + domain.name,
                              .problem = "no training files are given",
                              .rule = "",
                              .remedy = "Add `train: PATTERN`, or `read: [COMMAND, ...]`"});
    if (!names.insert(domain.name).second)
      throw core::UsageError({.place = "domains." + domain.name,
                              .problem = "the name is given twice",
                              .rule = "names tell domains apart",
                              .remedy = "Rename one"});
  }
}

void Usage::note(const Found& file, const std::string& domain, Part part) {
  const auto [known, is_new] = uses_.insert({file.real_path, {domain, part}});
  if (is_new || known->second.part == part) return;
  throw core::DataError(
      {.place = file.match.path.string(),
       .problem = fmt::format("is both trained and evaluated on (domains '{}' and '{}')",
                              known->second.domain, domain),
       .rule = "evaluation text must be unseen",
       .remedy = "Give each side its own files"});
}

}  // namespace bimix::corpus
