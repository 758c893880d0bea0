#pragma once

#include "csv.hpp"
#include "log_builder.hpp"

#include <string>
#include <vector>

namespace bimix {

/// A plug-in: one way to lay out loss logs as a table.
struct LogFormat {
  const char* name;
  /// Whether a header is of this format; decides for `format: auto`.
  bool (*recognises)(const std::vector<std::string>& header);
  /// Hands every cell to the builder. @throws DataError naming file and line
  void (*read)(const CsvFile& file, LogBuilder& builder);
};

#define BIMIX_LOG_FORMAT(name, prefix)                     \
  namespace prefix {                                       \
  bool recognises(const std::vector<std::string>& header); \
  void read(const CsvFile& file, LogBuilder& builder);     \
  }
#include "formats.def"
#undef BIMIX_LOG_FORMAT

}  // namespace bimix
