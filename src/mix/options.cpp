#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/mix/objective.hpp>
#include <bimix/mix/options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace bimix::mix {
namespace {

/// Complaints about one list of numbers, one for each domain. Nothing if the list is empty.
void check_list(std::vector<core::Complaint>& found, const std::string& key,
                const std::vector<double>& values, const std::vector<std::string>& domains,
                double high) {
  if (values.empty()) return;
  const std::string place = "optimize." + key;
  if (values.size() != domains.size()) {
    found.push_back({place, fmt::format("{} values for {} domains", values.size(), domains.size()),
                     "one for each", ""});
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] >= 0.0 && values[i] <= high) || std::isinf(values[i]))
      found.push_back({place + "." + domains[i], fmt::format("{} is out of range", values[i]),
                       std::isinf(high) ? "finite and not negative" : "a share in [0, 1]", ""});
}

void check_pools(std::vector<core::Complaint>& found, const data::Pools& pools,
                 const std::vector<std::string>& domains) {
  data::Pools finite = pools;  // what never ends is no mistake
  std::replace(finite.begin(), finite.end(), std::numeric_limits<double>::infinity(), 0.0);
  check_list(found, "unique_tokens", finite, domains, std::numeric_limits<double>::infinity());
}

/// @param limited data::domain_and_node_names, the first `domains` of which are the domains
void check_sums(std::vector<core::Complaint>& found, const OptimizeOptions& options,
                const std::vector<std::string>& limited, std::size_t domains) {
  const auto sum = [&](const std::vector<double>& limits) {
    return core::stable_sum(std::span(limits).first(std::min(limits.size(), domains)));
  };
  const double floors = sum(options.floor), caps = sum(options.cap);
  if (floors > 1.0 + core::simplex_tolerance)
    found.push_back({"optimize.floor", fmt::format("the floors sum to {:.6g}", floors),
                     "shares sum to 1", "Lower some of them"});
  if (!options.cap.empty() && caps < 1.0 - core::simplex_tolerance)
    found.push_back({"optimize.cap", fmt::format("the caps sum to {:.6g}", caps), "shares sum to 1",
                     "Raise some of them"});
  if (options.floor.size() != options.cap.size()) return;
  for (std::size_t k = 0; k < options.floor.size(); ++k)
    if (options.floor[k] > options.cap[k])
      found.push_back({"optimize.floor." + limited[k],
                       fmt::format("{} is above its cap {}", options.floor[k], options.cap[k]), "",
                       "Lower the floor or raise the cap"});
}

/// What a node holds must be able to come to its floor, and its floors to stay below its cap.
void check_nodes(std::vector<core::Complaint>& found, const OptimizeOptions& options,
                 const std::vector<std::string>& train) {
  std::size_t n = train.size();  // in data::domain_and_node_names
  for (const data::DomainNode& node : data::domain_nodes(train)) {
    if (!options.cap.empty() && !options.floor.empty() &&
        data::sum_over(node, options.floor) > options.cap[n] + core::simplex_tolerance)
      found.push_back({"optimize.cap." + node.name,
                       fmt::format("{} is below {:.6g}, the floors of what it holds together",
                                   options.cap[n], data::sum_over(node, options.floor)),
                       "", "Raise the cap or lower those floors"});
    if (!options.cap.empty() && !options.floor.empty() &&
        data::sum_over(node, options.cap) < options.floor[n] - core::simplex_tolerance)
      found.push_back({"optimize.floor." + node.name,
                       fmt::format("{} is above {:.6g}, the caps of what it holds together",
                                   options.floor[n], data::sum_over(node, options.cap)),
                       "", "Lower the floor or raise those caps"});
    ++n;
  }
}

/// An objective that is not known says nothing of the weights.
void check_objective(std::vector<core::Complaint>& found, const OptimizeOptions& options) {
  try {
    const Objective& objective = find_objective(options.objective);
    const auto wrong = objective.complaints(options.weights);
    found.insert(found.end(), wrong.begin(), wrong.end());
    if (!objective.counts_rises() && (options.reference != "default" || options.less_error))
      found.push_back({options.less_error ? "optimize.less_error" : "optimize.reference",
                       fmt::format("objective {} counts losses as they are", options.objective),
                       "a reference is what rises are counted from",
                       "Use objective: worst, groups, kl or chi-squared, or drop it"});
    if (objective.needs_groups() == options.group.empty())
      found.push_back(
          objective.needs_groups()
              ? core::Complaint{"optimize.groups", "no groups are given",
                                "this objective needs some",
                                "Write `groups: {code: [python, cpp], text: [web]}`"}
              : core::Complaint{"optimize.groups",
                                fmt::format("objective {} knows no groups", options.objective), "",
                                "Use objective: groups, or drop them"});
  } catch (const core::UsageError& unknown) {
    found.push_back(unknown.complaint());
  }
}

}  // namespace

std::optional<EpochLimit> EpochLimit::from(std::string_view text) {
  if (text == "seen") return EpochLimit{};
  if (text == "none" || text == "0") return EpochLimit{std::numeric_limits<double>::infinity()};
  const std::optional<double> number = core::parse_number(std::string(text));
  if (!number || !(*number > 0.0) || std::isinf(*number)) return std::nullopt;
  return EpochLimit{*number};
}

std::string EpochLimit::text() const {
  if (!epochs) return "seen";
  return std::isinf(*epochs) ? "none" : fmt::format("{}", *epochs);
}

std::vector<core::Complaint> complaints(const OptimizeOptions& options,
                                        const data::DomainSet& domains) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<core::Complaint> found;
  if (!(options.model_size >= 0.0) || std::isinf(options.model_size))
    found.push_back({"optimize.parameters", fmt::format("{} is no model size", options.model_size),
                     "parameters, or 0", "Leave it out for the largest size of the logs"});
  if (!(options.tokens > 0.0) || std::isinf(options.tokens))
    found.push_back({"optimize.tokens", fmt::format("{} is no volume", options.tokens),
                     "a positive number of tokens", ""});
  check_objective(found, options);
  if (!(options.radius > 0.0) || std::isinf(options.radius))
    found.push_back({"optimize.radius", fmt::format("{} is out of range", options.radius),
                     "positive and finite", "Use 0.1, or objective: mean, or worst"});
  check_list(found, "weights", options.weights, domains.eval, infinity);
  const std::vector<std::string> limited = data::domain_and_node_names(domains.train);
  check_list(found, "floor", options.floor, limited, 1.0);
  check_list(found, "cap", options.cap, limited, 1.0);
  check_pools(found, options.unique_tokens, domains.train);
  const std::optional<double> epochs = options.max_epochs.epochs;
  if (epochs && !(*epochs > 0.0))
    found.push_back({"optimize.max_epochs", fmt::format("{} is out of range", *epochs), "positive",
                     "Use none for no limit"});
  if (!(options.repetition >= 0.0) || std::isinf(options.repetition))
    found.push_back({"optimize.repetition", fmt::format("{} is out of range", options.repetition),
                     "finite and not negative",
                     "Try 15, or 0 if repeated tokens are as good as new"});
  if (found.empty()) check_sums(found, options, limited, domains.train.size());
  if (found.empty()) check_nodes(found, options, domains.train);
  return found;
}

}  // namespace bimix::mix
