#include <bimix/core/text.hpp>
#include <bimix/core/told.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <new>
#include <system_error>

namespace bimix::core {
namespace {

Told of_the_environment(const Complaint& complaint) {
  return {.exit_code = ExitCode::data, .text = to_string(complaint)};
}

}  // namespace

Told told(const std::exception& error) {
  if (const auto* own = dynamic_cast<const Error*>(&error))
    return {.exit_code = own->exit_code(), .text = own->what()};
  const std::string remedy = "Check permissions, space and the state of that file system";
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return of_the_environment({.place = shown_text(file->path1().string()),
                               .problem = "cannot be used: " + file->code().message(),
                               .remedy = remedy});
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return of_the_environment(
        {.problem = fmt::format("the system refuses: {}", system->what()), .remedy = remedy});
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return of_the_environment({.problem = "there is no memory left",
                               .remedy = "Give the job more, or start fewer ranks on a host"});
  return {.exit_code = ExitCode::bug,
          .text = fmt::format("unexpected: {}. This is a defect of bimix; please report it with "
                              "the command",
                              error.what())};
}

}  // namespace bimix::core
