/// MosaicML Streaming: streams with their proportion, as LLM Foundry's train_loader.dataset.streams
/// and the arguments of streaming.Stream. What has a scheme (s3://) is remote, all else local.

#include "exporter.hpp"

#include <yaml-cpp/yaml.h>

namespace bimix::report {

std::string export_mosaic(const ExportInput& input) {
  return yaml_of_blend(
      input, {"streams"}, YamlBlock::map, [](YAML::Emitter& out, const BlendPart& part) {
        const bool remote = part.path.find("://") != std::string::npos;
        out << YAML::Key << YAML::DoubleQuoted << part.domain << YAML::Value << YAML::BeginMap
            << YAML::Key << (remote ? "remote" : "local") << YAML::Value << YAML::DoubleQuoted
            << part.path << YAML::Key << "proportion" << YAML::Value << share_text(part.share)
            << YAML::Comment(amount_text(part)) << YAML::EndMap;
      });
}

}  // namespace bimix::report
