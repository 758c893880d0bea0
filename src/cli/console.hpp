#pragma once

#include <bimix/run/screen.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace bimix::cli {

/// Writes a line of talk to stderr. That it cannot be written (a full disk, a terminal that is
/// gone) is nobody's failure.
void talk(std::string_view line);

/// What a person sees. Only rank 0 prints. Results go to stdout, talk to stderr.
///
/// Talk that cannot be written is passed over. A result that cannot be is an error, as of any
/// program whose output is its work; of a run, whose work is its folder, only once that is done.
class Console final : public run::Screen {
 public:
  /// @param speaks false on all ranks but 0
  explicit Console(bool speaks);

  void set_quiet(bool quiet) { quiet_ = quiet; }
  void set_verbose(bool verbose) { verbose_ = verbose; }

  /// From here on results are a by-product: what becomes of them, and of who reads them through a
  /// pipe, is asked when all is done.
  void outlive_output() override;
  /// @throws DataError if a result could not be written since
  void require_all_shown() const;

  /// A result: always printed, to stdout. @throws DataError if it cannot be written
  void show(const std::string& text) override;
  /// A result that changes: to stdout, on a terminal in place of what this showed the last time.
  void show_in_place(const std::string& text);
  /// True if `show_in_place` can.
  bool shows_in_place() const;
  /// Talk: a line on stderr, unless quiet.
  void say(const std::string& line) override;
  /// Talk for those who asked for it with -v.
  void detail(const std::string& line) override;
  /// A stage of the work begins.
  void heading(const std::string& line) override;
  /// Where long work stands: redrawn in place on a terminal; elsewhere whole lines with the time,
  /// at most one in ten seconds.
  void progress(const std::string& line) override;
  /// The last progress line stays, and later output starts on a line of its own.
  void end_progress() override;
  /// On every rank: to stderr at once.
  void warn(const std::string& line) override { talk(line); }
  /// An error: always printed, to stderr.
  void complain(const std::string& text) override;

 private:
  void show_raw(std::string_view text);

  bool speaks_;
  bool quiet_ = false;
  bool verbose_ = false;
  bool terminal_;
  bool colour_;
  bool progress_open_ = false;
  bool outlives_output_ = false;
  int output_failure_ = 0;  ///< errno of the first
  std::string last_progress_;
  std::string in_place_;  ///< what stands at the end of the terminal
  std::chrono::steady_clock::time_point next_line_{};
};

}  // namespace bimix::cli
