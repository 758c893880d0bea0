#pragma once

#include "log_builder.hpp"

#include <bimix/replay/loss_log.hpp>

#include <string>
#include <vector>

namespace bimix {

/// One file, read.
struct LogFile {
  std::string path{};
  std::string bytes{};
  /// Cells of its first line that is not blank, if that is a line of CSV.
  std::vector<std::string> header{};
};

/// A plug-in: one way to lay out loss logs.
struct LogFormat {
  const char* name;
  /// Whether a file is of this format, judged by its content alone; decides for `format: auto`,
  /// and is therefore no looser than needed: a file that two formats recognise is refused.
  /// Never throws.
  bool (*recognises)(const LogFile& file);
  /// Hands every share and loss to the builder. @throws DataError naming file and line
  void (*read)(const LogFile& file, const ReplayOptions& options, LogBuilder& builder);
};

#define BIMIX_LOG_FORMAT(name, prefix)                                               \
  namespace prefix {                                                                 \
  bool recognises(const LogFile& file);                                              \
  void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder); \
  }
#include "formats.def"
#undef BIMIX_LOG_FORMAT

}  // namespace bimix
