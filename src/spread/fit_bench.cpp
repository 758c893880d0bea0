#include <bimix/core/median.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/par/bytes.hpp>
#include <bimix/spread/collective.hpp>
#include <bimix/spread/fit_bench.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <numeric>

namespace bimix::spread {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t seed = 1;

/// A BiMix law of one domain.
struct Truth {
  double P, Q, alpha, beta;
  double at(double share, double tokens) const {
    return std::pow(share, -alpha) * (P * std::pow(tokens, -beta) + Q);
  }
};

Truth truth_of(int domain) { return {30.0 + domain, 1.5, 0.10 + 0.01 * domain, 0.25}; }

data::Mixture random_mixture(core::RandomStream& stream, int domains) {
  data::Mixture mixture(static_cast<std::size_t>(domains));
  for (double& share : mixture) share = stream.gamma(1.0);
  mixture = core::normalised(mixture);
  for (double& share : mixture) share = 0.5 / domains + 0.5 * share;
  return mixture;
}

/// Of this process, whatever others do to the machine.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Fits problems in turn. @return fits a second of processor time, the median over slices of a
/// hundredth of a second
double fit_rate(const std::vector<law::DomainData>& problems, double seconds) {
  constexpr double slice = 0.01;
  const law::Law& law = law::find_law(law::reference_law);
  std::vector<double> rates;
  std::size_t next = 0;
  const double start = processor_seconds();
  double now = start;
  do {
    const double begin = now;
    int fits = 0;
    do {
      for (int i = 0; i < 10; ++i, ++fits) law.fit(problems[next++ % problems.size()]);
      now = processor_seconds();
    } while (now - begin < slice);
    rates.push_back(fits / (now - begin));
  } while (now - start < seconds);
  return core::median(std::move(rates));
}

/// True if a search from a random start ends below the fit's own minimum.
bool beaten_by_starts(const law::DomainData& problem, int starts, std::uint64_t number) {
  const law::Law& law = law::find_law(law::reference_law);
  const double own = law.fit(problem).objective;
  core::RandomStream stream(seed, core::Purpose::multi_start, number);
  for (int i = 0; i < starts; ++i) {
    const double alpha = std::pow(10.0, -3.0 + 3.5 * stream.uniform());
    const double beta = std::pow(10.0, -2.0 + 3.0 * stream.uniform());
    const std::vector<double> start{1.0, 1.0, alpha, beta};  // P and Q are solved for
    if (law.fit(problem, start, nullptr).objective < (1.0 - 1e-9) * own) return true;
  }
  return false;
}

struct Spent {
  double seconds = 0.0;
  double processor_seconds = 0.0;
};

Spent timed(const std::function<void()>& work) {
  const Clock::time_point start = Clock::now();
  const double processor = processor_seconds();
  work();
  return {std::chrono::duration<double>(Clock::now() - start).count(),
          processor_seconds() - processor};
}

/// @collective
RankTimes times_over_ranks(const par::Comm& comm,
                           const std::function<void(const par::Comm&)>& work) {
  Spent alone;
  par::on_root(comm, [&] { alone = timed([&] { work(par::Comm()); }); });
  if (comm.size() == 1)
    return {alone.seconds, alone.seconds, alone.processor_seconds, alone.processor_seconds};
  comm.barrier();
  const Spent mine = timed([&] { work(comm); });
  Spent most;
  for (const std::string& bytes : comm.all_gather(par::bytes_of(mine))) {
    const Spent other = par::value_of<Spent>(bytes);
    most.seconds = std::max(most.seconds, other.seconds);
    most.processor_seconds = std::max(most.processor_seconds, other.processor_seconds);
  }
  return {alone.seconds, most.seconds, alone.processor_seconds, most.processor_seconds};
}

}  // namespace

data::Observations made_up_losses(const TableShape& shape, int number) {
  core::RandomStream stream(seed, core::Purpose::design, static_cast<std::uint64_t>(number));
  data::Observations table;
  for (int k = 0; k < shape.domains; ++k) {
    table.domains.train.push_back(fmt::format("d{}", k));
    table.domains.share_of.push_back(k);
  }
  table.domains.eval = table.domains.train;
  for (int m = 0; m < shape.mixtures; ++m)
    table.mixtures.push_back(random_mixture(stream, shape.domains));
  table.loss_nats.columns = static_cast<std::size_t>(shape.domains);
  for (int m = 0; m < shape.mixtures; ++m)
    for (int v = 0; v < shape.volumes; ++v) {
      const double tokens = 64e3 * std::pow(1.6, v);
      table.mixture_id.push_back(m);
      table.repeat.push_back(0);
      table.tokens.push_back(tokens);
      ++table.loss_nats.rows;
      for (int k = 0; k < shape.domains; ++k) {
        const double own = table.mixtures[static_cast<std::size_t>(m)][static_cast<std::size_t>(k)];
        const double others = (1.0 - own) / std::max(1, shape.domains - 1);
        const double rho = (1.0 - shape.transfer) * own + shape.transfer * others;
        table.loss_nats.values.push_back(truth_of(k).at(rho, tokens) *
                                         (1.0 + shape.noise * stream.normal()));
      }
    }
  return table;
}

law::DomainData reference_problem(int number) {
  const TableShape shape;
  const data::Observations table = made_up_losses(shape, number);
  law::DomainData data;
  data.domain = table.domains.eval.front();
  data.own = 0;
  data.mixtures = table.mixtures;
  data.mixture_id.resize(table.mixtures.size());
  std::iota(data.mixture_id.begin(), data.mixture_id.end(), 0);
  const auto volumes = static_cast<std::size_t>(shape.volumes);
  data.volumes.assign(table.tokens.begin(), table.tokens.begin() + shape.volumes);
  for (std::size_t v = 0; v < volumes; ++v)
    for (std::size_t m = 0; m < data.mixtures.size(); ++m) {
      data.volume.push_back(v);
      data.mixture.push_back(m);
      data.repeat.push_back(0);
      data.loss_nats.push_back(table.loss_nats(m * volumes + v, 0));
    }
  return data;
}

FitBench bench_fit(const par::Comm& comm, const FitBenchOptions& options) {
  FitBench bench{.ranks = comm.size()};
  par::on_root(comm, [&] {
    std::vector<law::DomainData> problems;
    for (int n = 0; n < options.problems; ++n) problems.push_back(reference_problem(n));
    bench.fits_per_second = fit_rate(problems, options.seconds);
    for (std::size_t n = 0; n < problems.size(); ++n)
      bench.beaten += beaten_by_starts(problems[n], options.starts, n) ? 1 : 0;
  });
  const data::Observations wide = made_up_losses(options.bootstrap, 0);
  bench.bootstrap = times_over_ranks(comm, [&](const par::Comm& ranks) {
    fit_over_ranks(ranks, wide, {.law = law::reference_law, .bootstrap = options.samples});
  });
  const data::Observations table = made_up_losses(options.laws, 0);
  bench.laws = times_over_ranks(comm, [&](const par::Comm& ranks) {
    evaluate_over_ranks(ranks, table, {}, {.laws = options.law_names});
  });
  return bench;
}

}  // namespace bimix::spread
