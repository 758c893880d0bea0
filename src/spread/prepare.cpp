#include <bimix/corpus/preparation.hpp>
#include <bimix/par/bytes.hpp>
#include <bimix/spread/prepare.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace bimix::spread {
namespace {

constexpr int told_tag = 900;
constexpr std::uint64_t no_more = UINT64_MAX;

/// The units of this rank: largest first, each to the rank that has least to do.
std::vector<std::size_t> own_units(const par::Comm& comm, const corpus::Preparation& preparation) {
  std::vector<std::size_t> order(preparation.unit_count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return preparation.unit_bytes(a) > preparation.unit_bytes(b);
  });
  std::vector<std::uint64_t> load(static_cast<std::size_t>(comm.size()), 0);
  std::vector<std::size_t> own;
  for (const std::size_t unit : order) {
    const auto least = std::min_element(load.begin(), load.end());
    // What a program prints is of unknown length: it counts like a small file.
    *least += std::max<std::uint64_t>(preparation.unit_bytes(unit), 1);
    if (least - load.begin() == comm.rank()) own.push_back(unit);
  }
  return own;
}

/// Adds up on the root what all ranks have done of a stage.
class Progress {
 public:
  /// @param stage with nothing done
  Progress(const par::Comm& comm, const PrepareHooks& hooks, PrepareProgress stage)
      : comm_(comm), hooks_(hooks), sum_(stage) {}

  void add(std::uint64_t bytes) {
    constexpr std::uint64_t step = std::uint64_t{4} << 20;
    own_ += bytes;
    if (own_ < step) return;
    if (comm_.is_root())
      listen();
    else
      comm_.send(0, told_tag, par::bytes_of(own_));
    sum_.done += std::exchange(own_, 0);
    if (comm_.is_root()) hooks_.progress(sum_);
  }

  /// This rank has done all of its own; the root waits for the others.
  void finish() {
    if (!comm_.is_root()) {
      comm_.send(0, told_tag, par::bytes_of(no_more));
      return;
    }
    sum_.done += std::exchange(own_, 0);
    while (finished_ < comm_.size() - 1) {
      listen();
      hooks_.progress(sum_);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

 private:
  void listen() {
    while (const auto message = comm_.try_receive()) {
      const auto bytes = par::value_of<std::uint64_t>(message->bytes);
      if (bytes == no_more)
        ++finished_;
      else
        sum_.done += bytes;
    }
  }

  const par::Comm& comm_;
  const PrepareHooks& hooks_;
  PrepareProgress sum_;
  std::uint64_t own_ = 0;
  int finished_ = 0;
};

using OnBytes = std::function<void(std::uint64_t)>;

/// @collective Does a stage of the units of this rank.
void over_units(const par::Comm& comm, const std::vector<std::size_t>& own,
                const std::function<void(std::size_t, const OnBytes&)>& work, Progress progress) {
  par::collectively(comm, [&] {
    try {
      for (const std::size_t unit : own)
        work(unit, [&](std::uint64_t bytes) { progress.add(bytes); });
    } catch (...) {
      progress.finish();  // or the root would wait for this rank
      throw;
    }
    progress.finish();
  });
}

std::uint64_t sum_over(const corpus::Preparation& preparation,
                       std::uint64_t (corpus::Preparation::*bytes)(std::size_t) const) {
  std::uint64_t sum = 0;
  for (std::size_t unit = 0; unit < preparation.unit_count(); ++unit)
    sum += (preparation.*bytes)(unit);
  return sum;
}

}  // namespace

void prepare_over_ranks(const par::Comm& comm, const corpus::CorpusOptions& options,
                        const std::filesystem::path& folder, const PrepareHooks& hooks) {
  std::optional<corpus::Preparation> preparation;
  std::string shared;
  par::on_root(comm, [&] {
    preparation.emplace(options, folder);
    if (preparation->is_done()) return preparation->drop_pieces();
    hooks.begin(*preparation);
    if (preparation->is_done()) return;
    preparation->begin();
    shared = preparation->shared();
  });
  shared = comm.broadcast(shared);
  if (shared.empty()) return;
  if (!comm.is_root()) preparation = corpus::Preparation::from(shared);
  const corpus::Preparation& p = *preparation;
  const std::vector<std::size_t> units = own_units(comm, p);
  PrepareProgress reading{.stage = PrepareStage::reading};
  if (comm.is_root() && !p.has_programs())
    reading.all = sum_over(p, &corpus::Preparation::unit_bytes);
  over_units(comm, units,
             [&](std::size_t unit, const OnBytes& on_bytes) { p.read_unit(unit, on_bytes); },
             {comm, hooks, reading});
  PrepareProgress encoding{.stage = PrepareStage::encoding},
      copying{.stage = PrepareStage::copying};
  par::on_root(comm, [&] {
    hooks.progress({.stage = PrepareStage::settling});
    p.settle();
    copying.all = sum_over(p, &corpus::Preparation::text_bytes);
    if (p.has_tokenizer()) encoding.all = copying.all;
  });
  over_units(comm, units,
             [&](std::size_t unit, const OnBytes& on_bytes) { p.encode_unit(unit, on_bytes); },
             {comm, hooks, encoding});
  par::on_root(comm, [&] { p.place(); });
  over_units(comm, units,
             [&](std::size_t unit, const OnBytes& on_bytes) { p.copy_unit(unit, on_bytes); },
             {comm, hooks, copying});
  par::on_root(comm, [&] {
    p.finish();
    hooks.end();
  });
}

}  // namespace bimix::spread
