#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the columns of other people's tables are, told by their names.
namespace bimix::replay {

/// What the x axis of a log counts.
enum class AxisKind { none, steps, tokens, other };

struct Axis {
  AxisKind kind = AxisKind::none;
  double scale = 1.0;  ///< 1e9 where the name says billions
};

/// `step`, `iter`, `trainer/global_step`, `time/batch`: steps; `tokens`, `n_tokens`, `tokens (B)`:
/// tokens; epochs, samples and times are other axes.
Axis axis_of(const std::string& column);

/// The columns that count steps, or tokens; first those that are most surely meant (global_step
/// before _step).
std::vector<std::size_t> axis_columns(const std::vector<std::string>& header, AxisKind kind);

/// Whether there is a column of steps or tokens.
bool has_axis(const std::vector<std::string>& header);

/// The column that has the first of these names that one has, letter case aside.
std::optional<std::size_t> column_called(const std::vector<std::string>& header,
                                         std::initializer_list<std::string_view> names);

/// Columns that tell rows of a run apart besides an axis: the model size, the repeat, the
/// evaluation set, and the metric of a column `value`.
std::optional<std::size_t> parameters_column(const std::vector<std::string>& header);
std::optional<std::size_t> repeat_column(const std::vector<std::string>& header);
std::optional<std::size_t> set_column(const std::vector<std::string>& header);
std::optional<std::size_t> metric_column(const std::vector<std::string>& header);

/// The column that names runs: run, run_id, run_name, ... in this order.
/// @param with_numbers also index, which numbers the rows of pairs of tables
std::optional<std::size_t> run_column(const std::vector<std::string>& header, bool with_numbers);

/// Whether a column of this name goes with a run beside its name: index, group, tags, ...
bool describes_run(const std::string& column);

/// Whether a column of this name is a setting or a count (lr, seed, batch_size), and a share only
/// where its numbers prove it.
bool names_setting(const std::string& column);

}  // namespace bimix::replay
