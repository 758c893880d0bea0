/// NeMo: the list of weights and prefixes by turns at model.data.data_prefix of a GPT
/// configuration.

#include "exporter.hpp"

#include <yaml-cpp/yaml.h>

namespace bimix::report {

std::string export_nemo(const ExportInput& input) {
  return yaml_of_blend(input, {"model", "data", "data_prefix"}, YamlBlock::list,
                       [](YAML::Emitter& out, const BlendPart& part) {
                         out << share_text(part.share) << YAML::Comment(amount_text(part))
                             << YAML::DoubleQuoted << part.path;
                       });
}

}  // namespace bimix::report
