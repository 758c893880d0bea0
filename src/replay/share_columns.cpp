#include "share_columns.hpp"

#include "cells.hpp"
#include "columns.hpp"
#include "metrics.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace bimix::replay {
namespace {

using Columns = std::vector<std::size_t>;
using Sums = std::vector<double>;

bool holds(const Columns& columns, std::size_t i) {
  return std::find(columns.begin(), columns.end(), i) != columns.end();
}

/// A loss or a score, of training too: behind a word for evaluation the reader of metrics tells.
bool names_metric(const std::string& name) {
  return metric_of("eval/of/" + name).kind != Metric::Kind::other;
}

/// Whether a column of this name stands beside shares and is none.
bool goes_beside(const std::string& name) {
  return describes_run(name) || names_setting(name) || names_metric(name);
}

Columns without_known(const CsvFile& file, const Columns& columns) {
  Columns kept;
  for (const std::size_t i : columns)
    if (!goes_beside(file.header[i])) kept.push_back(i);
  return kept;
}

/// The candidates that are numbers from 0 on in every row, with these numbers.
class Numbers {
 public:
  Numbers(const CsvFile& file, const Columns& candidates) : rows_(file.rows.size()) {
    for (const std::size_t i : candidates) {
      std::vector<double> numbers;
      for (const CsvRow& row : file.rows) {
        const auto number = share_in(row.cells[i]);
        if (!number || *number < 0) break;
        numbers.push_back(*number);
      }
      if (numbers.size() != rows_) continue;
      columns_.push_back(i);
      numbers_.emplace(i, std::move(numbers));
    }
  }

  const Columns& columns() const { return columns_; }
  std::size_t rows() const { return rows_; }
  const std::vector<double>& of(std::size_t column) const { return numbers_.at(column); }

  void add_to(Sums& sums, std::size_t column) const {
    for (std::size_t row = 0; row < rows_; ++row) sums[row] += of(column)[row];
  }
  Sums sums(const Columns& columns) const {
    Sums sums(rows_);
    for (const std::size_t i : columns) add_to(sums, i);
    return sums;
  }
  bool varies(std::size_t column) const {
    const auto& numbers = of(column);
    return std::adjacent_find(numbers.begin(), numbers.end(), std::not_equal_to<>()) !=
           numbers.end();
  }

 private:
  std::size_t rows_;
  Columns columns_{};
  std::map<std::size_t, std::vector<double>> numbers_{};
};

/// What rows of shares sum to.
struct Total {
  double wanted = 0.0;  ///< 0: whatever the first row sums to
  double tolerance = 0.0;
};
constexpr double exact = 1e-6;  // printed with six digits and more
constexpr double rough = 0.01;  // printed with two or three; Olmix's own tolerance
constexpr double percent = 100.0;
constexpr Total alike{0.0, 1e-3};

/// How many of the sums are the total.
std::size_t count_near(const Sums& sums, Total total) {
  const double wanted = total.wanted > 0 || sums.empty() ? total.wanted : sums.front();
  return static_cast<std::size_t>(std::count_if(sums.begin(), sums.end(), [&](double sum) {
    return wanted > 0 && std::abs(sum - wanted) <= total.tolerance * wanted;
  }));
}

bool all_near(const Sums& sums, Total total) { return count_near(sums, total) == sums.size(); }
bool most_near_1(const Sums& sums) { return 2 * count_near(sums, {1.0, rough}) > sums.size(); }

/// Shares are of several domains at once: a column of ones beside a small number is no mixture.
bool are_mixed(const Numbers& numbers, const Columns& columns) {
  const auto is_part = [&](std::size_t i) {
    return std::any_of(numbers.of(i).begin(), numbers.of(i).end(),
                       [](double share) { return share > rough && share < 1.0 - rough; });
  };
  return std::count_if(columns.begin(), columns.end(), is_part) > 1;
}

/// What the name of a share says besides the domain.
struct Affix {
  std::string_view head, tail;

  std::optional<std::string> domain_in(const std::string& name) const {
    if (name.size() <= head.size() + tail.size() || !name.starts_with(head) ||
        !name.ends_with(tail))
      return std::nullopt;
    return name.substr(head.size(), name.size() - head.size() - tail.size());
  }
  ShareColumns with(Columns columns) const {
    return {std::move(columns), head.size(), tail.size()};
  }
};
constexpr std::string_view in_training = "train_";  // in tables of curves: what is measured there
constexpr std::array affixes{
    Affix{"share/", ""},  Affix{"shares/", ""}, Affix{"mixture/", ""},  Affix{"weight/", ""},
    Affix{"share_", ""},  Affix{"weight_", ""}, Affix{in_training, ""}, Affix{"", "_share"},
    Affix{"", "_weight"}, Affix{"", "_tokens"}, Affix{"", "_percent"},  Affix{"", "_pct"},
    Affix{"", " (%)"},    Affix{"", "_ratio"},  Affix{"", "_fraction"}, Affix{"", "_proportion"}};

/// With what all of their names say besides the domain, if they do.
ShareColumns named(const CsvFile& file, Columns columns) {
  for (const Affix& affix : affixes)
    if (std::all_of(columns.begin(), columns.end(),
                    [&](std::size_t i) { return affix.domain_in(file.header[i]).has_value(); }))
      return affix.with(std::move(columns));
  return {std::move(columns)};
}

/// Columns whose names say that they are shares. One name alone may be a setting (`weight_decay`)
/// or a domain (`train_tickets`): it counts where all columns but the known ones are such.
/// @param numbers of the candidates
std::optional<ShareColumns> said_by_names(const CsvFile& file, const Columns& candidates,
                                          const Numbers& numbers, bool is_curve) {
  const Columns plain = without_known(file, numbers.columns());
  for (const Affix& affix : affixes) {
    const bool by_head = affix.tail.empty();
    if (is_curve && (affix.head == in_training || !by_head)) continue;
    Columns columns;
    for (const std::size_t i : candidates) {
      const auto domain = affix.domain_in(file.header[i]);
      // Tokens of a domain are called like a count of all; only the domain tells them apart.
      if (domain && !goes_beside(*domain) && !(by_head && goes_beside(file.header[i])))
        columns.push_back(i);
    }
    const auto is_in = [&](std::size_t i) { return holds(columns, i); };
    const bool are_all = std::all_of(plain.begin(), plain.end(), is_in);
    const bool are_numbers = std::all_of(
        columns.begin(), columns.end(), [&](std::size_t i) { return holds(numbers.columns(), i); });
    const bool others_are_needed = all_near(numbers.sums(plain), {1.0, exact}) &&
                                   !(are_numbers && all_near(numbers.sums(columns), {1.0, exact}));
    const bool are_several = columns.size() > 1;
    if (by_head ? (!columns.empty() && are_all) || (are_several && !others_are_needed)
                : are_several && are_all)
      return affix.with(std::move(columns));
  }
  return std::nullopt;
}

/// The columns of the domains that the user names, by their whole names or without what these say
/// besides.
std::optional<ShareColumns> told(const CsvFile& file, const Columns& candidates,
                                 const std::vector<std::string>& domains) {
  if (domains.empty()) return std::nullopt;
  const auto find = [&](const Affix& affix) -> std::optional<ShareColumns> {
    Columns columns;
    for (const std::string& domain : domains)
      for (const std::size_t i : candidates)
        if (affix.domain_in(file.header[i]) == domain) columns.push_back(i);
    if (columns.size() != domains.size()) return std::nullopt;
    return affix.with(std::move(columns));
  };
  auto whole = find({});
  for (std::size_t i = 0; i < affixes.size() && !whole; ++i) whole = find(affixes[i]);
  return whole;
}

/// The most of the columns whose rows have the total, all but one or a stretch of neighbours; none
/// if all columns have it.
std::optional<Columns> part_with(const Numbers& numbers, const Columns& columns, Total total) {
  constexpr std::size_t fewest_rows = 6;  // sums of few are near each other by chance
  if (columns.size() < 3 || (total.tolerance > exact && numbers.rows() < fewest_rows) ||
      all_near(numbers.sums(columns), total))
    return std::nullopt;
  const auto is_mixture = [&](const Columns& part) {
    return numbers.rows() == 1 || std::count_if(part.begin(), part.end(), [&](std::size_t i) {
                                    return numbers.varies(i);
                                  }) > 1;
  };
  std::optional<Columns> most;
  const auto consider = [&](const Sums& sums, const Columns& part) {
    if ((!most || part.size() > most->size()) && all_near(sums, total) && is_mixture(part))
      most = part;
  };
  for (std::size_t k = 0; k < columns.size(); ++k) {
    Columns others = columns;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
    consider(numbers.sums(others), others);
  }
  for (std::size_t first = 0; first < columns.size(); ++first) {
    Sums sums(numbers.rows());
    Columns stretch;
    for (std::size_t k = first; k < columns.size(); ++k) {
      numbers.add_to(sums, columns[k]);
      stretch.push_back(columns[k]);
      if (stretch.size() > 1) consider(sums, stretch);
    }
  }
  return most;
}

std::string them(const Columns& columns) { return columns.size() == 1 ? "it" : "them"; }

/// A setting under a name that is not known here would be a domain.
/// @param domains those that are probably meant
[[noreturn]] void refuse_odd(const CsvFile& file, const Columns& odd, const Columns& domains,
                             const std::string& problem, const std::string& rule) {
  const auto names_of = [&](const Columns& columns) {
    std::vector<std::string> names;
    for (const std::size_t i : columns) names.push_back(file.header[i]);
    return names;
  };
  std::vector<std::string> quoted;
  for (const std::string& name : names_of(odd)) quoted.push_back("'" + name + "'");
  throw bad_line(
      file.path, 1,
      fmt::format("column{} {} {}", odd.size() == 1 ? "" : "s", core::join_words(quoted), problem),
      rule,
      fmt::format("Remove {}, or name the domains: --domains {}", them(odd),
                  core::shell_word(fmt::format("{}", fmt::join(names_of(domains), ",")))));
}

/// The columns that have the total without known ones. @throws DataError where unknown ones must be
/// left out too
std::optional<Columns> part_without_known(const CsvFile& file, const Numbers& numbers,
                                          const Columns& columns, Total total) {
  auto part = part_with(numbers, columns, total);
  if (!part) return std::nullopt;
  if (total.wanted == 0.0)  // which a column that is the same in every row leaves as it was
    std::erase_if(*part, [&](std::size_t i) { return !numbers.varies(i); });
  Columns odd;
  for (const std::size_t i : without_known(file, columns))
    if (!holds(*part, i)) odd.push_back(i);
  if (odd.empty()) return part;
  refuse_odd(file, odd, *part, odd.size() == 1 ? "seems to be no share" : "seem to be no shares",
             total.wanted > 0
                 ? fmt::format("every row sums to {:g} without {}", total.wanted, them(odd))
                 : "all rows have one sum without " + them(odd));
}

constexpr std::size_t enough_rows = 3;  // in which a domain would hardly have one weight

std::string same_everywhere(const Columns& columns) {
  return columns.size() == 1 ? "is the same in every row" : "are the same in every row";
}

/// Weights and counts of any sum prove nothing about a column of another kind among them: refused
/// is what is the same in every row, or next to nothing beside the others, or they beside it.
void refuse_doubtful(const CsvFile& file, const Numbers& numbers, const Columns& columns) {
  constexpr double next_to_nothing = 1e-6;
  if (numbers.rows() < enough_rows) return;
  const Sums sums = numbers.sums(columns);
  Columns constant, unlike, kept;
  for (const std::size_t i : columns) {
    const std::vector<double>& number = numbers.of(i);
    const auto all = [&](const auto& claim) {
      for (std::size_t row = 0; row < numbers.rows(); ++row)
        if (!claim(number[row], sums[row])) return false;
      return true;
    };
    const bool is_zero = all([](double share, double) { return share == 0.0; });
    const bool is_unlike =
        all([](double share, double sum) { return share < next_to_nothing * sum; }) ||
        all([](double share, double sum) { return share > (1.0 - next_to_nothing) * sum; });
    if (!is_zero && !numbers.varies(i))
      constant.push_back(i);
    else if (!is_zero && is_unlike)
      unlike.push_back(i);
    else
      kept.push_back(i);
  }
  constexpr const char* rule = "settings are like that, domains hardly";
  if (!constant.empty() && constant.size() < columns.size())
    refuse_odd(file, constant, kept, same_everywhere(constant), rule);
  if (!unlike.empty() && unlike.size() < columns.size())
    refuse_odd(file, unlike, kept,
               unlike.size() == 1 ? "is of another size than the others"
                                  : "are of another size than the others",
               rule);
}

/// The candidates in which at least one cell is a number: the others are notes. All where there
/// are none.
Columns with_numbers(const CsvFile& file, const Columns& candidates) {
  Columns columns;
  for (const std::size_t i : candidates)
    if (std::any_of(file.rows.begin(), file.rows.end(),
                    [&](const CsvRow& row) { return share_in(row.cells[i]).has_value(); }))
      columns.push_back(i);
  return columns.empty() ? candidates : columns;
}

/// Tells shares by their sums.
class BySums {
 public:
  BySums(const CsvFile& file, const Numbers& numbers, const ReplayOptions& options, Evidence needed)
      : file_(file),
        numbers_(numbers),
        plain_(without_known(file, numbers.columns())),
        normalise_(options.normalise),
        needed_(needed) {}

  std::optional<Columns> columns() const {
    if (auto proven = with_exact_total()) return proven;
    if (needed_ == Evidence::certain) return std::nullopt;
    for (const double wanted : totals())
      for (const Columns& columns : {plain_, numbers_.columns()})
        if (auto part = part_without_known(file_, numbers_, columns, {wanted, exact})) return part;
    return with_rough_total();
  }

 private:
  bool is_stated() const { return needed_ == Evidence::stated; }
  std::vector<double> totals() const {
    return normalise_ ? std::vector{1.0, percent} : std::vector{1.0};
  }
  bool has(const Columns& columns, Total total) const {
    return columns.size() > 1 && all_near(numbers_.sums(columns), total);
  }

  /// Known names are shares only where the sum needs them.
  std::optional<Columns> with_exact_total() const {
    for (const double wanted : totals())
      for (const Columns& columns : {plain_, numbers_.columns()})
        if (has(columns, {wanted, exact})) return columns;
    return std::nullopt;
  }

  std::optional<Columns> with_rough_total() const {
    for (const Columns& columns : {plain_, numbers_.columns()})
      if (columns.size() > 1 && most_near_1(numbers_.sums(columns)) &&
          (is_stated() || are_mixed(numbers_, columns))) {
        refuse_idle(columns, {1.0, rough});
        return columns;
      }
    if (normalise_ && has(plain_, {percent, rough})) {
      refuse_idle(plain_, {percent, rough});
      return plain_;
    }
    if (is_stated())
      for (const double wanted : totals())
        if (auto part = part_without_known(file_, numbers_, plain_, {wanted, rough})) return part;
    if (!normalise_) return std::nullopt;
    if (is_stated())
      if (auto part = part_without_known(file_, numbers_, plain_, alike)) return part;
    const bool are_alike = numbers_.rows() > 1 && has(plain_, alike);
    if (is_stated() || are_alike) refuse_doubtful(file_, numbers_, plain_);
    if (are_alike) return plain_;
    return std::nullopt;
  }

  /// Refuses columns that are the same in every row and that the total does not need.
  void refuse_idle(const Columns& columns, Total total) const {
    if (numbers_.rows() < enough_rows) return;
    Columns idle, needed;
    for (const std::size_t i : columns) {
      Columns others = columns;
      std::erase(others, i);
      const bool is_idle =
          !numbers_.varies(i) && numbers_.of(i).front() > 0.0 && has(others, total);
      (is_idle ? idle : needed).push_back(i);
    }
    if (!idle.empty())
      refuse_odd(file_, idle, needed, same_everywhere(idle),
                 fmt::format("rows sum to {:g} without {} too", total.wanted, them(idle)));
  }

  const CsvFile& file_;
  const Numbers& numbers_;
  Columns plain_;
  bool normalise_;
  Evidence needed_;
};

}  // namespace

std::optional<ShareColumns> share_columns(const CsvFile& file, const Columns& candidates,
                                          const ReplayOptions& options, Evidence needed) {
  if (auto columns = told(file, candidates, options.domains)) return columns;
  const bool is_stated = needed == Evidence::stated;
  const Numbers numbers(file, candidates);
  // Of a table that is stated to be one of mixtures a cell that is no number is to be named.
  const Columns meant = is_stated ? with_numbers(file, candidates) : numbers.columns();
  if (auto columns = said_by_names(file, meant, numbers, needed == Evidence::certain))
    return columns;
  if (auto columns = BySums(file, numbers, options, needed).columns())
    return named(file, std::move(*columns));
  if (is_stated) return named(file, without_known(file, meant));
  return std::nullopt;
}

}  // namespace bimix::replay
