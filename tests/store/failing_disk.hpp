#pragma once

#include <bimix/store/disk.hpp>

#include <cerrno>
#include <string>
#include <system_error>

namespace bimix::test {

/// A disk on which the n-th changing call (from 1) fails as on a full device. A write that fails
/// leaves half of its bytes behind, as a real one may.
class FailingDisk : public store::Disk {
 public:
  explicit FailingDisk(int failing_call) : failing_call_(failing_call) {}

  int calls() const { return calls_; }

  void write(int file, std::string_view bytes) override {
    if (is_failing()) {
      store::Disk::write(file, bytes.substr(0, bytes.size() / 2));
      fail();
    }
    store::Disk::write(file, bytes);
  }
  void sync(int file) override {
    if (is_failing()) fail();
    store::Disk::sync(file);
  }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (is_failing()) fail();
    store::Disk::rename(from, to);
  }

 private:
  bool is_failing() { return ++calls_ == failing_call_; }
  [[noreturn]] static void fail() {
    throw std::system_error(ENOSPC, std::generic_category(), "test");
  }

  int failing_call_;
  int calls_ = 0;
};

}  // namespace bimix::test
