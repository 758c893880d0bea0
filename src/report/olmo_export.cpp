/// OLMo-core: a SourceMixtureList, whose target ratios must add up to 1. max_repetition_ratio is
/// how often a source may be gone through; it is given where the mixture needs more than one epoch.

#include "exporter.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cmath>

namespace bimix::report {

std::string export_olmo(const ExportInput& input) {
  return yaml_of_blend(
      input, {"sources"}, YamlBlock::list, [](YAML::Emitter& out, const BlendPart& part) {
        out << YAML::BeginMap << YAML::Key << "source_name" << YAML::Value << YAML::DoubleQuoted
            << part.domain << YAML::Key << "target_ratio" << YAML::Value << share_text(part.share)
            << YAML::Comment(amount_text(part));
        if (part.epochs > 1)
          out << YAML::Key << "max_repetition_ratio" << YAML::Value
              << fmt::format("{:.2f}", std::ceil(part.epochs * 100) / 100);
        out << YAML::Key << "paths" << YAML::Value << YAML::BeginSeq << YAML::DoubleQuoted
            << part.path << YAML::EndSeq << YAML::EndMap;
      });
}

}  // namespace bimix::report
