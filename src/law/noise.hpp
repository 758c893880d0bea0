#pragma once

#include <bimix/law/law.hpp>

#include <optional>
#include <string>
#include <vector>

namespace bimix::law {

/// How losses of one evaluation domain err: standard deviations as fractions of the loss, where
/// they can be told.
struct NoiseLevel {
  std::optional<double> reading{};  ///< of a reading about the curve of its run
  std::optional<double> seed{};     ///< of whole runs of one mixture about each other
  std::string source{};             ///< how it was found; empty if it was not
};

/// From the repeats of mixtures where there are any: mean squares between and within runs, in log
/// loss, at the volumes that all repeats of a mixture have. Mean squares within are told apart from
/// those between only where there are two volumes or more.
///
/// Otherwise from the roughness of the curves: the distance of each reading from the line through
/// its two neighbours in log volume, after the law's trend is taken off. Whatever is common to a
/// run does not show in that. Where every reading is a run of its own, it is all the noise there
/// is.
/// @param fitted M losses that the law gives
/// @see Gasser, Sroka and Jennen-Steinmetz 1986, doi:10.1093/biomet/73.3.625
NoiseLevel noise_level(const DomainData& data, const std::vector<double>& fitted);

}  // namespace bimix::law
