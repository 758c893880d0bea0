#pragma once

#include <string>

namespace bimix::run {

/// Where a run tells people what it does. The program's console is one, a test's record another.
/// Every rank has one; only that of rank 0 shows anything, but for `warn` and `complain`.
class Screen {
 public:
  virtual ~Screen() = default;

  /// From here on results are a by-product: a reader who goes away ends nothing.
  virtual void outlive_output() {}
  /// A result.
  virtual void show(const std::string& text) = 0;
  /// What happens, in a line.
  virtual void say(const std::string& line) = 0;
  /// The same for those who want to know everything.
  virtual void detail(const std::string& line) = 0;
  /// A stage of the work begins.
  virtual void heading(const std::string& line) = 0;
  /// Where the stage stands; takes the place of the last such line.
  virtual void progress(const std::string& line) = 0;
  /// The last progress line stays.
  virtual void end_progress() = 0;
  /// What went wrong on this rank and is passed over. Called from any thread.
  virtual void warn(const std::string& line) = 0;
  /// Why this rank ends.
  virtual void complain(const std::string& text) = 0;
};

/// Shows nothing.
class SilentScreen : public Screen {
 public:
  void show(const std::string&) override {}
  void say(const std::string&) override {}
  void detail(const std::string&) override {}
  void heading(const std::string&) override {}
  void progress(const std::string&) override {}
  void end_progress() override {}
  void warn(const std::string&) override {}
  void complain(const std::string&) override {}
};

}  // namespace bimix::run
