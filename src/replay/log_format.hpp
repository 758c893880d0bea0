#pragma once

#include "log_builder.hpp"
#include "run_names.hpp"

#include <bimix/replay/loss_log.hpp>

#include <string>
#include <vector>

namespace bimix::replay {

/// One file, read.
struct LogFile {
  std::string path{};
  std::string bytes{};
  /// Names of its columns, if its first line that is not blank is one of CSV.
  std::vector<std::string> header{};
  std::string run{};  ///< the run that the file or its folder names, for formats that do not
};

/// A plug-in: one way to lay out loss logs.
struct LogFormat {
  const char* name;
  RunsAre runs_are;
  /// Whether a file is of this format, judged by its content alone; decides for `format: auto`,
  /// and is therefore no looser than needed: a file that two formats recognise is refused.
  /// Never throws.
  bool (*recognises)(const LogFile& file, const ReplayOptions& options);
  /// Hands every share and loss to the builder. @throws DataError naming file and line
  void (*read)(const LogFile& file, const ReplayOptions& options, LogBuilder& builder);
};

#define BIMIX_LOG_FORMAT(name, runs_are, prefix)                                     \
  namespace prefix {                                                                 \
  bool recognises(const LogFile& file, const ReplayOptions& options);                \
  void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder); \
  }
#include "formats.def"
#undef BIMIX_LOG_FORMAT

}  // namespace bimix::replay
