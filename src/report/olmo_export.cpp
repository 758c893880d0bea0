/// OLMo-core: a SourceMixtureList, whose target ratios must add up to 1. max_repetition_ratio is
/// how often a source may be gone through; it is given where the mixture needs more than one epoch.

#include "exporter.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cmath>

namespace bimix {

std::string export_olmo(const ExportInput& input) {
  YAML::Emitter out;
  out << YAML::Comment(heading_text(input)) << YAML::Newline << YAML::BeginMap << YAML::Key
      << "sources" << YAML::Value << YAML::BeginSeq;
  for (const BlendPart& part : blend_of(input)) {
    out << YAML::BeginMap << YAML::Key << "source_name" << YAML::Value << YAML::DoubleQuoted
        << part.domain << YAML::Key << "target_ratio" << YAML::Value << share_text(part.share)
        << YAML::Comment(amount_text(part));
    if (part.epochs > 1)
      out << YAML::Key << "max_repetition_ratio" << YAML::Value
          << fmt::format("{:.2f}", std::ceil(part.epochs * 100) / 100);
    out << YAML::Key << "paths" << YAML::Value << YAML::BeginSeq << YAML::DoubleQuoted << part.path
        << YAML::EndSeq << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace bimix
