#include "benches.hpp"
#include "proxy_shapes.hpp"

#include <bimix/core/text.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

std::string bench_text(const proxy::ProxyBench& bench) {
  std::string text =
      fmt::format("{}\n  {:.0f} tokens/s ({:.0f} evaluated)", proxy::description(bench.options),
                  bench.tokens_per_second, bench.evaluated_per_second);
  if (bench.limit_gflops > 0)
    text +=
        fmt::format(", {:.1f} GFLOP/s: {:.0f} % of the {:.1f} GFLOP/s that matrix products reach",
                    bench.gflops, 100 * bench.share_of_limit(), bench.limit_gflops);
  text += '\n';
  std::vector<std::vector<std::string>> rows{{"part", "of the time", "GFLOP/s"}};
  for (const proxy::StepPart& part : bench.parts)
    rows.push_back({part.name, fmt::format("{:.1f} %", 100 * part.share),
                    part.gflops > 0 ? fmt::format("{:.1f}", part.gflops) : ""});
  return text + report::aligned(rows);
}

proxy::Reweight reweight_from(const std::string& text) {
  if (const auto reweight = proxy::Reweight::from(text)) return *reweight;
  throw core::UsageError({.place = "--reweight",
                          .problem = fmt::format("'{}' cannot be read", core::shown_text(text)),
                          .rule = fmt::format("there is {}", proxy::Reweight::forms()),
                          .remedy = core::did_you_mean(text, proxy::Reweight::words())});
}

/// Every published shape in both precisions. All of bf16 come first: oneDNN's level is limited to
/// the first one that is asked for, and the widest one has the others' instructions as well.
std::vector<MeasuredShape> measured_shapes(Context& context, const std::string& peer,
                                           double seconds) {
  std::vector<MeasuredShape> all;
  const std::vector<proxy::ProxyOptions> shapes = proxy::published_shapes();
  for (const proxy::Precision precision : {proxy::Precision::bf16, proxy::Precision::fp32})
    for (const proxy::ProxyOptions& shape : shapes) {
      proxy::ProxyOptions options = shape;
      options.precision = precision;
      context.console.say(fmt::format("  {} of {}: {}", all.size() + 1, 2 * shapes.size(),
                                      proxy::description(proxy::resolved(options))));
      all.push_back({.bench = proxy::bench_proxy(options, seconds)});
      if (!peer.empty()) all.back().peer = peer_speed(peer, options, seconds);
    }
  return all;
}

}  // namespace

void add_proxy_bench(CLI::App& bench, Context& context, Action& action) {
  struct Flags {
    proxy::ProxyOptions options{.layers = 4, .width = 128, .heads = 4, .context = 128, .batch = 32};
    std::string reweight = proxy::Reweight().text();
    std::string precision = core::word_of(proxy::Precision::automatic);
    std::string isa = core::word_of(proxy::Isa::automatic);
    std::string peer{};
    double seconds = 5.0;
    bool shapes = false, json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(bench, "proxy", "training speed of a proxy",
                                  "bimix bench proxy --layers 2 --width 64 --heads 2 --batch 8");
  proxy::ProxyOptions& o = flags->options;
  for (const auto& [name, value] : {std::pair{"--layers", &o.layers},
                                    {"--width", &o.width},
                                    {"--heads", &o.heads},
                                    {"--order", &o.order},
                                    {"--context", &o.context},
                                    {"--batch", &o.batch},
                                    {"--vocabulary", &o.vocabulary},
                                    {"--micro-batch", &o.micro_batch},
                                    {"--threads", &o.threads_per_trial}})
    command->add_option(name, *value)->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--model", o.model, core::join_words(proxy::proxy_models()))
      ->capture_default_str();
  command->add_option("--reweight", flags->reweight, proxy::Reweight::forms())
      ->capture_default_str();
  command->add_option("--precision", flags->precision, "auto, fp32 or bf16")->capture_default_str();
  command->add_option("--isa", flags->isa, core::join_words(core::all_words<proxy::Isa>(), "or"))
      ->capture_default_str();
  command->add_option("--seconds", flags->seconds, "how long to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  const std::string published = "a table of the published shapes, in fp32 and in bf16";
  command->add_flag("--shapes", flags->shapes, published);
  command
      ->add_option("--peer", flags->peer,
                   "with --shapes: a program that trains them too, to compare with "
                   "(tests/bench/pytorch_step.py)")
      ->needs("--shapes");
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      if (flags->shapes) {
        const auto shapes = measured_shapes(context, flags->peer, flags->seconds);
        context.console.show(flags->json ? shapes_json(shapes).dump(1) : shapes_text(shapes));
        return core::ExitCode::done;
      }
      par::collectively(context.comm(), [&] {
        proxy::ProxyOptions& options = flags->options;
        options.reweight = reweight_from(flags->reweight);
        options.precision = core::parse_word<proxy::Precision>(flags->precision, "proxy.precision");
        options.isa = core::parse_word<proxy::Isa>(flags->isa, "proxy.isa");
        options = proxy::resolved(options);
      });
      const proxy::ProxyBench measured = proxy::bench_proxy(flags->options, flags->seconds);
      context.console.show(flags->json ? bench_json(measured).dump(1) : bench_text(measured));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
