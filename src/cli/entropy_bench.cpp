#include "benches.hpp"
#include "manual.hpp"
#include "templates.hpp"

#include <bimix/data/json.hpp>
#include <bimix/spread/entropy_bench.hpp>

#include <fmt/format.h>

namespace bimix::cli {

std::vector<std::uint8_t> built_in_text(const CLI::App& app) {
  constexpr std::size_t size = std::size_t{16} << 20;
  std::string once;
  for (const Template& campaign : templates()) once += campaign.text;
  for (const CLI::App* command : app.get_subcommands({})) once += manual_page(*command);
  std::vector<std::uint8_t> text;
  text.reserve(size + once.size());
  while (text.size() < size) text.insert(text.end(), once.begin(), once.end());
  return text;
}

void add_entropy_bench(CLI::App& app, CLI::App& bench, Context& context, Action& action) {
  struct Flags {
    double seconds = 1.0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(bench, "entropy", "how fast one core counts the pairs of bytes of its own manual",
                  "bimix bench entropy --json");
  command->add_option("--seconds", flags->seconds, "how long to measure")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&app, &context, &action, flags] {
    action = [&app, &context, flags] {
      const double rate = spread::bench_entropy(built_in_text(app), flags->seconds);
      context.console.show(flags->json ? data::Json{{"bytes_per_second", rate}}.dump(1)
                                       : fmt::format("{:.2f} GB/s of text counted\n", 1e-9 * rate));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
