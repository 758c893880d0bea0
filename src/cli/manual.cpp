#include "manual.hpp"

#include "build_info.hpp"

#include <fmt/format.h>

namespace bimix::cli {
namespace {

/// Text as roff takes it: backslashes, hyphens that are minus signs, no line that begins with a
/// dot.
std::string roff(const std::string& text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    out += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
    line_begins = c == '\n';
  }
  return out;
}

/// "bimix-run" for the page of `bimix run`.
std::string page_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : page_name(*parent) + "-" + command.get_name();
}

std::string invocation(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : invocation(*parent) + " " + command.get_name();
}

std::string option_entry(const CLI::Option& option) {
  const std::string kind = option.get_type_name(), value = kind.empty() ? "" : " " + kind;
  const std::string preset =
      option.get_default_str().empty() ? "" : fmt::format(" [{}]", option.get_default_str());
  return fmt::format(".TP\n.B {}{}\n{}{}\n", roff(option.get_name(false, true)), roff(value),
                     roff(option.get_description()), roff(preset));
}

}  // namespace

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

std::string manual_page(const CLI::App& command) {
  std::string page = fmt::format(".TH {} 1 \"\" \"bimix {}\" \"User Commands\"\n.SH NAME\n{} \\- ",
                                 roff(page_name(command)), BIMIX_VERSION, roff(page_name(command)));
  const std::string about = command.get_description();
  page += roff(about.substr(0, about.find('\n'))) + "\n.SH SYNOPSIS\n.B " +
          roff(invocation(command)) + "\n";
  const auto commands = commands_of(command);
  page += commands.empty() ? "[OPTIONS] [ARGUMENTS]\n" : "COMMAND [OPTIONS] [ARGUMENTS]\n";
  page += ".SH DESCRIPTION\n" + roff(about) + "\n";
  if (!commands.empty()) page += ".SH COMMANDS\n";
  for (const CLI::App* one : commands)
    page += fmt::format(".TP\n.B {}\n{}\n", roff(one->get_name()), roff(one->get_description()));
  page += ".SH OPTIONS\n";
  for (const CLI::Option* option : command.get_options()) page += option_entry(*option);
  std::string example = command.get_footer();
  if (const std::string heading = "Example:\n"; example.starts_with(heading))
    page += ".SH EXAMPLE\n.nf\n" + roff(example.substr(heading.size())) + "\n.fi\n";
  else if (!example.empty())
    page += ".SH EXAMPLE\n" + roff(example) + "\n";
  return page;
}

}  // namespace bimix::cli
