#include <bimix/core/text.hpp>
#include <bimix/data/mean_words.hpp>
#include <bimix/data/set_names.hpp>
#include <bimix/mix/objective.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace bimix::mix {

#define BIMIX_OBJECTIVE(name) const Objective& objective_##name();
#include "objectives/objectives.def"
#undef BIMIX_OBJECTIVE

namespace {

struct Entry {
  std::string name{};  // of its line, as campaigns write it; the contract test holds name() to it
  const Objective* objective = nullptr;
};

Entry entry_of(std::string line, const Objective& objective) {
  std::replace(line.begin(), line.end(), '_', '-');
  return {std::move(line), &objective};
}

const std::vector<Entry>& objectives() {
  static const std::vector<Entry> all{
#define BIMIX_OBJECTIVE(name) entry_of(#name, objective_##name()),
#include "objectives/objectives.def"
#undef BIMIX_OBJECTIVE
  };
  return all;
}

/// The names of the sets that count; where they are many, how many they are.
std::string sets_in_words(const std::vector<bool>& counts, const data::DomainSet& domains) {
  constexpr std::size_t most_names = 8;
  std::vector<std::string> names;
  for (std::size_t e = 0; e < counts.size(); ++e)
    if (counts[e]) names.push_back(domains.eval[e]);
  if (names.size() > most_names) return fmt::format("{} sets", names.size());
  const bool is_average = names.size() == 1 && data::is_average_name(names.front());
  return core::join_words(names) + (is_average ? " (an average by its name)" : "");
}

}  // namespace

std::vector<core::Complaint> Objective::complaints(std::span<const double> given) const {
  if (given.empty()) return {};
  return {{"optimize.weights", fmt::format("weights are given for objective: {}", name()),
           "it treats all domains equally", "Use objective: weighted, or drop them"}};
}

std::vector<double> Objective::weights(std::span<const double>, std::size_t sets) const {
  return std::vector<double>(sets, 1.0);
}

double Objective::plane(std::span<const double> weight, std::span<const double> loss,
                        std::span<const double>) const {
  return value(weight, loss);
}

std::vector<std::string> objective_names() {
  std::vector<std::string> names;
  for (const Entry& entry : objectives()) names.push_back(entry.name);
  return names;
}

const Objective& find_objective(std::string_view name) {
  for (const Entry& entry : objectives())
    if (entry.name == name) return *entry.objective;
  throw core::UsageError(core::Complaint{
      "optimize.objective", fmt::format("'{}' is no objective", core::shown_text(name)),
      core::join_words(objective_names(), "or"),
      core::did_you_mean(name, objective_names(), "Choose one of them")});
}

const Objective& find_objective(std::string_view name, const ObjectiveSetting& setting) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, ObjectiveSetting>, std::unique_ptr<const Objective>> made;
  const Objective& as_it_is = find_objective(name);
  const std::scoped_lock lock(mutex);
  const auto [place, is_new] = made.try_emplace({std::string(name), setting}, nullptr);
  if (is_new) place->second = as_it_is.with(setting);
  return place->second ? *place->second : as_it_is;
}

data::ObjectiveWords words_of(const Objective& objective, std::span<const double> weight,
                              const data::DomainSet& domains, const std::string& reference) {
  data::ObjectiveWords words{.value = objective.value_words(weight),
                             .shows_weights = objective.is_mean() && !data::weighs_alike(weight)};
  for (const double w : weight) words.counts.push_back(w > 0.0);
  words.whole = objective.words(weight, sets_in_words(words.counts, domains), reference);
  return words;
}

}  // namespace bimix::mix
