#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/report/exports.hpp>
#include <bimix/report/tables.hpp>

#include <functional>
#include <string>
#include <vector>

namespace YAML {
class Emitter;
}

/// What exporters share.
namespace bimix::report {

#define BIMIX_EXPORTER(name, meaning, of, function) \
  std::string export_##function(const ExportInput& input);
#include "exporters.def"
#undef BIMIX_EXPORTER

/// A share as trainers read it: six decimals.
std::string share_text(double share);

/// "2.5B tokens, 1.30 epochs", for comments.
std::string amount_text(const BlendPart& part);

/// What the mixture is of and for, as a comment at the head of files that can hold one.
std::string heading_text(const ExportInput& input);

/// What holds a mixture's domains in a YAML file.
enum class YamlBlock { list, map };

/// A YAML file of a mixture: the heading as a comment and, below these keys, one in another, a
/// block with what `entry` writes for each domain.
std::string yaml_of_blend(const ExportInput& input, const std::vector<std::string>& keys,
                          YamlBlock block,
                          const std::function<void(YAML::Emitter&, const BlendPart&)>& entry);

/// One trial of the sweep as logs have it.
struct LoggedRun {
  std::string name{};  ///< the log's, or the mixture's label
  const data::TrialSpec* spec = nullptr;
  const data::TrialResult* result = nullptr;
};

/// Trials with losses, in plan order. Those of the check are left out: they test what the others
/// say.
std::vector<LoggedRun> logged_runs(const data::RunRecord& record);

/// True if some trial knows what it drew from.
bool has_pools(const data::RunRecord& record);

/// A pool as logs have it: "none" for an endless one, blank where it is not known.
std::string pool_cell(double unique_tokens);

/// number_cell; blank also for 0, of what is then unknown.
std::string known_cell(double value);

}  // namespace bimix::report
