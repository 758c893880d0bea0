#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <string_view>

namespace bimix::config {

/// The mapping that a campaign's text is.
/// @throws UsageError naming file, line and column for text that is not UTF-8, no YAML (a tab is
///   named as one), several documents, and for what is no mapping
YAML::Node load_document(std::string_view text, const std::string& file);

}  // namespace bimix::config
