#include "hdf5.hpp"
#include "results_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/results.hpp>

#include <cmath>
#include <optional>
#include <sstream>

namespace bimix::store {
namespace {

/// What is not known is written as NaN.
std::optional<double> known(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

/// One law's group.
class FitReader {
 public:
  FitReader(hid_t file, std::string path) : file_(file), path_(std::move(path) + "/") {}

  bool has(const char* name) const { return hdf5::has_object(file_, path_ + name); }
  std::vector<double> doubles(const char* name) const {
    return hdf5::read_doubles(file_, path_ + name);
  }
  /// @param count of values that there must be
  std::vector<double> doubles(const char* name, std::size_t count) const {
    auto values = doubles(name);
    expect(values.size(), count, name);
    return values;
  }
  /// The same; nothing if it was not computed.
  std::vector<double> doubles_if_any(const char* name, std::size_t count) const {
    return has(name) ? doubles(name, count) : std::vector<double>();
  }
  double scalar(const char* name) const { return doubles(name, 1).front(); }
  std::vector<std::int64_t> integers(const char* name, std::size_t count) const {
    auto values = hdf5::read_integers(file_, path_ + name);
    expect(values.size(), count, name);
    return values;
  }
  std::vector<std::string> texts(const char* name) const {
    return hdf5::read_texts(file_, path_ + name);
  }
  std::vector<std::string> texts(const char* name, std::size_t count) const {
    auto values = texts(name);
    expect(values.size(), count, name);
    return values;
  }
  std::string attribute(const char* name) const {
    const hdf5::Handle group(H5Gopen2(file_, path_.c_str(), H5P_DEFAULT), H5Gclose, path_);
    return hdf5::read_text_attribute(group, name);
  }
  FitReader group(const char* name) const { return {file_, path_ + name}; }
  /// Tables of (rows, columns), one behind the other.
  std::vector<data::Table> tables(const char* name, std::size_t rows, std::size_t columns) const {
    const std::vector<double> values = hdf5::read_doubles(file_, path_ + name);
    const std::size_t size = rows * columns;
    if (size == 0 || values.size() % size != 0) fail(name);
    std::vector<data::Table> tables(values.size() / size, data::Table(rows, columns));
    for (std::size_t i = 0; i < values.size(); ++i) tables[i / size].values[i % size] = values[i];
    return tables;
  }

  [[noreturn]] void fail(const char* name) const {
    throw hdf5::Failure(path_ + name + ": has another shape than its law");
  }

 private:
  void expect(std::size_t found, std::size_t count, const char* name) const {
    if (found != count) fail(name);
  }

  hid_t file_;
  std::string path_;
};

std::vector<data::DomainFit> read_domain_fits(const FitReader& read, std::size_t E) {
  const auto observations = read.integers("observations", E), masked = read.integers("masked", E),
             rank = read.integers("rank", E);
  const auto rmse = read.doubles("rmse_relative", E), condition = read.doubles("condition", E),
             reading = read.doubles("noise_reading", E), seed = read.doubles("noise_seed", E);
  const auto stop = read.texts("stop_reason", E), source = read.texts("noise_source", E);
  std::vector<data::DomainFit> fits;
  for (std::size_t e = 0; e < E; ++e)
    fits.push_back({.observations = static_cast<int>(observations[e]),
                    .masked = static_cast<int>(masked[e]),
                    .rmse_relative = rmse[e],
                    .rank = static_cast<int>(rank[e]),
                    .condition = condition[e],
                    .stop_reason = stop[e],
                    .noise_reading = known(reading[e]),
                    .noise_seed = known(seed[e]),
                    .noise_source = source[e]});
  if (!read.has("domain_flag")) return fits;
  const auto flags = read.texts("domain_flag");
  const auto domain_of = read.integers("domain_flag_of", flags.size());
  for (std::size_t i = 0; i < flags.size(); ++i)
    fits.at(static_cast<std::size_t>(domain_of[i])).flags.push_back(flags[i]);
  return fits;
}

std::vector<data::HeldOutLoss> read_held_out_losses(const FitReader& read, std::size_t E) {
  std::vector<data::HeldOutLoss> losses;
  if (!read.has("seen_nats")) return losses;
  const auto seen = read.doubles("seen_nats");
  const auto predicted = read.doubles("predicted_nats", seen.size());
  const auto mixture = read.integers("mixture_id", seen.size()),
             domain = read.integers("eval_domain_index", seen.size());
  for (std::size_t n = 0; n < seen.size(); ++n) {
    if (mixture[n] < 0 || domain[n] < 0 || static_cast<std::size_t>(domain[n]) >= E)
      read.fail("mixture_id");
    losses.push_back({static_cast<std::size_t>(mixture[n]), static_cast<std::size_t>(domain[n]),
                      seen[n], predicted[n]});
  }
  return losses;
}

data::HeldOut read_held_out(const FitReader& read, std::size_t E) {
  return {.protocol = read.attribute("protocol"),
          .folds = static_cast<int>(read.scalar("folds")),
          .error = read.doubles_if_any("error", E),
          .worst = read.doubles_if_any("worst", E),
          .r2 = read.doubles_if_any("r2", E),
          .persistence = read.doubles_if_any("persistence", E),
          .mean_baseline = read.doubles_if_any("mean_baseline", E),
          .curve_r2 = read.doubles_if_any("curve_r2", E),
          .spearman = read.scalar("spearman"),
          .regret_nats = read.scalar("regret_nats"),
          .losses = read_held_out_losses(read, E)};
}

data::Trust read_trust(const FitReader& read, std::size_t E) {
  data::Trust trust{.doubt = read.attribute("doubt"),
                    .error = known(read.scalar("error")),
                    .mean_baseline = known(read.scalar("mean_baseline")),
                    .r2 = known(read.scalar("r2"))};
  if (read.has("is_worse"))
    for (const std::int64_t is_worse : read.integers("is_worse", E))
      trust.is_worse.push_back(static_cast<std::int8_t>(is_worse));
  return trust;
}

data::LawFit read_fit(hid_t file, const std::string& law, const data::DomainSet& domains) {
  const FitReader read(file, "/law/" + law);
  const std::size_t E = domains.eval.size(), K = domains.train.size();
  data::LawFit fit{.law = law, .domains = domains, .parameters = read.texts("parameter")};
  const std::size_t P = fit.parameters.size();
  fit.coefficient = data::Table(E, P);
  fit.coefficient.values = read.doubles("coefficient", E * P);
  if (read.has("covariance")) fit.covariance = read.tables("covariance", P, P);
  if (read.has("bootstrap")) fit.bootstrap = read.tables("bootstrap", E, P);
  fit.domain = read_domain_fits(read, E);
  fit.profile_low = read.doubles_if_any("profile_low", E);
  fit.profile_high = read.doubles_if_any("profile_high", E);
  fit.share_low = read.doubles_if_any("share_low", K);
  fit.share_high = read.doubles_if_any("share_high", K);
  fit.tokens_low = read.scalar("tokens_low");
  fit.tokens_high = read.scalar("tokens_high");
  if (read.has("model_size")) {
    fit.size_low = read.scalar("model_size_low");
    fit.size_high = read.scalar("model_size_high");
    fit.last_size = read.scalar("model_size");
  }
  if (read.has("unique_tokens")) {
    fit.unique_tokens = read.doubles("unique_tokens", K);
    fit.most_epochs = read.scalar("most_epochs");
  }
  if (read.has("flag")) fit.flags = read.texts("flag");
  fit.held_out = read_held_out(read.group("held_out"), E);
  fit.trust = read_trust(read.group("trust"), E);
  return fit;
}

}  // namespace

StoredFits read_fits(const std::filesystem::path& path) {
  const hdf5::Handle file = open_results(path);
  try {
    check_version(file, path.string());
    StoredFits fits;
    if (!hdf5::has_object(file, "/law")) return fits;
    const hdf5::Handle laws(H5Gopen2(file, "/law", H5P_DEFAULT), H5Gclose, "/law");
    if (H5Aexists(laws, fitted_to_attribute) <= 0) return fits;
    fits.fitted_to = hdf5::read_text_attribute(laws, fitted_to_attribute);
    const std::string used = hdf5::read_text_attribute(laws, used_attribute);
    const data::DomainSet domains = read_domains(file);
    std::istringstream order(hdf5::read_text_attribute(laws, order_attribute));
    for (std::string law; order >> law;) {
      if (law == used) fits.used = fits.laws.size();
      fits.laws.push_back(read_fit(file, law, domains));
    }
    if (fits.laws.empty()) throw hdf5::Failure("/law: names no law");
    return fits;
  } catch (const hdf5::Failure& cause) {
    throw damaged(path, cause);
  } catch (const std::out_of_range&) {
    throw damaged(path, hdf5::Failure("domain_flag_of: is no evaluation domain"));
  }
}

}  // namespace bimix::store
