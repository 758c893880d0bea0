#pragma once

#include <bimix/core/error.hpp>
#include <bimix/data/records.hpp>

#include <compare>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::mix {

/// What some objectives ask of a campaign besides weights.
struct ObjectiveSetting {
  double radius = 0.1;       ///< of the ball of weights: `radius`
  std::vector<int> group{};  ///< E: the group of each set, from 0 on: `groups`; empty: none
  auto operator<=>(const ObjectiveSetting&) const = default;
};

/// What is made least: one number from the losses of all evaluation sets, E of them.
///
/// A set of weight 0 does not count; its loss is 0 or was never predicted. Values are in the unit
/// of the losses. An objective rises with each loss that counts and is convex in the losses, so
/// that where a law is convex in the shares, the objective is, too.
///
/// A new objective is src/mix/objectives/<name>.cpp, which defines `const Objective&
/// objective_<name>()`, and its line in objectives.def there. tests/mix/objective_contract_test.cpp
/// then holds it to this interface.
class Objective {
 public:
  virtual ~Objective() = default;

  /// As in objectives.def and after `objective:` in a campaign.
  virtual std::string_view name() const = 0;

  /// The same objective as a campaign sets it; null if it asks for nothing.
  virtual std::unique_ptr<const Objective> with(const ObjectiveSetting&) const { return nullptr; }

  /// What is wrong with the weights of a campaign; the place is "optimize.weights". By default all
  /// sets are treated alike, and weights refused.
  /// @param given E, not negative; empty if the campaign gives none
  virtual std::vector<core::Complaint> complaints(std::span<const double> given) const;

  /// E weights, not all 0, of any sum. @param given as for complaints(), without any
  virtual std::vector<double> weights(std::span<const double> given, std::size_t sets) const;

  /// True: it is about groups of sets, which a campaign has to give.
  virtual bool needs_groups() const { return false; }

  /// True: each loss is counted from that of the reference, so that it is the rise.
  virtual bool counts_rises() const { return false; }

  /// True if value() is the sum of weight[e] * loss[e]. Laws whose sections are powers have their
  /// optimum exactly then.
  virtual bool is_mean() const { return false; }

  /// @param weight E, sums to 1
  /// @param loss E losses, or rises; of any sign, as a law may have losses far from its data
  virtual double value(std::span<const double> weight, std::span<const double> loss) const = 0;

  /// How soft the smooth stand-ins are by which a descent comes near value(), coarse ones first, in
  /// the unit of the losses; one 0 for what is smooth by itself.
  virtual std::vector<double> softness() const { return {0.0}; }

  /// The stand-in for value() of this softness.
  /// @param slope E, written: d stand-in / d loss, not negative, 0 where the weight is 0. At the
  /// optimum these weigh what a check gains, and the mean in bits a byte; of any sum
  /// @return may be infinite, as a loss may be
  virtual double smooth(std::span<const double> weight, std::span<const double> loss,
                        double softness, std::span<double> slope) const = 0;

  /// The height h at `loss` of a plane with the slopes of the last stand-in there that lies nowhere
  /// above the objective: h + sum slope[e] * (other[e] - loss[e]) <= value(other). The certificate
  /// follows from it. For what is smooth by itself it is the tangent; others say theirs.
  virtual double plane(std::span<const double> weight, std::span<const double> loss,
                       std::span<const double> slope) const;

  /// What value() is, in words: "mean loss". @param weight E
  virtual std::string value_words(std::span<const double> weight) const = 0;

  /// The same with the sets that count: "mean loss of web and code".
  /// @param reference what rises are counted from: "the default's"
  virtual std::string words(std::span<const double> weight, const std::string& sets,
                            const std::string& reference) const = 0;
};

/// Names in the order of objectives.def.
std::vector<std::string> objective_names();

/// The objective of a name, as it is without a setting.
/// @throws UsageError if there is none of this name, naming those there are
const Objective& find_objective(std::string_view name);
/// The same with a setting, for those that ask for one. It lives as long as the program.
const Objective& find_objective(std::string_view name, const ObjectiveSetting& setting);

/// How an objective of these weights is told.
/// @param weight E, 0 for sets that do not count @param reference see Objective::words
data::ObjectiveWords words_of(const Objective& objective, std::span<const double> weight,
                              const data::DomainSet& domains,
                              const std::string& reference = "the default's");

}  // namespace bimix::mix
