#include "bimix_words.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace bimix::law {
namespace {

/// Where the law has a parameter of that name.
std::size_t place_of(const Law& law, const std::string& name) {
  const std::vector<std::string> names = law.parameters(0);
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

LawWords bimix_words(const Law& law) {
  using Kind = CoefficientColumn::Kind;
  const auto fitted = [&](std::string title, const std::string& name, std::optional<int> decimals) {
    const std::size_t place = place_of(law, name);
    return CoefficientColumn{
        Kind::value, std::move(title), place, decimals,
        [place](std::span<const double> parameter, double) { return parameter[place]; }};
  };
  const auto interval = [&](const std::string& name) {
    return CoefficientColumn{.kind = Kind::interval, .parameter = place_of(law, name)};
  };
  const auto floor = [&law](std::span<const double> parameter, double last_size) {
    constexpr double endless = std::numeric_limits<double>::infinity();
    return law.power_section(parameter, endless, last_size)->scale;
  };
  LawWords words{.formula = "L = r^-alpha (B / s^beta + C)",
                 .symbols = "r the own share, s the volume",
                 .gauge = "the paper's A set to 1",
                 .of_last_size = "C is Q + R / N^gamma there",
                 .columns = {fitted("alpha", "alpha", 4),
                             interval("alpha"),
                             {.kind = Kind::profile},
                             fitted("B", "P", {}),
                             fitted("beta", "beta", 4),
                             interval("beta"),
                             {Kind::value, "C", 0, 4, floor},
                             {.kind = Kind::observations},
                             {.kind = Kind::error}}};
  if (law.sees_model_size()) {
    words.columns.push_back(fitted("R", "R", {}));
    words.columns.push_back(fitted("gamma", "gamma", 4));
  }
  return words;
}

}  // namespace bimix::law
