/// Megatron-LM: weights and dataset prefixes by turns, separated by white space, as --data-path
/// takes them and as the file of --data-args-path holds them. A prefix is a dataset's name without
/// .bin and .idx. White space in one would be read as two words, so it is refused.

#include "exporter.hpp"

#include <fmt/format.h>

namespace bimix::report {

std::string export_megatron(const ExportInput& input) {
  std::string text;
  for (const BlendPart& part : blend_of(input)) {
    if (part.path.find_first_of(" \t\r\n") != std::string::npos)
      throw core::UsageError(
          core::Complaint{.place = "--path",
                          .problem = fmt::format("'{}' has white space in it", part.path),
                          .rule = "Megatron-LM separates prefixes by white space",
                          .remedy = "Rename it, or use --to megatron-blend"});
    text += share_text(part.share) + " " + part.path + "\n";
  }
  return text;
}

}  // namespace bimix::report
