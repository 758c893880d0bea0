/// NeMo: the list of weights and prefixes by turns at model.data.data_prefix of a GPT
/// configuration.

#include "exporter.hpp"

#include <yaml-cpp/yaml.h>

namespace bimix {

std::string export_nemo(const ExportInput& input) {
  YAML::Emitter out;
  out << YAML::Comment(heading_text(input)) << YAML::Newline << YAML::BeginMap << YAML::Key
      << "model" << YAML::Value << YAML::BeginMap << YAML::Key << "data" << YAML::Value
      << YAML::BeginMap << YAML::Key << "data_prefix" << YAML::Value << YAML::BeginSeq;
  for (const BlendPart& part : blend_of(input))
    out << share_text(part.share) << YAML::Comment(amount_text(part)) << YAML::DoubleQuoted
        << part.path;
  out << YAML::EndSeq << YAML::EndMap << YAML::EndMap << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace bimix
