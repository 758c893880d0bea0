#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::law {

/// Where a law is evaluated: one mixture, one volume and one model, for one evaluation domain.
struct LawPoint {
  std::span<const double> share{};  ///< K
  int own = -1;         ///< the training domain whose share the loss follows; -1 if there is none
  double tokens = 0.0;  ///< training tokens, positive
  double model_size = 0.0;  ///< parameters of the model; for laws that see it, positive
  std::span<const double> unique_tokens{};  ///< the run's Pools; empty: nothing repeats
};

/// Closed interval a parameter is kept in.
struct Bound {
  double low = 0.0;
  double high = 0.0;
};

/// The observations of one evaluation domain, ready to be fitted: only finite positive losses, no
/// share of 0 where the law is infinite there, only the last volume if the law has no other, only
/// the last model size if it sees none. Rows are sorted by volume, mixture, model size, repeat.
struct DomainData {
  std::string domain{};
  int own = -1;
  Residual residual = Residual::relative;
  double huber = 0.0;      ///< larger residuals count by their size; 0: all by squares
  double shrinkage = 1.0;  ///< strength of the law's own priors; 0: none
  std::vector<data::Mixture> mixtures{};  ///< D distinct mixtures that have rows
  std::vector<int> mixture_id{};          ///< D: their ids in the Observations
  std::vector<double> volumes{};          ///< V distinct volumes, ascending
  std::vector<data::Pools> pools{};       ///< those of the Observations; one is empty: not known
  std::vector<double> sizes{};            ///< distinct model sizes, ascending; {0}: not said
  double last_size = 0.0;    ///< the largest that half the mixtures were seen at: one of `sizes`
  double last_volume = 0.0;  ///< the largest that half of these reached: one of `volumes`
  std::vector<std::size_t> mixture{};  ///< M indices into `mixtures`
  std::vector<std::size_t> volume{};   ///< M indices into `volumes`, ascending
  std::vector<std::size_t> size{};     ///< M indices into `sizes`
  std::vector<std::size_t> pool{};     ///< M indices into `pools`
  std::vector<int> repeat{};           ///< M
  std::vector<double> loss_nats{};     ///< M
  std::vector<double> weight{};        ///< M, of the squared residuals; empty: 1 each
  int masked = 0;             ///< rows left out: missing or impossible loss, or a share of 0
  int masked_zero_share = 0;  ///< of these, because of a share of 0

  LawPoint point(std::size_t row) const {
    return {mixtures[mixture[row]], own, volumes[volume[row]], sizes[size[row]], pools[pool[row]]};
  }
};

/// What a fit of one domain gave.
struct Estimate {
  std::vector<double> parameter{};  ///< P; a parameter at its bound equals it exactly
  double objective = 0.0;           ///< sum of squared residuals, or of Huber's function of them
  std::string stop_reason{};
};

/// At a fixed volume and model, L(r) = constant + scale * r_own^-exponent: the shape that the exact
/// optimum needs.
struct PowerSection {
  double scale = 0.0;     ///< nats, >= 0
  double exponent = 0.0;  ///< >= 0
};

/// One column of the table in which people read a law's coefficients; a row is an evaluation
/// domain.
struct CoefficientColumn {
  enum class Kind {
    value,         ///< a coefficient
    interval,      ///< of a parameter, by the bootstrap
    profile,       ///< the interval of alpha by its profile
    observations,  ///< how many readings were fitted
    error          ///< root of the mean squared relative error
  };
  Kind kind = Kind::value;
  std::string title{};            ///< of a value
  std::size_t parameter = 0;      ///< of an interval
  std::optional<int> decimals{};  ///< of a value; none: four significant digits
  /// Of a value. @param parameter P @param last_size as in DomainData
  std::function<double(std::span<const double> parameter, double last_size)> value{};
};

/// How people read a law; what is empty is not said.
struct LawWords {
  std::string formula{};       ///< "L = r^-alpha (B / s^beta + C)"
  std::string symbols{};       ///< "r the own share, s the volume"
  std::string gauge{};         ///< "the paper's A set to 1"
  std::string of_last_size{};  ///< what holds for models of the last size, where the law sees sizes
  std::vector<CoefficientColumn> columns{};  ///< empty: all parameters by their names
};

/// What a form of a law sees besides shares and volume.
struct Sight {
  bool model_size = false;
  bool repetition = false;  ///< how often a run goes through its pools
  bool operator==(const Sight&) const = default;
};

/// A form L(mixture, tokens; parameters) of the loss of one evaluation domain. Stateless.
/// To add one: a file src/law/forms/<name>.cpp that defines `make_law_<name>`, and its line in
/// laws.def there. tests/law/contract_test.cpp then holds it to this interface.
class Law {
 public:
  virtual ~Law() = default;

  /// As in laws.def.
  virtual std::string name() const = 0;
  /// Names of the P parameters for K training domains.
  virtual std::vector<std::string> parameters(std::size_t train_domains) const = 0;
  /// How people read the law; its columns may refer to the law.
  virtual LawWords words() const { return {}; }
  /// P bounds, in the parameters' order.
  virtual std::vector<Bound> bounds(std::size_t train_domains) const = 0;
  /// True if the loss is infinite where training domain k has no share.
  /// @param own as in LawPoint
  virtual bool diverges_without(std::size_t k, int own) const = 0;
  /// True if other shares than the own one matter.
  virtual bool sees_every_share() const = 0;
  /// True if the law has no volume in it: it is fitted to the last volume and predicts that.
  virtual bool last_volume_only() const { return false; }
  /// With the size of the model in sight it matters; otherwise the law is fitted to the last size.
  /// Where repetition is in sight, what is said of convexity holds for runs that go through no pool
  /// more than once.
  virtual Sight sight() const { return {}; }
  bool sees_model_size() const { return sight().model_size; }
  bool sees_repetition() const { return sight().repetition; }
  /// The same law with exactly this in sight; null if there is none.
  virtual std::unique_ptr<const Law> seeing(Sight) const { return nullptr; }

  /// Predicted loss in nats per token. NaN if a parameter is NaN or the point lacks a share the law
  /// needs; +infinity at a share of 0 where the law diverges.
  virtual double predict(std::span<const double> parameter, const LawPoint& point) const = 0;
  /// d predict / d parameter. @param slope P, written
  virtual void gradient(std::span<const double> parameter, const LawPoint& point,
                        std::span<double> slope) const = 0;
  /// d predict / d share. @param slope K, written
  virtual void share_gradient(std::span<const double> parameter, const LawPoint& point,
                              std::span<double> slope) const = 0;
  /// The section at one volume and model, if it is a power of the own share alone; nothing
  /// otherwise.
  virtual std::optional<PowerSection> power_section(std::span<const double> parameter,
                                                    double tokens, double model_size) const = 0;

  /// True if the prediction is a convex function of the shares at these parameters, so that a
  /// local optimum is the optimum.
  virtual bool convex_in_shares(std::span<const double> parameter) const = 0;

  /// True if the prediction rises with no share at these parameters: then it is convex in the
  /// tokens that repeated data are worth, too.
  virtual bool falls_in_shares(std::span<const double> /*parameter*/) const { return false; }

  /// True if the law's prior states how far coefficients spread: see Bootstrap.
  virtual bool prior_states_spread() const { return false; }

  /// True for the few laws that one of is near the truth as a rule: what a run would show is
  /// foreseen by these together (believed.hpp).
  virtual bool is_usually_near() const { return false; }

  /// P: parameters that a fit of these observations keeps at a value by choice of gauge, since
  /// moving them changes nothing that the others cannot undo.
  virtual std::vector<bool> pinned(const DomainData& data) const;
  /// Why these observations cannot be fitted, or nothing. The complaint's place is left empty.
  virtual std::optional<core::Complaint> obstacle(const DomainData& data) const = 0;
  /// The bounded least-squares fit; with data.huber that of Huber's function of the residuals, r^2
  /// up to the threshold and 2 huber |r| - huber^2 beyond, by least squares with weights that
  /// follow the residuals. Deterministic.
  /// @param data without obstacle
  /// @see Huber 1964, doi:10.1214/aoms/1177703732; Holland and Welsch 1977,
  ///      doi:10.1080/03610927708827533
  Estimate fit(const DomainData& data) const { return fit(data, {}, nullptr); }
  /// The same for a resample.
  /// @param start P parameters to start from besides the law's own starting points; may be empty.
  /// The result does not trust the start: where the law's own starting points promise better, they
  /// are followed as well.
  /// @param prior_draws where a prior that states how far coefficients spread is to be centred at
  /// the start plus a draw of its spread, so that what the data leave open differs between
  /// resamples of the fit that is the start; null: as it is
  Estimate fit(const DomainData& data, std::span<const double> start,
               core::RandomStream* prior_draws) const;
  /// The least sum of squares at a given alpha, over all other parameters; nothing if the law
  /// does not offer it for these residuals.
  /// @param estimate the fit of the data, from which searches start
  virtual std::function<double(double)> alpha_profile(const DomainData& /*data*/,
                                                      const Estimate& /*estimate*/) const {
    return nullptr;
  }
  /// What the reader of a fit must know: parameters at bounds, narrow ranges. Places left empty.
  virtual std::vector<core::Complaint> doubts(const DomainData& data,
                                              const Estimate& estimate) const = 0;

 protected:
  /// `fit` without data.huber, with data.weight.
  virtual Estimate least_squares(const DomainData& data, std::span<const double> start,
                                 core::RandomStream* prior_draws) const = 0;
};

/// Names in the order of laws.def.
std::vector<std::string> law_names();

/// @param wanted what the form should see, of which it sees what the law has forms for
/// @throws UsageError naming the nearest law if there is none of that name
const Law& find_law(std::string_view name, Sight wanted = {});

/// The law whose coefficients the fit holds.
const Law& law_of(const data::LawFit& fit);

}  // namespace bimix::law
