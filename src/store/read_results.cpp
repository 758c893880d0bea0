#include "hdf5.hpp"
#include "results_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/store/results.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::store {
namespace {

/// Values of one dataset in rows of equal length.
template <class T>
std::vector<T> row_of(const std::vector<T>& values, std::size_t row, std::size_t length) {
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * length);
  return {first, first + static_cast<std::ptrdiff_t>(length)};
}

template <class T>
void expect_count(const std::vector<T>& values, std::size_t count, const std::string& name) {
  if (values.size() != count) throw hdf5::Failure(name + ": has another shape than /trial says");
}

/// The trials of one group, as write_trials wrote them.
struct StoredTrials {
  std::vector<data::TrialSpec> specs{};
  std::vector<data::TrialResult> results{};
};

class TrialReader {
 public:
  TrialReader(hid_t group, std::string path, std::size_t count)
      : group_(group), path_(std::move(path)), count_(count) {}

  std::vector<double> doubles(const char* name, std::size_t length = 1) const {
    return checked(hdf5::read_doubles(group_, path_ + name), name, length);
  }
  std::vector<std::int64_t> integers(const char* name, std::size_t length = 1) const {
    return checked(hdf5::read_integers(group_, path_ + name), name, length);
  }
  std::vector<std::string> texts(const char* name) const {
    return checked(hdf5::read_texts(group_, path_ + name), name, 1);
  }
  std::vector<std::uint64_t> seeds() const {
    return checked(hdf5::read_unsigned(group_, path_ + "seed"), "seed", 1);
  }
  bool has(const char* name) const { return hdf5::has_object(group_, path_ + name); }

 private:
  template <class T>
  std::vector<T> checked(std::vector<T> values, const char* name, std::size_t length) const {
    expect_count(values, count_ * length, path_ + name);
    return values;
  }

  hid_t group_;
  std::string path_;
  std::size_t count_;
};

std::vector<data::TrialSpec> read_specs(const TrialReader& read,
                                        const std::vector<std::string>& ids,
                                        const std::vector<std::int64_t>& volumes, std::size_t K) {
  const auto mixtures = read.doubles("mixture", K);
  const auto mixture_ids = read.integers("mixture_id"), repeats = read.integers("repeat");
  const auto labels = read.texts("mixture_label"), runs = read.texts("run");
  const auto seeds = read.seeds();
  const auto rounds =
      read.has("round") ? read.integers("round") : std::vector<std::int64_t>(ids.size(), 0);
  std::vector<data::TrialSpec> specs;
  for (std::size_t t = 0; t < ids.size(); ++t)
    specs.push_back({.id = ids[t],
                     .purpose = data::TrialPurpose::sweep,
                     .mixture_label = labels[t],
                     .mixture_id = static_cast<int>(mixture_ids[t]),
                     .mixture = row_of(mixtures, t, K),
                     .repeat = static_cast<int>(repeats[t]),
                     .seed = seeds[t],
                     .tokens = volumes,
                     .run = runs[t],
                     .round = static_cast<int>(rounds[t])});
  return specs;
}

/// Empty where none is known.
data::Pools known_pools(data::Pools pools) {
  for (double& pool : pools)
    if (std::isnan(pool)) pool = 0.0;
  if (std::none_of(pools.begin(), pools.end(), data::is_known)) pools.clear();
  return pools;
}

/// Curves on the grid: a volume of which nothing is known is no point.
std::vector<data::TrialResult> read_trial_results(const TrialReader& read,
                                                  const std::vector<std::string>& ids,
                                                  const std::vector<std::int64_t>& volumes,
                                                  std::size_t K, std::size_t E) {
  const std::size_t V = volumes.size();
  const auto losses = read.doubles("loss", V * E);
  const auto steps = read.integers("steps", V);
  const auto status = read.integers("status"), ranks = read.integers("rank"),
             attempts = read.integers("attempt");
  const auto messages = read.texts("message"), hosts = read.texts("host");
  const auto seconds = read.doubles("wall_seconds"), speed = read.doubles("tokens_per_second"),
             parameters = read.doubles("parameters");
  const auto seen =
      read.has("tokens_seen") ? read.integers("tokens_seen", K) : std::vector<std::int64_t>{};
  const auto pools = read.has("pool") ? read.doubles("pool", K) : std::vector<double>{};
  const auto started =
      read.has("started_utc") ? read.doubles("started_utc") : std::vector<double>{};
  const auto failures =
      read.has("failure") ? read.texts("failure") : std::vector<std::string>(ids.size());
  std::vector<data::TrialResult> results;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    if (status[t] < 0 || status[t] > static_cast<int>(data::TrialStatus::failed))
      throw hdf5::Failure("status: is no known status");
    if (status[t] == static_cast<int>(data::TrialStatus::missing) && attempts[t] < 0) continue;
    data::TrialResult result;
    result.id = ids[t];
    result.status = static_cast<data::TrialStatus>(status[t]);
    result.failure = data::failure_kind_from(failures[t]);
    result.message = messages[t];
    for (std::size_t v = 0; v < V; ++v)
      if (steps[t * V + v] >= 0)
        result.curve.push_back({.tokens = volumes[v],
                                .steps = steps[t * V + v],
                                .loss_nats = row_of(losses, t * V + v, E)});
    if (!seen.empty() && seen[t * K] >= 0) result.tokens_seen = row_of(seen, t, K);
    if (!pools.empty()) result.unique_tokens = known_pools(row_of(pools, t, K));
    if (!started.empty() && std::isfinite(started[t])) result.started_utc = started[t];
    result.wall_seconds = seconds[t];
    result.tokens_per_second = speed[t];
    result.parameters = std::isnan(parameters[t]) ? 0.0 : parameters[t];
    result.rank = static_cast<int>(ranks[t]);
    result.attempt = static_cast<int>(attempts[t]);
    result.host = hosts[t];
    results.push_back(std::move(result));
  }
  return results;
}

StoredTrials read_trials(hid_t file, const std::string& path, const data::DomainSet& domains) {
  const auto ids = hdf5::read_texts(file, path + "trial");
  const auto volumes = hdf5::read_integers(file, path + "tokens");
  const TrialReader read(file, path, ids.size());
  const std::size_t K = domains.train.size(), E = domains.eval.size();
  return {read_specs(read, ids, volumes, K), read_trial_results(read, ids, volumes, K, E)};
}

void read_plan(hid_t file, data::RunRecord& record) {
  data::SweepPlan& plan = record.plan;
  plan.name = hdf5::read_text_attribute(file, title_attribute);
  plan.domains = read_domains(file);
  plan.tokens = hdf5::read_integers(file, "tokens");
  StoredTrials stored = read_trials(file, "/", plan.domains);
  plan.trials = std::move(stored.specs);
  record.results = std::move(stored.results);
  for (const data::TrialSpec& spec : plan.trials) {
    const auto id = static_cast<std::size_t>(std::max(spec.mixture_id, 0));
    if (id >= plan.trials.size()) throw hdf5::Failure("mixture_id: is above the number of trials");
    if (id >= plan.mixtures.size()) {
      plan.mixtures.resize(id + 1);
      plan.labels.resize(id + 1);
    }
    plan.mixtures[id] = spec.mixture;
    plan.labels[id] = spec.mixture_label;
  }
}

void read_check_trials(hid_t file, data::RunRecord& record) {
  if (!hdf5::has_object(file, "/check/trials")) return;
  StoredTrials stored = read_trials(file, "/check/trials/", record.plan.domains);
  for (data::TrialSpec& spec : stored.specs) {
    spec.purpose = data::TrialPurpose::check;
    record.check_trials.push_back(std::move(spec));
  }
  for (data::TrialResult& result : stored.results) record.results.push_back(std::move(result));
}

void read_provenance(hid_t file, data::RunRecord& record) {
  const hdf5::Handle group(H5Gopen2(file, "/provenance", H5P_DEFAULT), H5Gclose, "/provenance");
  record.campaign_text = hdf5::read_texts(group, "campaign").at(0);
  record.resolved_text = hdf5::read_texts(group, "resolved").at(0);
  record.stamp.facts = hdf5::read_text_attributes(group);
  for (const std::string& name : hdf5::names_in(group))
    if (name != "campaign" && name != "resolved")
      record.stamp.facts.emplace_back(name, hdf5::read_texts(group, name).at(0));
}

}  // namespace

data::DomainSet read_domains(hid_t file) {
  data::DomainSet domains;
  domains.train = hdf5::read_texts(file, "train_domain");
  domains.eval = hdf5::read_texts(file, "eval_domain");
  const auto share_of = hdf5::read_integers(file, "share_of");
  expect_count(share_of, domains.eval.size(), "share_of");
  for (const std::int64_t index : share_of) domains.share_of.push_back(static_cast<int>(index));
  const hdf5::Handle loss(H5Dopen2(file, "loss", H5P_DEFAULT), H5Dclose, "loss");
  if (hdf5::read_text_attribute(loss, "units") == data::unit_symbol(data::LossUnit::bits_per_byte))
    domains.loss_unit = data::LossUnit::bits_per_byte;
  if (H5Lexists(file, "bytes_per_token", H5P_DEFAULT) > 0) {
    domains.bytes_per_token = hdf5::read_doubles(file, "bytes_per_token");
    expect_count(domains.bytes_per_token, domains.eval.size(), "bytes_per_token");
  }
  return domains;
}

void check_version(hid_t file, const std::string& path) {
  if (H5Aexists(file, version_attribute) <= 0)
    throw core::DataError({.place = path,
                           .problem = "is an HDF5 file, but none of bimix",
                           .rule = std::string("it has no attribute ") + version_attribute,
                           .remedy = "Name a results.h5 of a run folder"});
  const std::string version = hdf5::read_text_attribute(file, version_attribute);
  const std::string known = results_version;
  if (version.substr(0, version.find('.')) != known.substr(0, known.find('.')))
    throw core::DataError(
        {.place = path,
         .problem = "has format version " + version,
         .rule = "this program reads version " + known.substr(0, known.find('.')) + ".x",
         .remedy = "Use the version of bimix that wrote it, or a newer one"});
}

core::DataError damaged(const std::filesystem::path& path, const hdf5::Failure& cause) {
  return core::DataError({.place = path.string(),
                          .problem = std::string("is a damaged result file: ") + cause.what(),
                          .rule = "",
                          .remedy = "`bimix run` on its run folder rebuilds it from the journal"});
}

data::RunRecord read_results(const std::filesystem::path& path) {
  const hdf5::Handle file = open_results(path);
  try {
    check_version(file, path.string());
    data::RunRecord record;
    read_plan(file, record);
    read_check_trials(file, record);
    read_provenance(file, record);
    return record;
  } catch (const hdf5::Failure& cause) {
    throw damaged(path, cause);
  }
}

}  // namespace bimix::store
