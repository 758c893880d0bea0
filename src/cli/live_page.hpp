#pragma once

#include "context.hpp"

#include <bimix/store/status.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace bimix::cli {

/// The page of a run that goes on. Written again when the run has moved, so that a browser that
/// shows it loads what is new.
class LivePage {
 public:
  LivePage(Context& context, std::filesystem::path folder)
      : context_(context), folder_(std::move(folder)), path_(folder_ / "report.html") {}

  /// @param over true for the last time: the page then stays as it is
  void update(const store::RunStatus& status, bool over);

 private:
  Context& context_;
  std::filesystem::path folder_, path_;
  int written_done_ = -1;
  std::string written_stage_{};
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace bimix::cli
