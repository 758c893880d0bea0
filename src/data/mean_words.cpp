#include <bimix/core/text.hpp>
#include <bimix/data/objective.hpp>
#include <bimix/data/set_names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::data {
namespace {

constexpr const char* worst = "worst";
/// As many names are read; of more sets it is said how many there are.
constexpr std::size_t most_names = 8;

std::vector<std::string> counted_names(const MixtureChoice& choice, const DomainSet& domains) {
  const std::vector<bool> counts = counted_sets(choice);
  std::vector<std::string> names;
  for (std::size_t e = 0; e < counts.size(); ++e)
    if (counts[e]) names.push_back(domains.eval[e]);
  return names;
}

}  // namespace

bool weighs_alike(const std::vector<double>& weight) {
  const auto first = std::find_if(weight.begin(), weight.end(), [](double w) { return w > 0.0; });
  return std::all_of(first, weight.end(), [&](double w) { return w == 0.0 || w == *first; });
}

std::string mean_name(const std::vector<double>& weight) {
  if (std::count_if(weight.begin(), weight.end(), [](double w) { return w > 0.0; }) == 1)
    return "loss";
  return weighs_alike(weight) ? "mean loss" : "weighted mean loss";
}

std::vector<bool> counted_sets(const MixtureChoice& choice) {
  std::vector<bool> counts;
  // The weights of "worst" are those of the mean for which its mixture is the best, too.
  for (std::size_t e = 0; e < choice.predicted_nats.size(); ++e)
    counts.push_back(choice.objective == worst ? !std::isnan(choice.predicted_nats[e])
                                               : choice.weight[e] > 0.0);
  return counts;
}

std::string objective_name(const MixtureChoice& choice) {
  if (choice.objective != worst) return mean_name(choice.weight);
  const std::vector<bool> counts = counted_sets(choice);
  return std::count(counts.begin(), counts.end(), true) == 1 ? "rise of the loss"
                                                             : "largest rise of a loss";
}

std::string objective_words(const MixtureChoice& choice, const DomainSet& domains) {
  const std::vector<std::string> names = counted_names(choice, domains);
  std::string words = fmt::format(
      "{}{} of {}", objective_name(choice),
      choice.objective == worst ? " above the default's," : "",
      names.size() > most_names ? fmt::format("{} sets", names.size()) : core::join_words(names));
  if (names.size() == 1 && is_average_name(names.front())) words += " (an average by its name)";
  return words;
}

}  // namespace bimix::data
