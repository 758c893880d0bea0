// A campaign that is written out with every default reads back to itself, whatever its values are:
// those of a sound campaign are changed at random within the ranges of src/config/fields.hpp.

#include <bimix/config/campaign.hpp>
#include <bimix/core/error.hpp>

#include <config/fields.hpp>
#include <config/reader.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace bimix::config {
namespace {

/// Changes about one value in eight of those that are described to it, but for names.
class Change {
 public:
  void text(const char*, std::string&, const char*) {}
  void words(const char*, std::vector<std::string>&, const char*) {}
  template <core::Worded E>
  void words(const char*, std::vector<E>& values, const char*) {
    if (chosen()) std::reverse(values.begin(), values.end());
  }
  template <core::Worded E>
  void word(const char*, E& value, const char*) {
    // A rate that decays does not go with volumes along one trajectory.
    if (std::is_same_v<E, proxy::Schedule> || !chosen()) return;
    value = *rc::gen::elementOf(core::all_values<E>());
  }
  template <core::Worded E>
  void choice(const char* key, E& value, const char* meaning) {
    word(key, value, meaning);
  }
  void flag(const char*, bool& value, const char*) {
    if (chosen()) value = !value;
  }
  void whole(const char*, int& value, config::Range<int> range, const char*) {
    if (chosen()) value = static_cast<int>(within(range.low, range.high));
  }
  void count(const char*, std::int64_t& value, config::Range<std::int64_t> range, const char*) {
    if (chosen()) value = std::llround(within(range.low, range.high));
  }
  void target(const char*, std::int64_t& value, const char*) {
    if (chosen()) value = 1'000'000'000;
  }
  template <class T>
  void parsed(const char*, T& value, const char*) {
    const auto drawn = T::from(*rc::gen::element("seen", "none", "0.25", "16", "quadratic"));
    if (drawn && chosen()) value = *drawn;
  }
  void number(const char*, double& value, config::Range<double> range, const char*) {
    if (chosen()) value = within(range.low, range.high);
  }
  void number(const char*, std::optional<double>& value, config::Range<double> range, const char*) {
    if (chosen()) value = within(range.low, range.high);
  }

 private:
  static bool chosen() { return *rc::gen::inRange(0, 8) == 0; }
  /// Over all powers of ten of the range, its ends among them.
  template <class T>
  static double within(T low_end, T high_end) {
    const auto low = static_cast<double>(low_end),
               high = std::min(static_cast<double>(high_end), 1e15);
    const int place = *rc::gen::inRange(0, 101);
    if (place == 0) return low;
    if (place == 100) return high;
    return std::clamp(std::pow(10.0, place * 0.2 - 5), low, high);
  }
};

std::string some_campaign() {
  const int domains = *rc::gen::inRange(2, 6);
  std::string text = "name: p\nnormalise: true\ndomains:\n";
  for (int k = 0; k < domains; ++k)
    text += fmt::format("  \"{}{}\": {{train: a/*.txt, share: {}}}\n",
                        *rc::gen::element("web", "ü", "a b", "-", "#", "'", "yes"), k,
                        *rc::gen::inRange(1, 1000));
  text += fmt::format("design:\n  volumes: {{from: {0}K, to: {1}K, count: {2}}}\n  repeats: {3}\n",
                      *rc::gen::inRange(1, 100), *rc::gen::inRange(1000, 9999),
                      *rc::gen::inRange(2, 9), *rc::gen::inRange(1, 4));
  text += fmt::format(
      "  mixtures: [{{preset: [default]}}, {{dirichlet: {{count: {}, strength: [{}, 4]}}}}]\n",
      *rc::gen::inRange(1, 9), *rc::gen::inRange(1, 40) / 10.0);
  return text +
         *rc::gen::element("source: {proxy: {layers: 2}}\n", "source: {proxy: {model: ngram}}\n",
                           "source: {command: {run: [a, \"{dir}\"], losses: \"{dir}/l.csv\", "
                           "tokens_per_step: 1}}\n");
}

RC_GTEST_PROP(RoundTrip, OfACampaignKeepsEveryValue, ()) {
  Campaign campaign = parse_campaign(some_campaign(), "drawn.yaml");
  Change change;
  if (campaign.source == SourceKind::proxy) config::describe(change, campaign.proxy);
  if (campaign.source == SourceKind::command) config::describe(change, campaign.command);
  config::describe(change, campaign.entropy);
  config::describe(change, campaign.fit);
  config::describe(change, campaign.optimize);
  config::describe(change, campaign.check);
  const std::string written = resolved_yaml(campaign);
  bool accepted = true;
  try {
    RC_ASSERT(resolved_yaml(parse_campaign(written, "written.yaml")) == written);
  } catch (const core::UsageError&) {
    accepted = false;  // values that contradict one another
  }
  RC_CLASSIFY(accepted, "accepted");
  RC_PRE(accepted);
}

}  // namespace
}  // namespace bimix::config
