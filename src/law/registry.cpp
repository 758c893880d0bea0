#include <bimix/core/text.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace bimix::law {

#define BIMIX_LAW(name) std::unique_ptr<const Law> make_law_##name();
#include "forms/laws.def"
#undef BIMIX_LAW

namespace {

struct Entry {
  Entry(std::string line, std::unique_ptr<const Law> law)
      : name(std::move(line)),
        plain(std::move(law)),
        with_model_size(plain->seeing({.model_size = true})),
        with_repetition(plain->seeing({.repetition = true})),
        with_both(plain->seeing({.model_size = true, .repetition = true})) {}

  const Law& seeing(Sight wanted) const {
    if (wanted.model_size && wanted.repetition && with_both) return *with_both;
    if (wanted.model_size && with_model_size) return *with_model_size;
    if (wanted.repetition && with_repetition) return *with_repetition;
    return *plain;
  }

  std::string name;  // as in laws.def; the contract test holds the law's own to it
  std::unique_ptr<const Law> plain;
  std::unique_ptr<const Law> with_model_size, with_repetition, with_both;  // may be null
};

const std::vector<Entry>& laws() {
  static const auto all = [] {
    std::vector<Entry> list;
#define BIMIX_LAW(name) list.emplace_back(#name, make_law_##name());
#include "forms/laws.def"
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
  for (const Entry& law : laws()) names.push_back(law.name);
  return names;
}

const Law& find_law(std::string_view name, Sight wanted) {
  const auto found = std::find_if(laws().begin(), laws().end(),
                                  [name](const Entry& law) { return law.name == name; });
  if (found != laws().end()) return found->seeing(wanted);
  const auto near = core::nearest_name(name, law_names());
  throw core::UsageError(core::Complaint{
      .place = "fit.law",
      .problem = fmt::format("'{}' is no law of this version", name),
      .rule = fmt::format("there are: {}", core::join_words(law_names())),
      .remedy = near ? fmt::format("Did you mean '{}'?", *near) : "Choose one of them"});
}

const Law& law_of(const data::LawFit& fit) {
  return find_law(fit.law, {.model_size = fit.size_low < fit.size_high,
                            .repetition = !fit.unique_tokens.empty()});
}

}  // namespace bimix::law
