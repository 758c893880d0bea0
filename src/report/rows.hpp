#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/evaluate.hpp>

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

/// What the tables for the terminal and those of the page are both made of.
namespace bimix::report {

/// Cells of a table; the first row is the heading.
using Rows = std::vector<std::vector<std::string>>;

/// The mean of the finite values; NaN if there is none.
double mean_of(const std::vector<double>& values);

// One number as a cell; "-" where it is missing.
std::string fixed(double value, int decimals);
std::string loss(double nats);
std::string signed_loss(double nats);
std::string share(double value);
/// How often a pool is gone through; "-" where it is not known or endless.
std::string epochs(double count);
std::string percent(double fraction);
std::string general(double value);
std::string range(double low, double high, int decimals);
/// Tokens to three digits: "580K", "2.56M".
std::string volume(double tokens);
/// Of an interval: "90 %", "99.5 %".
std::string percent_level(double level);

/// With a capital letter at its head.
std::string capitalised(std::string words);
/// Of all evaluation sets alike: "mean loss", or "loss" where there is one.
std::string loss_name(const data::DomainSet& domains);
/// What makes nats a token bits a byte of the text of each set, as a line; empty where bytes are
/// not known.
std::string bits_line(const data::DomainSet& domains);
/// The same as a sentence.
std::string bits_words(const data::DomainSet& domains);
/// Losses, or differences of them, in bits a byte of the text of each set, as a mean by weight:
/// runs with other tokenizers have their like. NaN where bytes are not known.
/// @param weight, nats, bytes_per_token E each
double mean_bits_per_byte(std::span<const double> weight, std::span<const double> nats,
                          std::span<const double> bytes_per_token);

/// A line for each domain, and one for all of them.
Rows corpus_rows(const data::CorpusTable& table);
/// What a person should know of them, in sentences.
std::vector<std::string> corpus_notes(const data::CorpusTable& table);

Rows entropy_rows(const data::EntropyTable& table);
/// Which model sizes were fitted and which figures are of; empty for one.
std::string model_size_words(const data::LawFit& fit);
/// In the paper's gauge for bimix, as they are for other laws.
Rows coefficient_rows(const data::LawFit& fit, double level);
/// More than anyone reads side by side: helper_rows stand for them.
bool has_many_coefficients(const data::LawFit& fit);
/// What the losses of the first twenty sets fall by, in their unit, as the own share, and those
/// that help most besides, grow by a factor of e from the uniform mixture, at the last volume.
Rows helper_rows(const data::LawFit& fit);
/// Noise of a reading about its run, of a run about others of its mixture, and how it was found.
Rows noise_rows(const data::LawFit& fit);
/// Held-out errors beside the baselines, their mean below.
Rows held_out_rows(const data::LawFit& fit);
/// How laws predict what was held out: a heading, a row for each law, the baselines below.
std::vector<std::string> score_heading();
/// Means over domains; the lenient figure last.
std::vector<std::string> score_row(const std::string& name, const data::HeldOut& held);
void append_baselines(Rows& rows, const data::HeldOut& held);
Rows laws_rows(const std::vector<data::LawFit>& laws);
/// The same of a protocol, with the lowest R2 along runs and the worst error of persistence.
Rows evaluation_rows(const law::Evaluation& evaluation);
/// The errors of each law by how often runs repeat; a heading alone where none does.
Rows epoch_rows(const law::Evaluation& evaluation);
/// Of protocol pools, which holds out readings of all volumes.
Rows pool_rows(const law::Evaluation& evaluation);
/// One row for each mixture that was held out, then their mean; of many only that.
Rows mixture_rows(const std::vector<law::MixtureScore>& scores,
                  const std::vector<std::string>& labels);
/// Without the columns in which nothing stands but "-".
Rows without_empty_columns(const Rows& rows);
/// Every domain with its share and the loss of the set of its name, below the share of the node
/// that it lies in; then the sets that are left, then what the objective makes of them.
/// @param deepest what lies in more nodes is left out
Rows optimum_rows(const data::MixtureChoice& choice, const data::DomainSet& domains,
                  std::size_t deepest = std::numeric_limits<std::size_t>::max());
/// The optimum by volume: shares with their intervals, and at the last trained volume what smaller
/// ones foresaw; a heading alone where there is nothing.
Rows volume_rows(const std::vector<data::VolumeOptimum>& optima, const data::DomainSet& domains);
/// How far what smaller volumes foresaw lies from what all say, as a sentence; or empty.
std::string drift_words(const std::vector<data::VolumeOptimum>& optima);
Rows check_rows(const data::CheckReport& report);
/// How far the choice is to be believed: what its gain is expected to be, how far it lies from any
/// run, what it was drawn to, and what nothing but the law would say.
std::vector<std::string> honest_lines(const data::MixtureChoice& choice,
                                      const data::DomainSet& domains);
/// What the optimum gained over every mixture that was trained beside it; a heading alone where
/// that is the default and no other.
Rows rival_rows(const data::CheckReport& report);

/// Names the sets that the mean of other mixtures predicts better; empty if there are none, or all
/// are and the fit is in doubt.
std::string worse_sets_note(const data::LawFit& fit);
/// What the reader must know of a fit: whether to trust it first, then its flags. Those that say
/// the same of several domains become one.
std::vector<std::string> notes_of(const data::LawFit& fit);
/// A mean over sets. @param weight E @param of_set of set e; asked of those that count
double mean_of_sets(std::span<const double> weight,
                    const std::function<double(std::size_t e)>& of_set);
/// "gain" in the one loss that counts, "mean gain" or "weighted mean gain".
std::string gain_name(const data::CheckReport& report);
/// Half the 90 % interval of the mean gain, by Student's t over the paired repeats; NaN for one.
double gain_margin(const data::CheckReport& report);
/// What the check says about the recommendation, in words.
std::string verdict(const data::CheckReport& report);

}  // namespace bimix::report
