#include "run_names.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

namespace bimix::replay {
namespace {

namespace fs = std::filesystem;

bool begins_with_number(const std::string& name, std::string_view head) {
  return name.size() > head.size() && name.starts_with(head) &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(head.size()), name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

/// Names that trainers give in every run.
bool says_nothing(const std::string& name) {
  static const std::set<std::string> known{
      "metrics",        "metrics.eval", "metrics.train", "history",       "log",     "logs",
      "train",          "training",     "eval",          "main",          "stdout",  "output",
      "lightning_logs", "csv_logs",     "tensorboard",   "trainer_state", "results", "tb"};
  return known.contains(name) || begins_with_number(name, "version_") ||
         begins_with_number(name, "checkpoint-");
}

/// Parts of a path from its end on.
std::vector<std::string> parts_of(const std::string& owner) {
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(owner)) parts.insert(parts.begin(), part.string());
  return parts;
}

template <class NameOf>
bool tells_apart(const std::vector<std::vector<std::string>>& owners, const NameOf& name_of) {
  std::set<std::string> names;
  return std::all_of(owners.begin(), owners.end(), [&](const std::vector<std::string>& parts) {
    const std::string name = name_of(parts);
    return !name.empty() && name != "/" && names.insert(name).second;
  });
}

}  // namespace

std::string run_owner(const std::string& path, RunsAre runs) {
  fs::path owner = fs::absolute(path).lexically_normal();
  if (const std::size_t at = owner.string().rfind(metrics_folder);
      runs == RunsAre::above_metrics && at != std::string::npos)
    return owner.string().substr(0, at);
  owner = runs == RunsAre::folders ? owner.parent_path() : owner.replace_extension();
  while (says_nothing(owner.filename().string()) && owner.has_parent_path() &&
         owner.parent_path() != owner.root_path())
    owner = owner.parent_path();
  return owner.string();
}

std::vector<std::string> run_names(const std::vector<std::string>& owners,
                                   const std::set<std::string>& known) {
  std::vector<std::vector<std::string>> parts;
  std::size_t depth = 0;
  for (const std::string& owner : std::set<std::string>(owners.begin(), owners.end())) {
    parts.push_back(parts_of(owner));
    depth = std::max(depth, parts.back().size());
  }
  const auto part = [](std::size_t i) {
    return [i](const std::vector<std::string>& all) { return i < all.size() ? all[i] : ""; };
  };
  const auto ending = [](std::size_t count) {
    return [count](const std::vector<std::string>& all) {
      std::string name;
      for (std::size_t i = std::min(count, all.size()); i-- > 0;)
        name += all[i] + (i > 0 ? "/" : "");
      return name;
    };
  };
  const auto named = [&](const auto& name_of) {
    std::vector<std::string> names;
    for (const std::string& owner : owners) names.push_back(name_of(parts_of(owner)));
    return names;
  };
  for (std::size_t i = 0; i < depth; ++i)
    if (tells_apart(parts, part(i)) &&
        std::all_of(parts.begin(), parts.end(),
                    [&](const auto& all) { return known.contains(part(i)(all)); }))
      return named(part(i));
  for (std::size_t i = 0; i < depth; ++i)
    if (tells_apart(parts, part(i))) return named(part(i));
  std::size_t count = 2;
  while (count < depth && !tells_apart(parts, ending(count))) ++count;
  return named(ending(count));
}

}  // namespace bimix::replay
