#pragma once

#include <bimix/core/glob.hpp>
#include <bimix/corpus/corpus.hpp>

#include <map>
#include <string>
#include <vector>

namespace bimix::corpus {

/// A file as the patterns of one part of a domain gave it.
struct Found {
  core::Match match{};
  std::string real_path{};  ///< links resolved: one file has one
};

/// The files of all patterns in their order, each once.
/// @throws DataError for a pattern without match
std::vector<Found> find_sources(const std::vector<std::string>& patterns,
                                const std::filesystem::path& base);

/// @throws UsageError for no domains, a domain without sources, a fraction outside (0, 0.5]
void check_options(const CorpusOptions& options);

/// What a file is used for, over all domains, to tell when it is on both sides.
class Usage {
 public:
  /// @throws DataError if it is
  void note(const Found& file, const std::string& domain, Part part);

 private:
  struct Use {
    std::string domain;
    Part part;
  };
  std::map<std::string, Use> uses_;
};

}  // namespace bimix::corpus
