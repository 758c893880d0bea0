#include "benches.hpp"

namespace bimix::cli {

void add_bench_command(CLI::App& app, Context& context, Action& action) {
  CLI::App* bench = add_command(app, "bench", "this machine's speed",
                                "bimix bench proxy --layers 4 --width 128 --json");
  bench->require_subcommand(1);
  add_sweep_bench(*bench, context, action);
  add_fit_bench(*bench, context, action);
  add_corpus_bench(app, *bench, context, action);
  add_entropy_bench(app, *bench, context, action);
  add_proxy_bench(*bench, context, action);
  add_scale_bench(*bench, context, action);
}

}  // namespace bimix::cli
