#include <bimix/core/error.hpp>

#include <fmt/format.h>

namespace bimix::core {

std::string to_string(const Complaint& complaint) {
  std::string text;
  if (!complaint.place.empty()) text += complaint.place + ": ";
  text += complaint.problem;
  if (!complaint.rule.empty()) text += " (" + complaint.rule + ")";
  text += ".";
  if (complaint.remedy.empty()) return text;
  text += " " + complaint.remedy;
  if (text.back() != '?') text += ".";
  return text;
}

Error::Error(ExitCode exit_code, Complaint complaint)
    : std::runtime_error(to_string(complaint)),
      exit_code_(exit_code),
      complaint_(std::move(complaint)) {}

Error::Error(ExitCode exit_code, const std::string& text)
    : std::runtime_error(text), exit_code_(exit_code), complaint_{.problem = text} {}

void refuse_if_any(const std::vector<Complaint>& found) {
  std::string text;
  for (const Complaint& complaint : found)
    text += (text.empty() ? "" : "\n") + to_string(complaint);
  if (!found.empty()) throw UsageError(text);
}

void require(bool holds, std::string_view what, const char* file, int line) {
  if (holds) return;
  throw InternalError({.place = fmt::format("{}:{}", file, line),
                       .problem = fmt::format("broken promise: {}", what),
                       .rule = "",
                       .remedy = "This is a defect of bimix; please report it with the command"});
}

}  // namespace bimix::core
