#pragma once

#include "records.hpp"

#include <bimix/corpus/corpus.hpp>
#include <bimix/corpus/prepared.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bimix::corpus {

/// Of prepared folders. A folder of another one is prepared again, and so are its pieces.
inline constexpr int store_version = 4;

/// What a prepared folder holds; its prepared.json.
struct Manifest {
  std::string signature{};  ///< ReadingPlan::signature of what it was made of
  TokenFormat tokens{};
  std::vector<PreparedDomain> domains{};
  std::vector<std::string> files{};  ///< where the tokens lie; none: in the folder
  std::string encoded_by{};          ///< hash of tokenizer.model; empty: there is none
  std::string seal{};                ///< seal_of the folder when it was complete
};

inline constexpr const char* manifest_name = "prepared.json";

nlohmann::ordered_json to_json(const Manifest& manifest);
/// @throws DataError naming `place` if it is no manifest of this version
Manifest manifest_from(const nlohmann::ordered_json& json, const std::string& place);

/// That of a folder. @throws DataError if it has none of this version
Manifest read_manifest(const std::filesystem::path& folder);
/// Nothing if the folder has none, or none of this version.
std::optional<Manifest> find_manifest(const std::filesystem::path& folder);

/// `3.train.tokens`, ...
std::filesystem::path tokens_file(const std::filesystem::path& folder, const Side& side);
std::filesystem::path ends_file(const std::filesystem::path& folder, const Side& side);
/// Of tokens that lie elsewhere, in place of tokens_file.
std::filesystem::path places_file(const std::filesystem::path& folder, const Side& side);

}  // namespace bimix::corpus
