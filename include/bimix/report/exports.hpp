#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bimix::report {

/// What is exported: a run, and a mixture of it for a trainer.
struct ExportInput {
  data::RunRecord record{};
  data::Mixture share{};                ///< K; empty if there is none yet
  double tokens = 0.0;                  ///< the volume that the mixture is for
  std::vector<double> unique_tokens{};  ///< K different tokens of each domain; 0 or empty: unknown
  std::vector<std::string> paths{};  ///< K: where the trainer finds each domain; a dataset's prefix
};

/// One domain of a mixture, as a trainer reads it.
struct BlendPart {
  std::string domain{};
  std::string path{};
  double share = 0.0;   ///< a multiple of 1e-6
  double tokens = 0.0;  ///< share of the volume
  double epochs = 0.0;  ///< how often that goes through the domain; 0: unknown
  bool operator==(const BlendPart&) const = default;
};

/// The mixture without the domains that it does not use: trainers refuse weights of 0. Shares are
/// rounded so that they still add up to 1 (the largest takes the rest).
std::vector<BlendPart> blend_of(const ExportInput& input);

/// What of a run an export holds, and so what must be known for it.
enum class ExportOf {
  losses,      ///< of the trials, as logs
  comparison,  ///< what some runs say beside others; refused without these
  mixture,     ///< one mixture for a volume, as a trainer reads it
  everything,  ///< with what is derived: laws, optimum, check
  description  ///< what it is and how it was made, without its numbers
};

/// A form in which a run or its mixture can be written.
struct Exporter {
  std::string name{};
  std::string meaning{};
  ExportOf of = ExportOf::losses;
};

/// Registered exporters (src/report/exporters.def).
std::vector<Exporter> exporters();

/// @throws UsageError naming `--to` if there is no such exporter
Exporter find_exporter(std::string_view name);

/// The file's text, ending in a line end. What each format is, and whose grammar it follows, is at
/// the head of its source.
/// @throws UsageError for an unknown name, and for a path that the format cannot hold
/// @throws DataError if a mixture is asked for and there is none
std::string export_text(std::string_view name, const ExportInput& input);

}  // namespace bimix::report
