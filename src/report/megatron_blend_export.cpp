/// Megatron-LM: the JSON file of --per-split-data-args-path. Each split has weights and prefixes by
/// turns, all of them strings; null is a split that is not built. The mixture is of training data;
/// validation and test are the user's to fill in.

#include "exporter.hpp"

#include <bimix/data/json.hpp>

namespace bimix::report {

std::string export_megatron_blend(const ExportInput& input) {
  data::Json train = data::Json::array();
  for (const BlendPart& part : blend_of(input)) {
    train.push_back(share_text(part.share));
    train.push_back(part.path);
  }
  return data::Json{{"train", train}, {"valid", nullptr}, {"test", nullptr}}.dump(2) + "\n";
}

}  // namespace bimix::report
