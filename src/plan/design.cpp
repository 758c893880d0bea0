#include "mixture_index.hpp"
#include "parts.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/plan/space_filling.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace bimix::plan {
namespace {

/// A design of more is a slip of the pen, and would fill the memory before it could be shown.
constexpr double most_mixtures = 1e6, most_evaluations = 1e7;

/// Everything a group of mixtures may depend on.
struct Setting {
  const mix::PolicyInput& known;  ///< its place is that of the group
  std::uint64_t seed;
  std::size_t group;  ///< index of the group in the design

  std::size_t domains() const { return known.default_share.size(); }
};

std::string place_of_group(std::size_t group) { return fmt::format("design.mixtures[{}]", group); }

[[noreturn]] void refuse(const Setting& setting, const std::string& problem,
                         const std::string& rule, const std::string& remedy) {
  throw core::UsageError(core::Complaint{place_of_group(setting.group), problem, rule, remedy});
}

/// The mass that is left above the floor.
double mass_above(double floor, std::size_t domains) {
  return 1.0 - floor * static_cast<double>(domains);
}

/// Into how many parts a lattice divides that mass.
double lattice_parts(const LatticeMixtures& group, std::size_t domains) {
  return std::max(1.0, std::ceil(mass_above(group.floor, domains) / group.step - 1e-9));
}

/// What a group asks for, before any of it is made.
struct Extent {
  double mixtures = 0.0;  ///< infinite where a double cannot hold it
  std::string what{};     ///< the group in words
  std::string remedy{};   ///< for fewer
  double floor = 0.0;     ///< of every share
};

Extent extent(const PresetMixtures& group, std::size_t domains) {
  const auto all = std::count(group.names.begin(), group.names.end(), deletions);
  return {static_cast<double>(group.names.size()) +
              static_cast<double>(all) * (static_cast<double>(domains) - 1.0),
          "this list of presets", "Name fewer"};
}

Extent extent(const LatticeMixtures& group, std::size_t domains) {
  const double parts = lattice_parts(group, domains);
  double points = 1.0;  // binomial(parts + domains - 1, domains - 1)
  for (std::size_t i = 1; i < domains; ++i)
    points *= (parts + static_cast<double>(i)) / static_cast<double>(i);
  return {points, "this lattice", "Use a larger step", group.floor};
}

Extent extent(const DirichletMixtures& group, std::size_t) {
  // Of parts the floor is known when they are.
  const bool has_parts = !group.among.empty() || !group.within.empty();
  return {static_cast<double>(group.count), "this `count`", "Draw fewer",
          has_parts ? 0.0 : group.floor};
}

Extent extent(const GridMixtures& group, std::size_t) {
  double points = 1.0;
  for (const std::vector<double>& values : group.values)
    points *= static_cast<double>(values.size());
  return {points, "this grid", "Give fewer values, or fewer domains"};
}

Extent extent(const ListedMixtures& group, std::size_t) {
  return {static_cast<double>(group.mixtures.size()), "this " + group.label, "List fewer"};
}

/// The number in full as far as it is exact.
std::string count_words(double count) {
  return count < 1e15 ? fmt::format("{:.0f}", count) : fmt::format("{:.3g}", count);
}

std::vector<LabelledMixture> deletions_of(const mix::PolicyInput& known) {
  std::vector<LabelledMixture> mixtures;
  for (std::size_t k = 0; k < known.default_share.size(); ++k) {
    data::Mixture share = known.default_share;
    if (share[k] == 0.0 || share[k] == 1.0) continue;  // nothing is left out, or nothing is left
    share[k] = 0.0;
    mixtures.push_back({"without-" + (known.domains.empty() ? std::to_string(k) : known.domains[k]),
                        core::normalised(share)});
  }
  return mixtures;
}

std::vector<LabelledMixture> expand(const PresetMixtures& group, const Setting& setting) {
  std::vector<LabelledMixture> mixtures;
  for (const std::string& name : group.names) {
    std::vector<LabelledMixture> made;
    if (name == deletions)
      made = deletions_of(setting.known);
    else
      made = {{name, mix::policy_mixture(name, setting.known)}};
    for (LabelledMixture& mixture : made) {
      mixture.repeats = group.repeats;
      mixtures.push_back(std::move(mixture));
    }
  }
  return mixtures;
}

std::vector<LabelledMixture> expand(const LatticeMixtures& group, const Setting& setting) {
  const double mass = mass_above(group.floor, setting.domains());
  const auto parts = static_cast<int>(lattice_parts(group, setting.domains()));
  // Odometer over the compositions of `parts` into `domains` whole numbers.
  std::vector<LabelledMixture> mixtures;
  std::vector<int> counts(setting.domains(), 0);
  counts.back() = parts;
  for (;;) {
    LabelledMixture next{fmt::format("simplex-{}", mixtures.size()), {}};
    for (const int count : counts) next.share.push_back(group.floor + mass * count / parts);
    mixtures.push_back(std::move(next));
    // Move one part to the left of the last non-zero place, and the rest back to the end.
    std::size_t last = counts.size() - 1;
    while (last > 0 && counts[last] == 0) --last;
    if (last == 0) return mixtures;
    const int rest = counts[last] - 1;
    counts[last] = 0;
    ++counts[last - 1];
    counts.back() = rest;
  }
}

/// The parts that a group varies.
Parts parts_of(const DirichletMixtures& group, const Setting& setting) {
  const mix::PolicyInput& known = setting.known;
  Parts parts = group.within.empty() ? among(group.among, known.domains, known.default_share)
                                     : within(group.within, known.domains, known.default_share);
  if (parts.members.size() < 2)
    refuse(setting, "nothing varies", "a mixture is of two parts at least",
           "Name a node with several children, or fewer than all domains");
  if (!(parts.mass > 0.0))
    refuse(setting, fmt::format("'{}' has no share in the default mixture", group.within),
           "`within` keeps it", "Give it a default share, or use `among`");
  if (mass_above(group.floor, parts.members.size()) < 0)
    refuse(setting,
           fmt::format("floor {} leaves no room for {} parts", group.floor, parts.members.size()),
           "the floors add up to more than 1",
           fmt::format("Use at most {:.4g}", 1.0 / static_cast<double>(parts.members.size())));
  return parts;
}

std::string label_of(const DirichletMixtures& group) {
  if (!group.within.empty()) return fmt::format("within-{}", group.within);
  if (group.among.empty()) return "dirichlet";
  constexpr std::size_t readable = 3;
  return group.among.size() > readable ? fmt::format("among-{}", group.among.size())
                                       : fmt::format("among-{}", fmt::join(group.among, "+"));
}

std::vector<LabelledMixture> expand(const DirichletMixtures& group, const Setting& setting) {
  const Parts parts = parts_of(group, setting);
  const double mass = mass_above(group.floor, parts.members.size());
  const auto count = static_cast<double>(parts.members.size());
  const data::Mixture centre =
      shares_of_parts(parts, mix::policy_mixture(group.around, setting.known));
  core::RandomStream random(setting.seed, core::Purpose::design, setting.group);
  std::vector<LabelledMixture> mixtures;
  for (int i = 0; i < group.count; ++i) {
    const double strength =
        group.strength_low * std::pow(group.strength_high / group.strength_low, random.uniform());
    std::vector<double> weights;
    for (const double c : centre) {
      // Never all zero, however small the strength: gamma variates underflow below 1e-300.
      const double shape = strength * count * c;
      weights.push_back(shape > 0 ? std::max(random.gamma(shape), 1e-300) : 0.0);
    }
    data::Mixture share = core::normalised(weights);
    for (double& r : share) r = group.floor + mass * r;
    mixtures.push_back({fmt::format("{}-{}", label_of(group), i), whole_of(parts, share)});
  }
  return mixtures;
}

std::vector<LabelledMixture> expand(const GridMixtures& group, const Setting& setting) {
  double rest_default = 0.0;
  for (std::size_t k = 0; k < setting.domains(); ++k)
    if (std::find(group.domains.begin(), group.domains.end(), k) == group.domains.end())
      rest_default += setting.known.default_share[k];

  std::vector<LabelledMixture> mixtures;
  std::vector<std::size_t> at(group.domains.size(), 0);
  for (;;) {
    double named = 0.0;
    for (std::size_t d = 0; d < at.size(); ++d) named += group.values[d][at[d]];
    const double rest = 1.0 - named;
    if (rest < -core::simplex_tolerance || (rest_default <= 0 && rest > core::simplex_tolerance))
      refuse(setting, fmt::format("a combination of the grid adds up to {:.6g}", named),
             rest < 0 ? "shares must not exceed 1"
                      : "no other domain has a default share to take the rest",
             "Change the values of the grid");
    LabelledMixture next{fmt::format("grid-{}", mixtures.size()), data::Mixture(setting.domains())};
    for (std::size_t k = 0; k < setting.domains(); ++k)
      next.share[k] = rest_default > 0
                          ? setting.known.default_share[k] / rest_default * std::max(rest, 0.0)
                          : 0.0;
    for (std::size_t d = 0; d < at.size(); ++d)
      next.share[group.domains[d]] = group.values[d][at[d]];
    mixtures.push_back(std::move(next));

    std::size_t d = 0;
    while (d < at.size() && ++at[d] == group.values[d].size()) at[d++] = 0;
    if (d == at.size()) return mixtures;
  }
}

std::vector<LabelledMixture> expand(const ListedMixtures& group, const Setting&) {
  std::vector<LabelledMixture> mixtures;
  for (const data::Mixture& share : group.mixtures)
    mixtures.push_back({fmt::format("{}-{}", group.label, mixtures.size()), share});
  return mixtures;
}

/// Fills the design up to `start` mixtures.
void add_space_filling(int start, const data::Mixture& default_share, std::uint64_t seed,
                       ExpandedDesign& design) {
  if (design.mixtures.empty()) design.mixtures.push_back({"default", default_share});
  std::vector<data::Mixture> there;
  for (const LabelledMixture& mixture : design.mixtures) there.push_back(mixture.share);
  const std::vector<data::Mixture> more =
      space_filling(there, start - static_cast<int>(there.size()), seed);
  for (std::size_t n = 0; n < more.size(); ++n)
    design.mixtures.push_back({fmt::format("space-{}", n), more[n]});
}

int seeds_of(const LabelledMixture& mixture, const DesignOptions& options) {
  return mixture.repeats > 0 ? mixture.repeats : options.repeats;
}

}  // namespace

std::vector<core::Complaint> complaints(const DesignOptions& options, std::size_t domains) {
  std::vector<core::Complaint> found;
  double mixtures = 0.0;
  for (std::size_t g = 0; g < options.mixtures.size(); ++g) {
    const Extent group =
        std::visit([&](const auto& one) { return extent(one, domains); }, options.mixtures[g]);
    if (mass_above(group.floor, domains) < 0) {
      found.push_back({place_of_group(g),
                       fmt::format("floor {} leaves no room for {} domains", group.floor, domains),
                       "the floors add up to more than 1",
                       fmt::format("Use at most {:.4g}", 1.0 / static_cast<double>(domains))});
      continue;
    }
    const std::string before =
        mixtures > 0 ? fmt::format(" after {} of the groups before it", count_words(mixtures)) : "";
    mixtures += group.mixtures;
    if (mixtures <= most_mixtures) continue;
    found.push_back(
        {place_of_group(g),
         fmt::format("{} makes {} mixtures{}", group.what, count_words(group.mixtures), before),
         fmt::format("a design has at most {:.0f}", most_mixtures), group.remedy});
    return found;
  }
  const auto volumes = static_cast<double>(std::max<std::size_t>(1, options.tokens.size()));
  const double evaluations = mixtures * options.repeats * volumes;
  if (evaluations > most_evaluations)
    found.push_back({"design",
                     fmt::format("{:.0f} mixtures x {} repeats x {:.0f} volumes are {} evaluations",
                                 mixtures, options.repeats, volumes, count_words(evaluations)),
                     fmt::format("a design has at most {:.0f}", most_evaluations),
                     "Take fewer mixtures, repeats or volumes"});
  return found;
}

ExpandedDesign expand_design(const DesignOptions& options, const mix::PolicyInput& known,
                             std::uint64_t seed) {
  if (const auto found = complaints(options, known.default_share.size()); !found.empty())
    throw core::UsageError(found.front());
  ExpandedDesign design;
  MixtureIndex seen(core::simplex_tolerance);
  for (std::size_t g = 0; g < options.mixtures.size(); ++g) {
    mix::PolicyInput here = known;
    here.place = place_of_group(g);
    const Setting setting{here, seed, g};
    std::vector<LabelledMixture> group = std::visit(
        [&](const auto& mixtures) { return expand(mixtures, setting); }, options.mixtures[g]);
    for (LabelledMixture& mixture : group) {
      core::require(core::is_on_simplex(mixture.share), "every designed mixture is on the simplex");
      if (const auto same = seen.near(mixture.share); !same.empty()) {
        LabelledMixture& first = design.mixtures[same.front()];
        if (seeds_of(mixture, options) > seeds_of(first, options)) first.repeats = mixture.repeats;
        ++design.duplicates_dropped;
        continue;
      }
      design.mixtures.push_back(std::move(mixture));
      seen.add(design.mixtures.back().share);  // stays when the vector grows: its vector is moved
    }
  }
  if (options.adaptive)
    add_space_filling(options.adaptive->start, known.default_share, seed, design);
  return design;
}

std::vector<std::int64_t> log_spaced_volumes(std::int64_t low, std::int64_t high, int count) {
  core::require(low > 0 && high >= low && count >= 1, "log_spaced_volumes needs 0 < low <= high");
  std::set<std::int64_t> volumes{high};
  const double ratio = std::log(static_cast<double>(high) / static_cast<double>(low));
  for (int i = 0; i < count - 1; ++i)
    volumes.insert(std::llround(static_cast<double>(low) * std::exp(ratio * i / (count - 1))));
  return {volumes.begin(), volumes.end()};
}

}  // namespace bimix::plan
