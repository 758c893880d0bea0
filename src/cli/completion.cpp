#include "manual.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

/// The first line of a text, with a backslash before each of `marked`.
std::string escaped(const std::string& text, const std::string& marked) {
  std::string out;
  for (const char c : text.substr(0, text.find('\n')))
    out += (marked.find(c) == std::string::npos ? "" : "\\") + std::string(1, c);
  return out;
}

}  // namespace

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
