#pragma once

#include "../solve/solver.hpp"

#include <bimix/core/random.hpp>
#include <bimix/law/law.hpp>

#include <array>
#include <span>
#include <string>
#include <vector>

/// What a run loses that goes through its pools more than once, as a part of a law. A run below one
/// epoch in every domain is what it was, to the bit.
///
/// Worth: of D > n tokens from a pool of n only D' = n + n R (1 - exp(-(D / n - 1) / R)) count; the
/// run is worth one of s' = sum D' new tokens with the shares D' / s' (Muennighoff et al. 2023,
/// arXiv 2305.16264, equation 5).
///
/// Harm: a model that goes through a pool again and again learns it by heart. With E epochs, a
/// share r of the mixture and N parameters the loss is exp(h) times as high,
///   h = A z^2 / (1 + z^2),  z = (E - 1) / E_0,  A = a / (1 + exp(-(c + omega log(r N / n)))):
/// nothing at one epoch, half of A at E_0 epochs more, and more the more parameters there are for
/// each token; in a mixture the other domains take their part of them. Of a set that follows one
/// domain E, r and n are that domain's; of others h is the mean over the shares.
namespace bimix::law {

/// Places of the coefficients, behind those of the law itself.
namespace repetition {
enum Place : std::size_t {
  log_r,       ///< R
  log_most,    ///< a
  offset,      ///< c
  omega,       ///< of the parameters for each token
  log_epochs,  ///< E_0
  count
};
}  // namespace repetition
constexpr std::size_t repetition_count = repetition::count;

/// A number for each coefficient.
using RepetitionValues = std::array<double, repetition_count>;

void append_repetition_names(std::vector<std::string>& names);
void append_repetition_bounds(std::vector<Bound>& bounds);

/// Where the coefficients usually are, and how far from there they may be. R is 15 in Muennighoff
/// et al.'s fit, which has no harm, and about 150 in fits with it, of their runs and of small
/// proxies; the usual place lies between. The others: their runs, on pools of 0.1B to 12B tokens;
/// wide, since tokens of one tokenizer say more than those of another.
RepetitionValues usual_repetition();
RepetitionValues usual_repetition_deviation();
/// Pulls them there. @param first place of the first coefficient
void pull_repetition(Prior& prior, std::size_t first, std::size_t parameter_count);

/// Draws them from there, for data that tell nothing of them.
/// @param start P coefficients of the fit about which they are drawn; empty: the usual ones
/// @param parameter P, whose last ones are written
void draw_repetition(std::span<const double> start, double shrinkage, core::RandomStream& stream,
                     std::vector<double>& parameter);

/// True if the run goes through some pool more than once.
bool repeats(const LawPoint& point);
/// True if one of these runs does.
bool any_repeats(const DomainData& data);

/// A run that repeats, as the run of new tokens that it is worth, and the harm.
struct WornRun {
  data::Mixture share{};             ///< K: D' / s'
  double tokens = 0.0;               ///< s'
  double kept = 1.0;                 ///< s' / s
  std::vector<double> slope{};       ///< K: d D' / d D
  std::vector<double> worth_by_r{};  ///< K: d (D' / s) / d log R
  double harm = 0.0;                 ///< h
  RepetitionValues harm_slope{};     ///< d h / d coefficient
  std::vector<double> harm_share{};  ///< K: d h / d share
};

/// @param coefficient repetition_count of them
WornRun worn_run(std::span<const double> coefficient, const LawPoint& point);

}  // namespace bimix::law
