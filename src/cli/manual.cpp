#include "manual.hpp"

#include "build_info.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <vector>

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

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
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

/// The first line of a text, with a backslash before each of `marked`.
std::string escaped(const std::string& text, const std::string& marked) {
  std::string out;
  for (const char c : text.substr(0, text.find('\n')))
    out += (marked.find(c) == std::string::npos ? "" : "\\") + std::string(1, c);
  return out;
}

}  // namespace

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

std::string bash_completion(const CLI::App& app) {
  const auto words_of = [](const CLI::App& command) {
    std::string words;
    for (const CLI::App* one : commands_of(command)) words += one->get_name() + " ";
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
    return words;
  };
  std::string cases;
  for (const CLI::App* command : commands_of(app))
    cases += fmt::format("    {}) words='{}' ;;\n", command->get_name(), words_of(*command));
  return fmt::format(R"(# bash completion of bimix
_bimix() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} words
  case ${{COMP_WORDS[1]}} in
{}    *) words='{}' ;;
  esac
  [[ $COMP_CWORD -gt 1 ]] || words='{}'
  if [[ $COMP_CWORD -eq 1 || $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}}
complete -o filenames -F _bimix bimix
)",
                     cases, words_of(app), words_of(app));
}

std::string zsh_completion(const CLI::App& app) {
  std::string commands, cases;
  for (const CLI::App* command : commands_of(app)) {
    commands += " " + core::shell_word(command->get_name() + ":" +
                                       escaped(command->get_description(), "\\"));
    std::string flags;
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames())
        flags += " " + core::shell_word(fmt::format(
                           "--{}[{}]{}", name, escaped(option->get_description(), "\\[]"),
                           option->get_type_name().empty() ? "" : ":value:_files"));
    cases += fmt::format("    {}) _arguments{} '*:file:_files' ;;\n", command->get_name(), flags);
  }
  return fmt::format(R"(#compdef bimix
_bimix() {{
  local -a commands=({})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
{}  esac
}}
_bimix "$@"
)",
                     commands.substr(1), cases);
}

std::string fish_completion(const CLI::App& app) {
  std::string lines = "# fish completion of bimix\n";
  for (const CLI::App* command : commands_of(app)) {
    const std::string& name = command->get_name();
    lines += fmt::format("complete -c bimix -n __fish_use_subcommand -f -a {} -d {}\n", name,
                         core::shell_word(escaped(command->get_description(), "\\")));
    for (const CLI::Option* option : command->get_options())
      for (const std::string& flag : option->get_lnames())
        lines +=
            fmt::format("complete -c bimix -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n",
                        name, flag, option->get_type_name().empty() ? "" : " -r",
                        core::shell_word(escaped(option->get_description(), "\\")));
  }
  return lines;
}

}  // namespace bimix::cli
