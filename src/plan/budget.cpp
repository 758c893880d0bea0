#include <bimix/core/text.hpp>
#include <bimix/plan/design.hpp>

#include <fmt/format.h>

#include <cmath>

namespace bimix::plan {
namespace {

std::optional<double> amount_before(std::string_view text, std::string_view unit) {
  if (!text.ends_with(unit)) return std::nullopt;
  return core::parse_number(core::trimmed(text.substr(0, text.size() - unit.size())));
}

}  // namespace

std::optional<Budget> Budget::from(std::string_view text) {
  const auto budget = [](double amount, Unit unit) -> std::optional<Budget> {
    if (!(amount > 0) || std::isinf(amount)) return std::nullopt;
    return Budget{amount, unit};
  };
  if (const auto trials = amount_before(text, "trials"))
    return *trials == std::floor(*trials) ? budget(*trials, Unit::trials) : std::nullopt;
  if (const auto flop = amount_before(text, "FLOP")) return budget(*flop, Unit::flop);
  if (const auto seconds = core::parse_seconds(text)) return budget(*seconds / 3600, Unit::hours);
  return std::nullopt;
}

std::string Budget::text() const {
  switch (unit) {
    case Unit::trials:
      return fmt::format("{:.0f} trials", amount);
    case Unit::flop:
      return fmt::format("{} FLOP", amount);
    case Unit::hours:
      break;
  }
  return fmt::format("{:.0f}s", amount * 3600);
}

std::string Budget::unit_text() const {
  switch (unit) {
    case Unit::trials:
      return "trials";
    case Unit::flop:
      return "FLOP";
    case Unit::hours:
      break;
  }
  return "hours";
}

}  // namespace bimix::plan
