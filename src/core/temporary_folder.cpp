#include <bimix/core/error.hpp>
#include <bimix/core/temporary_folder.hpp>

#include <cstdlib>
#include <system_error>

namespace bimix::core {

TemporaryFolder::TemporaryFolder(const std::string& name, const std::string& rule) {
  std::error_code none;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(none);
  std::string made = (parent / (name + "_XXXXXX")).string();  // as mkdtemp wants it
  if (none || ::mkdtemp(made.data()) == nullptr)
    throw DataError({.place = parent.string(),
                     .problem = "no folder can be made there",
                     .rule = rule,
                     .remedy = "Set TMPDIR to a folder that can be written to"});
  path_ = made;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code harmless;
  std::filesystem::remove_all(path_, harmless);
}

}  // namespace bimix::core
