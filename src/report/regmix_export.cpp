/// RegMix: the `train` part of a mixture configuration, a weight for each dataset name (--path).

#include "exporter.hpp"

#include <yaml-cpp/yaml.h>

namespace bimix::report {

std::string export_regmix(const ExportInput& input) {
  return yaml_of_blend(input, {"train"}, YamlBlock::map,
                       [](YAML::Emitter& out, const BlendPart& part) {
                         out << YAML::Key << YAML::DoubleQuoted << part.path << YAML::Value
                             << share_text(part.share) << YAML::Comment(amount_text(part));
                       });
}

}  // namespace bimix::report
