/// RegMix: the `train` part of a mixture configuration, a weight for each dataset name (--path).

#include "exporter.hpp"

#include <yaml-cpp/yaml.h>

namespace bimix {

std::string export_regmix(const ExportInput& input) {
  YAML::Emitter out;
  out << YAML::Comment(heading_text(input)) << YAML::Newline << YAML::BeginMap << YAML::Key
      << "train" << YAML::Value << YAML::BeginMap;
  for (const BlendPart& part : blend_of(input))
    out << YAML::Key << YAML::DoubleQuoted << part.path << YAML::Value << share_text(part.share)
        << YAML::Comment(amount_text(part));
  out << YAML::EndMap << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace bimix
