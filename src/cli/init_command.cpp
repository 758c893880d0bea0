#include "commands.hpp"
#include "templates.hpp"

#include <bimix/core/text.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>

#include <filesystem>

namespace bimix::cli {
namespace {

const Template& find_template(const std::string& name) {
  std::vector<std::string> names;
  for (const Template& candidate : templates()) {
    if (candidate.name == name) return candidate;
    names.push_back(candidate.name);
  }
  throw core::UsageError(core::Complaint{.place = "--template",
                                         .problem = fmt::format("'{}' is no template", name),
                                         .rule = "known: " + core::join_words(names),
                                         .remedy = core::did_you_mean(name, names)});
}

/// A template names its files from the folder above its own: from the working directory, here.
std::string text_for(const std::filesystem::path& file, const std::string& text) {
  const std::size_t at = text.find("base: .."), size = text.find('\n', at) + 1 - at;
  if (at == std::string::npos) return text;
  const std::filesystem::path here = std::filesystem::current_path();
  const std::filesystem::path way =
      here.lexically_relative((here / file).lexically_normal().parent_path());
  const std::string mine = way.empty() || way == "." ? "" : "base: " + way.string() + "\n";
  return std::string(text).replace(at, size, mine);
}

}  // namespace

void add_init_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file = "campaign.yaml";
    std::string name = "demo";
    std::string from;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(app, "init", "write a commented campaign to start from",
                                  "bimix init my.yaml --template builtin");
  command->add_option("FILE", flags->file, "file to write")->capture_default_str();
  CLI::Option* name =
      command
          ->add_option(
              "--template", flags->name,
              "demo (text from get_corpora), builtin (text any system has), smoke (seconds)"
              " or replay (logs)")
          ->capture_default_str();
  command->add_option("--from", flags->from, "a results.h5: the campaign that made it")
      ->excludes(name);
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      par::on_root(context.comm(), [&] {
        const std::string text = flags->from.empty()
                                     ? text_for(flags->file, find_template(flags->name).text)
                                     : store::read_results(flags->from).campaign_text;
        if (std::filesystem::exists(flags->file))
          throw core::DataError({.place = flags->file,
                                 .problem = "exists already",
                                 .remedy = "Name another file, or remove it first"});
        store::write_file_atomically(flags->file, text);
        context.console.say(
            fmt::format("Wrote {}. Next: bimix validate {}", flags->file, flags->file));
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
