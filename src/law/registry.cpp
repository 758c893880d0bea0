#include <bimix/core/text.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace bimix {

#define BIMIX_LAW(name) std::unique_ptr<const Law> make_law_##name();
#include "laws.def"
#undef BIMIX_LAW

namespace {

const std::vector<std::unique_ptr<const Law>>& laws() {
  static const auto all = [] {
    std::vector<std::unique_ptr<const Law>> list;
#define BIMIX_LAW(name) list.push_back(make_law_##name());
#include "laws.def"
#undef BIMIX_LAW
    return list;
  }();
  return all;
}

}  // namespace

std::vector<bool> Law::pinned(const DomainData& data) const {
  return std::vector<bool>(parameters(data.mixtures.front().size()).size(), false);
}

std::vector<std::string> law_names() {
  std::vector<std::string> names;
  for (const auto& law : laws()) names.push_back(law->name());
  return names;
}

const Law& find_law(std::string_view name) {
  const auto found = std::find_if(laws().begin(), laws().end(),
                                  [name](const auto& law) { return law->name() == name; });
  if (found != laws().end()) return **found;
  const auto near = nearest_name(name, law_names());
  throw UsageError(
      Complaint{.place = "fit.law",
                .problem = fmt::format("'{}' is no law of this version", name),
                .rule = fmt::format("there are: {}", join_words(law_names())),
                .remedy = near ? fmt::format("Did you mean '{}'?", *near) : "Choose one of them"});
}

}  // namespace bimix
