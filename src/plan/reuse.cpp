#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/plan/reuse.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace bimix::plan {
namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

std::size_t place_of(const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nowhere : static_cast<std::size_t>(found - names.begin());
}

std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const std::string& name : names) all.push_back("'" + name + "'");
  return core::join_words(all);
}

/// What became of one domain.
struct Fate {
  enum class Kind { same, revised, split, split_unknown, gone } kind = Kind::gone;
  std::vector<std::pair<std::size_t, double>> into{};  ///< today's domains and parts of its share
};

class Mapping {
 public:
  Mapping(const FormerRun& former, const DomainsOfRun& now) : then_(former.of), now_(now) {
    for (std::size_t k = 0; k < then_.domains.train.size(); ++k) fates_.push_back(fate_of(k));
    for (std::size_t e = 0; e < now.domains.eval.size(); ++e) sets_.push_back(set_of(e));
  }

  const std::vector<Fate>& fates() const { return fates_; }
  /// E of today: the set among those of then; `nowhere` if it is new or its texts changed.
  const std::vector<std::size_t>& sets() const { return sets_; }

  /// Today's shares; nothing where a share is of what there is no more.
  std::optional<data::Mixture> mixture(const data::Mixture& then) const {
    data::Mixture share(now_.domains.train.size(), 0.0);
    for (std::size_t k = 0; k < then.size(); ++k) {
      if (then[k] == 0.0) continue;
      if (fates_[k].into.empty()) return std::nullopt;
      for (const auto& [domain, part] : fates_[k].into) share[domain] += part * then[k];
    }
    return share;
  }

  /// K of today; 0 where it is not known what was drawn from.
  data::Pools pools(const data::Pools& then) const {
    if (then.empty()) return {};
    data::Pools pools(now_.domains.train.size(), 0.0);
    for (std::size_t k = 0; k < then.size(); ++k)
      for (const auto& [domain, part] : fates_[k].into) pools[domain] = part * then[k];
    return pools;
  }

  std::vector<double> losses(const std::vector<double>& then) const {
    std::vector<double> nats;
    for (const std::size_t set : sets_)
      nats.push_back(set == nowhere ? std::numeric_limits<double>::quiet_NaN() : then[set]);
    return nats;
  }

  std::vector<std::string> named(Fate::Kind kind) const {
    std::vector<std::string> names;
    for (std::size_t k = 0; k < fates_.size(); ++k)
      if (fates_[k].kind == kind) names.push_back(then_.domains.train[k]);
    return names;
  }

  /// Domains of today that nothing became.
  std::vector<std::string> added() const {
    std::vector<std::string> names = now_.domains.train;
    for (const Fate& fate : fates_)
      for (const auto& [domain, part] : fate.into) std::erase(names, now_.domains.train[domain]);
    for (const Fate::Kind kind : {Fate::Kind::revised, Fate::Kind::split_unknown})
      for (const std::string& name : named(kind))
        std::erase_if(names,
                      [&](const std::string& one) { return data::is_or_lies_in(one, name); });
    return names;
  }

 private:
  bool has_same_texts(std::size_t then, std::size_t now) const {
    return then_.fingerprints.empty() || now_.fingerprints.empty() ||
           then_.fingerprints[then] == now_.fingerprints[now];
  }

  Fate fate_of(std::size_t k) const {
    const std::string& name = then_.domains.train[k];
    if (const std::size_t same = place_of(name, now_.domains.train); same != nowhere)
      return has_same_texts(k, same) ? Fate{Fate::Kind::same, {{same, 1.0}}}
                                     : Fate{Fate::Kind::revised};
    std::vector<std::size_t> inside;
    for (std::size_t n = 0; n < now_.domains.train.size(); ++n)
      if (data::is_or_lies_in(now_.domains.train[n], name)) inside.push_back(n);
    if (inside.empty()) return {Fate::Kind::gone};
    double pool = 0.0;
    for (const std::size_t n : inside) {
      const double part = n < now_.unique_tokens.size() ? now_.unique_tokens[n] : 0.0;
      if (!data::is_known(part) || std::isinf(part)) return {Fate::Kind::split_unknown};
      pool += part;
    }
    constexpr double alike = 0.05;
    const double whole = k < then_.unique_tokens.size() ? then_.unique_tokens[k] : 0.0;
    if (data::is_known(whole) && !(std::abs(pool - whole) <= alike * whole))
      return {Fate::Kind::revised};
    Fate fate{Fate::Kind::split};
    for (const std::size_t n : inside) fate.into.emplace_back(n, now_.unique_tokens[n] / pool);
    return fate;
  }

  std::size_t set_of(std::size_t e) const {
    const std::string& name = now_.domains.eval[e];
    const std::size_t set = place_of(name, then_.domains.eval);
    if (set == nowhere) return nowhere;
    // A set of a training domain's texts is the same if they are.
    const std::size_t then = place_of(name, then_.domains.train),
                      now = place_of(name, now_.domains.train);
    if (then == nowhere && now == nowhere) return set;
    return then != nowhere && now != nowhere && has_same_texts(then, now) ? set : nowhere;
  }

  const DomainsOfRun& then_;
  const DomainsOfRun& now_;
  std::vector<Fate> fates_{};
  std::vector<std::size_t> sets_{};
};

/// What became of the domains, in words; empty where they are the same.
std::string changes_in_words(const Mapping& mapping, const FormerRun& former) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& names, const char* what) {
    if (!names.empty())
      text += fmt::format("{}{} {}", text.empty() ? "" : "; ", what, quoted(names));
  };
  add(mapping.added(), "new:");
  add(mapping.named(Fate::Kind::split), "divided, each child with its part of the pool:");
  add(mapping.named(Fate::Kind::split_unknown), "divided into children of unknown pools:");
  add(mapping.named(Fate::Kind::revised), "with other texts:");
  add(mapping.named(Fate::Kind::gone), "gone:");
  if (!text.empty() && former.of.fingerprints.empty())
    text += "; domains of one name are taken to have the same texts, which nothing tells";
  return text;
}

/// What the design should vary.
std::vector<std::string> changed_parts(const Mapping& mapping, const DomainsOfRun& now) {
  std::vector<std::string> names = mapping.added();
  for (const Fate::Kind kind : {Fate::Kind::split, Fate::Kind::split_unknown, Fate::Kind::revised})
    for (const std::string& name : mapping.named(kind))
      for (const std::string& today : now.domains.train)
        if (data::is_or_lies_in(today, name)) names.push_back(today);
  return names;
}

std::vector<std::string> words_of(const FormerRun& former, const DomainsOfRun& now,
                                  const Mapping& mapping, std::size_t kept, std::size_t left_out,
                                  std::size_t without_result) {
  std::vector<std::string> words;
  std::string first =
      fmt::format("{}: {} of its {} trials are reused", former.name, kept, former.trials.size());
  if (left_out > 0)
    first += fmt::format("; {} have a share of what is gone, has other texts or unknown pools",
                         left_out);
  if (without_result > 0) first += fmt::format("; {} did not end well", without_result);
  words.push_back(first);
  const std::string changes = changes_in_words(mapping, former);
  if (!changes.empty()) words.push_back("  domains " + changes);
  std::vector<std::string> unseen;
  for (std::size_t e = 0; e < mapping.sets().size(); ++e)
    if (mapping.sets()[e] == nowhere) unseen.push_back(now.domains.eval[e]);
  if (!unseen.empty() && kept > 0)
    words.push_back(fmt::format("  they say nothing of the losses on {}", quoted(unseen)));
  const std::vector<std::string> changed = changed_parts(mapping, now);
  if (!changed.empty() && kept > 0)
    words.push_back(
        fmt::format("  what is left to learn is how the changed domains go with the others as one: "
                    "`dirichlet: {{count: {}, among: [{}]}}`",
                    3 * (changed.size() + 2), fmt::join(changed, ", ")));
  return words;
}

}  // namespace

Reused reused_trials(const FormerRun& former, const DomainsOfRun& now) {
  const Mapping mapping(former, now);
  std::unordered_map<std::string, const data::TrialResult*> results;
  for (const data::TrialResult& result : former.results) results[result.id] = &result;
  Reused reused;
  std::size_t left_out = 0, without_result = 0;
  for (const data::TrialSpec& spec : former.trials) {
    const auto found = results.find(spec.id);
    if (found == results.end() || found->second->status != data::TrialStatus::ok) {
      ++without_result;
      continue;
    }
    const auto mixture = mapping.mixture(spec.mixture);
    if (!mixture) {
      ++left_out;
      continue;
    }
    data::TrialSpec mapped = spec;
    mapped.mixture = core::normalised(*mixture);
    mapped.mixture_label = fmt::format("{}:{}", former.name, spec.mixture_label);
    mapped.cost = 0.0;
    mapped.round = 0;
    mapped.reused = former.name;
    reused.trials.push_back(std::move(mapped));
    data::TrialResult result = *found->second;
    for (data::LossPoint& point : result.curve) point.loss_nats = mapping.losses(point.loss_nats);
    result.unique_tokens = mapping.pools(result.unique_tokens);
    result.tokens_seen.clear();
    reused.results.push_back(std::move(result));
  }
  reused.words = words_of(former, now, mapping, reused.trials.size(), left_out, without_result);
  return reused;
}

data::SweepPlan with_reused(const data::SweepPlan& plan,
                            const std::vector<data::TrialSpec>& trials) {
  data::SweepPlan whole = plan;
  whole.mixtures.clear();
  whole.labels.clear();
  whole.trials.clear();
  std::map<data::Mixture, int> number;
  const auto number_of = [&](const data::Mixture& mixture, const std::string& label) {
    const auto [place, is_new] =
        number.try_emplace(mixture, static_cast<int>(whole.mixtures.size()));
    if (is_new) {
      whole.mixtures.push_back(mixture);
      whole.labels.push_back(label);
    }
    return place->second;
  };
  std::unordered_set<std::string> own;
  for (const data::TrialSpec& spec : plan.trials) own.insert(spec.id);
  for (const data::TrialSpec& spec : trials) {
    if (spec.reused.empty() || !own.insert(spec.id).second) continue;
    whole.trials.push_back(spec);
    whole.trials.back().mixture_id = number_of(spec.mixture, spec.mixture_label);
    whole.tokens.insert(whole.tokens.end(), spec.tokens.begin(), spec.tokens.end());
  }
  std::vector<int> renumbered;
  for (std::size_t m = 0; m < plan.mixtures.size(); ++m) {
    renumbered.push_back(number_of(plan.mixtures[m], plan.labels[m]));
    whole.labels[static_cast<std::size_t>(renumbered.back())] = plan.labels[m];
  }
  for (const data::TrialSpec& spec : plan.trials) {
    whole.trials.push_back(spec);
    whole.trials.back().mixture_id = renumbered[static_cast<std::size_t>(spec.mixture_id)];
  }
  for (data::TrialSpec& spec : whole.trials)
    spec.mixture_label = whole.labels[static_cast<std::size_t>(spec.mixture_id)];
  whole.tokens = data::merged_volumes(std::move(whole.tokens));
  return whole;
}

}  // namespace bimix::plan
