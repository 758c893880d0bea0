#pragma once

#include <bimix/data/json.hpp>
#include <bimix/proxy/bench.hpp>

#include <optional>
#include <string>
#include <vector>

namespace bimix::cli {

/// What another program trains with at the same shape and precision.
struct PeerSpeed {
  std::string name{};  ///< "PyTorch 2.1"
  double tokens_per_second = 0.0;
};

/// Asks `command` for its speed: it is given --layers, --width, --heads, --context, --batch,
/// --vocabulary, --precision and --seconds, and prints {"name": ..., "tokens_per_second": ...}.
/// @return nothing where it ends with 77: what it measures is not installed
/// @throws UsageError if it fails otherwise or prints something else
std::optional<PeerSpeed> peer_speed(const std::string& command, const proxy::ProxyOptions& options,
                                    double seconds);

/// A shape as it was measured.
struct MeasuredShape {
  proxy::ProxyBench bench{};
  std::optional<PeerSpeed> peer{};
};

/// A line a shape and precision, and where the time of each goes.
std::string shapes_text(const std::vector<MeasuredShape>& shapes);
data::Json bench_json(const proxy::ProxyBench& bench);
data::Json shapes_json(const std::vector<MeasuredShape>& shapes);

}  // namespace bimix::cli
