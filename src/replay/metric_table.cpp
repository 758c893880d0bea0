#include "metric_table.hpp"

#include "cells.hpp"
#include "columns.hpp"
#include "metrics.hpp"
#include "pool_table.hpp"
#include "share_table.hpp"
#include "table_rows.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace bimix::replay {
namespace {

/// TensorBoard's download is called run-<run>-tag-<tag>.csv.
struct NamedDownload {
  std::string run{}, tag{};
};

std::optional<NamedDownload> download_of(const std::string& path) {
  const std::string name = std::filesystem::path(path).stem().string();
  constexpr std::string_view head = "run-", middle = "-tag-";
  const std::size_t at = name.find(middle);
  if (!name.starts_with(head) || at == std::string::npos || at <= head.size()) return std::nullopt;
  return NamedDownload{name.substr(head.size(), at - head.size()), name.substr(at + middle.size())};
}

class MetricTable {
 public:
  MetricTable(const CsvFile& file, const std::string& run, const ReplayOptions& options,
              LogBuilder& builder)
      : file_(file), options_(options), builder_(builder), metric_(options), file_run_(run) {
    steps_ = axis_columns(file.header, AxisKind::steps);
    tokens_ = axis_columns(file.header, AxisKind::tokens);
    run_ = run_column(file.header, !has_axis());
    value_ = column_called(file.header, {"value"});
    name_ = metric_column(file.header);
    parameters_ = parameters_column(file.header);
    repeat_ = repeat_column(file.header);
    set_ = set_column(file.header);
    pools_ = pool_columns(file.header);
    leave_out_batch_sizes();
    for (std::size_t i = 0; i < file.header.size(); ++i)
      if (!holds(steps_, i) && !holds(tokens_, i) && i != run_ && i != value_ && i != name_ &&
          i != parameters_ && i != repeat_ && i != set_ && !is_pool(pools_, i))
        others_.push_back(i);
  }

  void read() {
    if (value_ && has_axis()) return read_values();
    split_metrics();
    const bool has_shares = run_ && read_shares();
    if (losses_.empty() && !has_shares && !has_axis()) take_all_as_losses();
    if (losses_.empty() && !has_shares) refuse_without_losses();
    for (const std::size_t i : others_)
      if (!describes_run(file_.header[i]))
        builder_.pass_over("columns that are no evaluation loss", file_.header[i]);
    losses_.insert(losses_.end(), perplexities_.begin(), perplexities_.end());
    for (const CsvRow& row : file_.rows)
      for (const auto& [column, metric] : losses_)
        add(row, metric, file_.header[column], row.cells[column]);
  }

 private:
  /// Without names of runs, rows that may differ in their pools are runs of their own.
  std::string run_of(const CsvRow& row) const {
    if (run_) return std::string(core::trimmed(row.cells[*run_]));
    return pools_.empty() ? file_run_ : fmt::format("{}:{}", file_run_, row.line);
  }
  bool has_axis() const { return !steps_.empty() || !tokens_.empty(); }
  static bool holds(const std::vector<std::size_t>& columns, std::size_t i) {
    return std::find(columns.begin(), columns.end(), i) != columns.end();
  }
  /// The first of the columns that is not blank in the row.
  static std::optional<std::size_t> filled(const CsvRow& row,
                                           const std::vector<std::size_t>& columns) {
    for (const std::size_t i : columns)
      if (!core::trimmed(row.cells[i]).empty()) return i;
    return std::nullopt;
  }

  /// A column of tokens that does not grow with the steps of a run counts batches.
  void leave_out_batch_sizes() {
    std::erase_if(tokens_, [&](std::size_t column) {
      std::map<std::string_view, std::pair<double, double>> before;  // by run: step, tokens
      for (const CsvRow& row : file_.rows) {
        const auto column_of_step = filled(row, steps_);
        if (!column_of_step) continue;
        const auto step = core::parse_number(core::trimmed(row.cells[*column_of_step]));
        const auto tokens = core::parse_number(core::trimmed(row.cells[column]));
        if (!step || !tokens) continue;
        const std::string_view run = run_ ? core::trimmed(row.cells[*run_]) : std::string_view();
        const auto [last, is_new] = before.try_emplace(run, *step, *tokens);
        if (!is_new && *step > last->second.first && *tokens <= last->second.second) {
          builder_.remark(fmt::format(
              "column '{}' does not grow with the steps: it is not taken for the volume",
              file_.header[column]));
          return true;
        }
        last->second = {*step, *tokens};
      }
      return false;
    });
  }

  /// Evaluation losses of their own columns; the others are counted.
  void split_metrics() {
    std::vector<std::size_t> rest;
    for (const std::size_t i : others_) {
      Metric metric = metric_(file_.header[i]);
      if (metric.kind == Metric::Kind::loss) {
        losses_.emplace_back(i, std::move(metric));
      } else {
        builder_.pass_over(metric, file_.header[i]);
        if (metric.kind == Metric::Kind::other) rest.push_back(i);
        if (metric.kind == Metric::Kind::perplexity)
          perplexities_.emplace_back(i, std::move(metric));
      }
    }
    others_ = std::move(rest);
  }

  bool read_shares() {
    // Shares and losses may stand in one table; what says loss is no share.
    std::vector<std::size_t> rest;
    for (const std::size_t i : others_)
      if (has_axis() || !says_loss(file_.header[i])) rest.push_back(i);
    const auto shares =
        share_columns(file_, rest, options_, has_axis() ? Evidence::certain : Evidence::likely);
    if (!shares) return false;
    add_shares(file_, *shares, *run_, options_, builder_);
    std::erase_if(others_, [&](std::size_t i) { return holds(shares->columns, i); });
    if (!has_axis() && !metric_.are_told()) take_those_that_say_loss();
    return true;
  }

  static bool says_loss(const std::string& name) {
    const Metric metric = plain_metric_of(name);
    return metric.kind == Metric::Kind::loss && metric.says_loss;
  }
  void take_those_that_say_loss() {
    std::erase_if(others_, [&](std::size_t i) {
      const std::string& name = file_.header[i];
      if (describes_run(name) || names_setting(name) || !says_loss(name)) return false;
      losses_.emplace_back(i, plain_metric_of(name));
      return true;
    });
  }

  void take_all_as_losses() {
    for (const std::size_t i : others_) {
      const std::string& name = file_.header[i];
      if (metric_.are_told() || describes_run(name)) continue;
      Metric metric = plain_metric_of(name);
      if (metric.kind == Metric::Kind::loss && names_setting(name))
        builder_.pass_over("columns that are no losses", name);
      else if (metric.kind != Metric::Kind::loss)
        builder_.pass_over(metric, name);
      else
        losses_.emplace_back(i, metric);
    }
    others_.clear();
  }

  [[noreturn]] void refuse_without_losses() const {
    std::vector<std::string> seen;
    for (const std::size_t i : others_) seen.push_back(file_.header[i]);
    throw bad_line(file_.path, 1, "no column is an evaluation loss",
                   metrics_rule(seen, metric_.are_told()), metrics_remedy);
  }

  /// One loss a row, its metric in a column beside it or in the file's name.
  void read_values() {
    const auto download = download_of(file_.path);
    if (!name_ && !download)
      throw bad_line(file_.path, 1, "no column names the metric of `value`",
                     "one of metric, key, tag does, or the file's name, run-<run>-tag-<metric>.csv",
                     "Add the column, or rename the file");
    std::set<std::string> passed;
    bool any = false;
    if (download && !run_) file_run_ = download->run;
    for (const CsvRow& row : file_.rows) {
      const std::string name =
          name_ ? std::string(core::trimmed(row.cells[*name_])) : download->tag;
      const Metric metric = metric_(name);
      if (metric.kind == Metric::Kind::loss) {
        add(row, metric, name, row.cells[*value_]);
        any = true;
      } else if (passed.insert(name).second) {
        builder_.pass_over(metric, name);
      }
    }
    if (any) return;
    throw bad_line(file_.path, 1, "no metric is an evaluation loss",
                   metrics_rule({passed.begin(), passed.end()}, metric_.are_told()),
                   metrics_remedy);
  }

  void add(const CsvRow& row, const Metric& metric, const std::string& name,
           const std::string& cell) {
    // The rows of a curve are the union of what was logged.
    if (has_axis() && core::trimmed(cell).empty()) return;
    LogCell entry{.run = run_of(row), .domain = metric.set};
    add_pools(file_, row, pools_, entry.run, builder_);
    if (set_ && metric.set == "all" && !core::trimmed(row.cells[*set_]).empty())
      entry.domain = core::trimmed(row.cells[*set_]);
    if (const auto i = filled(row, tokens_))
      entry.tokens = read_scaled_count(row.cells[*i], place_of(file_, row, *i),
                                       axis_of(file_.header[*i]).scale);
    if (const auto i = filled(row, steps_))
      entry.steps = read_count(row.cells[*i], place_of(file_, row, *i));
    if (parameters_)
      entry.parameters = read_size(row.cells[*parameters_], place_of(file_, row, *parameters_));
    if (repeat_) entry.repeat = read_repeat(row.cells[*repeat_], place_of(file_, row, *repeat_));
    builder_.add_metric(entry, metric, cell, {file_.path, row.line, name},
                        goes_back(entry, name) ? Again::replaces : Again::refused);
  }

  /// Whether a curve was taken up again at an earlier point, as a resumed run does. Another loss at
  /// the very point of the last one is no such thing, but the loss of something else.
  bool goes_back(const LogCell& entry, const std::string& metric) {
    if (!has_axis()) return false;
    const std::int64_t point = entry.steps ? *entry.steps : entry.tokens.value_or(0);
    Progress& progress = progress_[{entry.run, entry.repeat, entry.domain, metric}];
    progress.is_resumed = progress.is_resumed || point < progress.last;
    progress.last = point;
    return progress.is_resumed;
  }

  const CsvFile& file_;
  const ReplayOptions& options_;
  LogBuilder& builder_;
  MetricNames metric_;
  std::string file_run_;
  std::vector<std::size_t> steps_{}, tokens_{};
  std::optional<std::size_t> run_{}, value_{}, name_{}, parameters_{}, repeat_{}, set_{};
  std::vector<PoolColumn> pools_{};
  std::vector<std::size_t> others_{};
  struct Progress {
    std::int64_t last = -1;
    bool is_resumed = false;
  };
  using Curve = std::tuple<std::string, int, std::string, std::string>;  // run, repeat, set, metric
  std::map<Curve, Progress> progress_{};
  std::vector<std::pair<std::size_t, Metric>> losses_{}, perplexities_{};
};

}  // namespace

void read_metric_table(CsvFile file, const std::string& run, const ReplayOptions& options,
                       LogBuilder& builder) {
  take_seeds_for_repeats(file, builder);
  refuse_unknown_axis(file);
  MetricTable(file, run, options, builder).read();
}

}  // namespace bimix::replay
