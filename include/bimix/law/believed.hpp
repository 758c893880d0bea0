#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>

#include <stop_token>
#include <string>
#include <vector>

/// Laws that may all be right, for mix::next_mixtures.
namespace bimix::law {

/// The law of the options, and those that are usually near the truth. What they all get wrong shows
/// in what they leave.
/// @return those that can be fitted to these observations @throws as laws_to_fit
std::vector<std::string> believed_laws(const data::Observations& observations,
                                       const FitOptions& options);

/// Moves the fit by the law of the options to the front or, where they name several, that of the
/// law which predicts held-out mixtures best.
void put_used_first(const FitOptions& options, std::vector<data::LawFit>& fits);

/// Fits of these laws, each with bootstrap and held-out figures, the used one first.
/// @param stop asked between two fits
/// @throws Interrupted; otherwise as believed_laws @note Serial
std::vector<data::LawFit> believed_fits(const data::Observations& observations,
                                        const FitOptions& options, const std::stop_token& stop);

}  // namespace bimix::law
