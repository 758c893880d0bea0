#pragma once

#include <bimix/core/error.hpp>

#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

/// What the fuzzers share. Each defines LLVMFuzzerTestOneInput and ends in a crash, a sanitizer's
/// report or a FUZZ_REQUIRE that does not hold; an error that the program means for its users is a
/// good end.
namespace bimix::fuzz {

/// A folder that goes away with the process.
inline const std::filesystem::path& folder() {
  struct Folder {
    std::filesystem::path path;
    Folder() {
      std::string name = (std::filesystem::temp_directory_path() / "bimix_fuzz_XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) std::abort();
      path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
  };
  static const Folder made;
  return made.path;
}

/// @return the path of a file of that content
inline std::filesystem::path file_of(const std::string& name, std::string_view content) {
  std::ofstream(folder() / name, std::ios::binary) << content;
  return folder() / name;
}

/// Reads what may be anything. @return what LLVMFuzzerTestOneInput returns
template <class Read>
int tolerates(Read read) {
  try {
    read();
  } catch (const core::InternalError&) {
    throw;
  } catch (const core::Error&) {
  }
  return 0;
}

}  // namespace bimix::fuzz

#define FUZZ_REQUIRE(condition) \
  if (!(condition)) std::abort()
