/// DoReMi: a domain configuration, with a weight for each domain's name (--path). Evaluation weighs
/// the same domains equally.

#include "exporter.hpp"

#include <bimix/data/json.hpp>

namespace bimix::report {

std::string export_doremi(const ExportInput& input) {
  const std::vector<BlendPart> parts = blend_of(input);
  data::Json train = data::Json::object(), eval = data::Json::object();
  for (const BlendPart& part : parts) {
    // Read from its text: the number then has six decimals, not seventeen.
    train[part.path] = std::stod(share_text(part.share));
    eval[part.path] = 1.0 / static_cast<double>(parts.size());
  }
  return data::Json{{"train_domain_weights", train}, {"eval_domain_weights", eval}}.dump(2) + "\n";
}

}  // namespace bimix::report
